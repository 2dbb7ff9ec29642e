"""Whether maps change when what the model has learned is taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasvis2.metrics.ranks import spearman

if TYPE_CHECKING:
    from kerasvis2.probe import Probe
    from kerasvis2.views.base import View


def randomization_cascade(
    view: View, model: Any, probe: Probe, seed: int = 0, *, copy: Any = None
) -> dict[str, dict[str, np.ndarray]]:
    """How much a view's maps owe to what the model has learned.

    The weights are scrambled layer by layer, from the output down to the input, and after each
    layer the maps are compared with the trained model's. A map that explains the model changes at
    once; one that hardly does shows the picture's edges, whatever the model.

    A layer is scrambled by shuffling each of its weights' values, so that their scale stays. What
    is compared with fixed classes needs a target that stays: labels or class indices, not
    "predicted".

    Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018,
    https://arxiv.org/abs/1810.03292.

    Args:
        view: the view, with its settings.
        model: a built Keras model; it is not touched, its copy is.
        probe: the images.
        seed: of the shuffling.
        copy: a second model of the same architecture, whose weights are overwritten; needed only
            for a model that Keras cannot copy, such as a subclassed one that is not registered.

    Returns:
        For each layer with weights, from the top, the path and `spearman` (N,) by the view's keys.

    Raises:
        ValueError: where the model cannot be copied.
    """
    from kerasvis2.layers import children, tree
    from kerasvis2.observe.session import Session

    twin = _copied(model) if copy is None else copy
    twin.set_weights(model.get_weights())
    session = Session(twin, probe)

    def maps() -> dict[str, np.ndarray]:
        found = session.compute(view)  # one number an image, such as LIME's fit, is no map
        return {key: values for key, values in found.items() if np.ndim(values) > 1}

    trained, rng, found = maps(), np.random.default_rng(seed), {}
    for info in reversed(tree(twin)):
        if info.layer.weights and not children(info.layer):
            info.layer.set_weights([_shuffled(values, rng) for values in info.layer.get_weights()])
            found[info.path] = {key: spearman(trained[key], now) for key, now in maps().items()}
    return found


def _shuffled(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(values.ravel()).reshape(values.shape)


def _copied(model: Any) -> Any:
    import copy

    try:
        return copy.deepcopy(model)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"model {model.name!r} cannot be copied, and its own weights are not touched. Register "
            "its class with keras.saving.register_keras_serializable, or give copy=, a second "
            "model of the same architecture."
        ) from error
