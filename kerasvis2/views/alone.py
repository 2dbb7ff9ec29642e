"""A view used alone, without a training around it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasvis2.layers import LayerInfo
from kerasvis2.views.base import About, Arrays, View, tag_of

if TYPE_CHECKING:
    from kerasvis2.observe.progress import Progress
    from kerasvis2.probe import Probe


def compute(view: View, model: Any, probe: Probe | None, batch_size: int | None = None) -> Arrays:
    """See `View.compute`."""
    from kerasvis2.observe.observer import Observer

    observer = Observer(model, probe, batch_size, _progress())
    plan = observer.plan(view, view.name, whole=True)
    return observer.look([plan], with_outputs=False).arrays(view.name)


def render(view: View, model: Any, probe: Probe | None, batch_size: int | None = None) -> Arrays:
    """See `View.render`."""
    from kerasvis2.observe.observer import OUTPUTS, Observer

    observer = Observer(model, probe, batch_size, _progress())
    observation = observer.look([observer.plan(view, view.name)])
    outputs = observation.arrays(OUTPUTS)
    survey = observer.survey
    about = describe(probe, survey.layers, outputs, observer.truth, wiring=survey.wiring)
    drawing = view.draw(observation.arrays(view.name), about)
    return {
        tag_of(view.name, key, about.layers): picture.pixels
        for key, picture in drawing.pictures.items()
    }


def _progress() -> Progress | None:
    """A bar where someone is watching a terminal, as Keras's own."""
    import keras

    from kerasvis2.observe.progress import Progress

    watched = sys.stdout is not None and sys.stdout.isatty()
    return Progress() if watched and keras.config.is_interactive_logging_enabled() else None


def describe(
    probe: Probe | None,
    layers: list[LayerInfo],
    outputs: Mapping[str, np.ndarray],
    truth: np.ndarray | None,
    **moment: Any,
) -> About:
    """What a drawing may know.

    Args:
        probe: the probe, or None.
        layers: the model's layers.
        outputs: the observer's own entry: predicted classes and probabilities.
        truth: (N,) the true class indices, or None.
        **moment: further fields of `About`: step, unit, history, frozen.
    """
    table = {info.path: info for info in layers}
    if probe is None:
        return About(layers=table, **moment)
    guess = outputs.get("predicted")
    values = outputs.get("value")
    predictions = None
    if guess is not None:
        predictions = [probe.caption_name(int(i)) for i in guess]
    elif values is not None:
        predictions = [f"{float(value):.3g}" for value in values]
    return About(
        images=probe.images,
        labels=None if truth is None else [probe.caption_name(int(i)) for i in truth],
        predictions=predictions,
        probabilities=outputs.get("probability"),
        label_indices=truth,
        predicted_indices=guess,
        outputs=outputs.get("probabilities"),
        class_names=probe.class_names,
        layers=table,
        to_display=probe.to_display,
        masks=probe.masks,
        input_shape=probe.drawn.shape[1:],
        **moment,
    )
