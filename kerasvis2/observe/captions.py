"""What captions say: the model's answers on the device, and in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.drawing import About, Explained
from kerasvis2.observe.look import OUTPUTS, Look
from kerasvis2.observe.outputs import Output, OutputFacts
from kerasvis2.task import Task, class_name, measured, number, spoken

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.observe.targets import Target
    from kerasvis2.probe import Probe

MOST = 2**16  # numbers an example that are fetched for captions


def answers(output: Output, facts: OutputFacts) -> dict[str, Any]:
    """The logits, of a label map the classes, or nothing of large pictures; inside the pass."""
    logits = ops.cast(output.logits, "float32")
    if facts.task.kind == "mask" and facts.units > 1:
        return {"answers": ops.cast(ops.argmax(logits, axis=-1), "int32")}
    small = math.prod(size or 1 for size in logits.shape[1:]) <= MOST
    return {"answers": logits} if small else {}


def explained(seen: Seen) -> dict[str, Any]:
    """What a target's maps are of: the class, the score, and the answer; inside the pass."""
    found = {"score": seen.score}
    if seen.classes is not None:
        found["classes"] = seen.classes
        if len(seen.logits.shape) <= 2:
            found["answers"] = seen.logits
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
    about = About(
        images=_pictures(probe),
        shown=probe.shown,
        tasks={
            task.name: (task, probe.labels_of(task.name, i)) for i, task in enumerate(look.tasks)
        },
        class_names=probe.class_names,
        layers=look.layers,
        explained={
            target: _in_words(each, look.targets[name][target], look.tasks, probe)
            for target, each in look.entry(name).get("explained", {}).items()
        },
        to_display=probe.to_display if probe.images is not None else None,
        arrange=probe.arrange,
        display_note=probe.display_note,
        masks=probe.masks,
        input_shape=probe.drawn.shape[1:],
        wiring=look.wiring,
        **moment,
    )
    if not look.tasks:
        return about
    said = look.entry(OUTPUTS)
    return about.answered(look.tasks[look.spoken], said.get("answers"), look.labels)


def _pictures(probe: Probe) -> np.ndarray | None:
    """The probe's pictures; of a private probe grey ones, so that no drawing holds the images."""
    if probe.images is None or not probe.private:
        return probe.images
    return np.full_like(probe.images, 0.5)


def _in_words(
    found: Mapping[str, np.ndarray], target: Target, tasks: list[Task], probe: Probe
) -> Explained:
    scores, classes = found["score"], found.get("classes")
    name = "" if target.key == "label" else target.key
    if target.function is not None:
        words = [f"{target.key} {number(float(score))}" for score in scores]
    elif classes is None:
        words = measured(tasks[target.output], scores, target.unit, probe.class_names)
    elif "answers" in found:
        words = spoken(tasks[target.output], found["answers"], classes, probe.class_names)
    else:
        words = [class_name(probe.class_names, int(c)) for c in classes]
    return Explained(tuple(words), scores, name)
