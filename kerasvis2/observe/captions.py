"""What captions say: the model's answers on the device, and in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.drawing import About, Explained
from kerasvis2.observe.look import OUTPUTS, Look
from kerasvis2.observe.outputs import Output, OutputFacts
from kerasvis2.task import Task, class_name, measured, number, spoken
from kerasvis2.tasks.forms import NONE
from kerasvis2.tasks.words import told_apart

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.observe.targets import Target
    from kerasvis2.probe import Probe

MOST = 2**16  # numbers an example that are fetched for captions


def answers(output: Output, facts: OutputFacts) -> dict[str, Any]:
    """The logits, of a label map the classes, or nothing of large pictures; inside the pass."""
    logits = ops.cast(output.logits, "float32")
    if facts.task.kind == "mask" and facts.units > 1:
        found = ops.cast(ops.argmax(logits, axis=-1), "int32")
        if facts.task.apart:
            found = ops.where(ops.max(logits, axis=-1) > facts.task.threshold, found, NONE)
        return {"answers": found}
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
    truths = [probe.labels_of(task.name, i) for i, task in enumerate(look.tasks)]
    names = _names(look.tasks, look.spoken, truths, probe.class_names)
    about = About(
        images=_pictures(probe),
        shown=probe.shown,
        tasks={task.name: each for task, *each in zip(look.tasks, look.tasks, truths, names)},
        class_names=names[look.spoken] if names else probe.class_names,
        layers=look.layers,
        explained={
            target: _in_words(each, look.targets[name][target], look.tasks, names)
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


def _names(
    tasks: Sequence[Task], spoken: int, truths: Sequence[Any], given: Sequence[str] | None
) -> list[list[str] | None]:
    """Of each output the names of its classes (or units), or None where they are another's.

    They are those of the output that captions speak of, and of those with the same labels; where
    it has not as many classes, of the outputs that have.
    """
    if given is None:
        return [None for _ in tasks]
    counts = [task.classes or task.units for task in tasks]
    fitting = [count == len(given) for count in counts]
    chosen = tasks[spoken] if tasks else None
    found: list[list[str] | None] = []
    for task, truth, fits in zip(tasks, truths, fitting):
        same = fits and truth is not None and np.array_equal(truth, truths[spoken])
        own = same or (fits and not fitting[spoken])
        if task is chosen:
            own = fits or not any(fitting)
        found.append(told_apart(given) if own else None)
    return found


def _pictures(probe: Probe) -> np.ndarray | None:
    """The probe's pictures; of a private probe grey ones, so that no drawing holds the images."""
    if probe.images is None or not probe.private:
        return probe.images
    return np.full_like(probe.images, 0.5)


def _in_words(
    found: Mapping[str, np.ndarray],
    target: Target,
    tasks: Sequence[Task],
    names: Sequence[Sequence[str] | None],
) -> Explained:
    known = None if target.function is not None else names[target.output]
    scores, classes = found["score"], found.get("classes")
    name = "" if target.key == "label" else target.key
    if target.function is not None:
        words = [f"{target.key} {number(float(score))}" for score in scores]
    elif classes is None:
        words = measured(tasks[target.output], scores, target.unit, known)
    elif "answers" in found:
        words = spoken(tasks[target.output], found["answers"], classes, known)
    else:
        words = [class_name(known, int(c)) for c in classes]
    task = None if target.function is not None else tasks[target.output]
    kind = "score" if task is None else "logit" if task.classes and task.squash else "output"
    sure = "probability" if task is not None and task.sure else kind
    return Explained(tuple(words), scores, name, kind, sure)
