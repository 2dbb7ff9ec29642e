"""A view used alone, without a training around it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasvis2.layers import LayerInfo, tree
from kerasvis2.views.base import About, Arrays, View, tag_of

if TYPE_CHECKING:
    from kerasvis2.observe.observer import Observer, Plan
    from kerasvis2.observe.progress import Progress
    from kerasvis2.probe import Probe


def compute(view: View, model: Any, probe: Probe | None, batch_size: int | None = None) -> Arrays:
    """See `View.compute`."""
    observer, plan = _planned(view, model, probe, batch_size, whole=True)
    return observer.look([plan], with_outputs=False, remember=False).arrays(view.name)


def render(view: View, model: Any, probe: Probe | None, batch_size: int | None = None) -> Arrays:
    """See `View.render`."""
    from kerasvis2.observe.observer import OUTPUTS

    observer, plan = _planned(view, model, probe, batch_size, whole=False)
    observation = observer.look([plan], remember=False)
    outputs = observation.arrays(OUTPUTS)
    survey = observer.survey
    about = describe(probe, survey.layers, outputs, observer.truth, wiring=survey.wiring)
    drawing = view.draw(observation.arrays(view.name), about)
    return {
        tag_of(view.name, key, about.layers): picture.pixels
        for key, picture in drawing.pictures.items()
    }


def _planned(
    view: View, model: Any, probe: Probe | None, batch_size: int | None, *, whole: bool
) -> tuple[Observer, Plan]:
    """The observer and the plan of the last call, traced already, or new ones if anything differs.

    The view keeps them, so that they go when it does.
    """
    from kerasvis2.observe.observer import Observer

    asked = [probe, batch_size, *_settings(view)]
    known = view._traced.get(whole)
    if known is not None:
        observer, plan, traced_with = known
        if _same(traced_with, [*asked, *_state(model)]):
            return observer, plan
    observer = Observer(model, probe, batch_size, _progress())
    plan = observer.plan(view, view.name, whole=whole)
    # Only now: a model that was not built yet has changed.
    view._traced[whole] = observer, plan, [*asked, *_state(model)]
    return observer, plan


def _settings(value: Any) -> Iterator[Any]:
    """A view's settings, and those of the views that it shows."""
    if isinstance(value, View):
        yield type(value)
        for name, setting in vars(value).items():
            if name != "_traced":
                yield from (name, *_settings(setting))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _settings(each)
    else:
        yield value


def _state(model: Any) -> Iterator[Any]:
    """What a traced pass holds of a model beside the values of its weights."""
    yield from model.variables
    for layer in (model, *(info.layer for info in tree(model))):
        yield from (layer, layer.dtype_policy)
        for name, value in vars(layer).items():
            if not name.startswith("_") and name != "history":  # which every `fit` leaves anew
                yield from (name, value)


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(
        a is b or (isinstance(a, (int, float, str)) and type(a) is type(b) and a == b)
        for a, b in zip(one, other)
    )


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
