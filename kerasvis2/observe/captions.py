"""What captions say: the model's answers on the device, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.drawing import About, Explained
from kerasvis2.observe.look import OUTPUTS, Look
from kerasvis2.observe.outputs import Output, OutputFacts
from kerasvis2.observe.targets import predicted

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe


def answers(output: Output, facts: OutputFacts) -> dict[str, Any]:
    """Predicted class and its probability per image, or the value; inside the pass."""
    logits = ops.cast(output.logits, "float32")
    rank, units = len(logits.shape), facts.units
    if units == 1 and rank <= 2 and not facts.binary:
        return {"value": ops.reshape(logits, (-1,))}
    classes = predicted(logits)
    found = {"predicted": classes}
    if rank == 2 and units > 1:
        squash = ops.sigmoid if output.head == "sigmoid" else ops.softmax
        found["probabilities"] = squash(logits)
        found["probability"] = ops.max(found["probabilities"], axis=-1)
    elif rank <= 2:
        sure = ops.sigmoid(ops.reshape(logits, (-1,)))
        found["probability"] = ops.where(classes > 0, sure, 1 - sure)
    return found


def explained(seen: Seen) -> dict[str, Any]:
    """What a target's maps are of: the class, its probability and the score; inside the pass."""
    found = {"score": seen.score}
    if seen.classes is None:
        return found
    found["classes"] = seen.classes
    logits = seen.logits
    if len(logits.shape) == 2 and logits.shape[-1] > 1:
        squash = ops.sigmoid if seen.head == "sigmoid" else ops.softmax
        own = ops.take_along_axis(squash(logits), seen.classes[:, None], axis=1)
        found["probability"] = own[:, 0]
    elif len(logits.shape) <= 2:
        found["probability"] = ops.sigmoid(seen.score)
    return found


def describe(look: Look, name: str, probe: Probe | None, **moment: Any) -> About:
    """What a drawing may know.

    Args:
        look: the look that it is of.
        name: the view's entry in it.
        probe: the probe, or None.
        **moment: further fields of `About`: step, unit, history, frozen, kept.
    """
    if probe is None:
        return About(layers=look.layers, **moment)
    outputs = look.entry(OUTPUTS)
    guess, values = outputs.get("predicted"), outputs.get("value")
    predictions = None
    if guess is not None:
        predictions = [probe.caption_name(int(i)) for i in guess]
    elif values is not None:
        predictions = [f"{float(value):.3g}" for value in values]
    truth = look.truth
    return About(
        images=_shown(probe),
        labels=None if truth is None else [probe.caption_name(int(i)) for i in truth],
        predictions=predictions,
        probabilities=outputs.get("probability"),
        label_indices=truth,
        predicted_indices=guess,
        outputs=outputs.get("probabilities"),
        truth=probe.labels if isinstance(probe.labels, np.ndarray) else None,
        class_names=probe.class_names,
        layers=look.layers,
        explained={
            target: _in_words(each, probe)
            for target, each in look.entry(name).get("explained", {}).items()
        },
        to_display=probe.to_display,
        masks=probe.masks,
        input_shape=probe.drawn.shape[1:],
        wiring=look.wiring,
        **moment,
    )


def _shown(probe: Probe) -> np.ndarray | None:
    """The probe's pictures; of a private probe grey ones, so that no drawing holds the images."""
    if probe.images is None or not probe.private:
        return probe.images
    return np.full_like(probe.images, 0.5)


def _in_words(found: dict[str, np.ndarray], probe: Probe) -> Explained:
    scores, classes = found["score"], found.get("classes")
    if classes is None:
        return Explained(tuple(f"{float(score):.3g}" for score in scores), scores)
    names = [probe.caption_name(int(i)) for i in classes]
    sure = found.get("probability")
    if sure is not None:
        names = [f"{name} {float(p):.2f}" for name, p in zip(names, sure)]
    return Explained(tuple(names), scores)
