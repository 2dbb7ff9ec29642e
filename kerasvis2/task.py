"""What a model's output is: classes, a number, a label map, a picture. Plain NumPy.

A `Task` is told once for an output by `task_of`, from the output's shape, its activation, the loss
and the labels together; whatever speaks of an answer (captions, frames around wrong ones, titles of
maps) asks the task, so that no two pictures can take one output for two different things.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.tasks.decide import KINDS, WORDS, Head, by_word, decide, squash_of
from kerasvis2.tasks.forms import fits, form_of
from kerasvis2.tasks.kind import Task
from kerasvis2.tasks.losses import Loss, loss_name, loss_of
from kerasvis2.tasks.words import captions, class_name, measured, number, spoken, unit_name

__all__ = [
    "KINDS",
    "WORDS",
    "Loss",
    "Task",
    "captions",
    "class_name",
    "loss_name",
    "loss_of",
    "measured",
    "number",
    "spoken",
    "task_of",
    "unit_name",
]


def task_of(
    *,
    shape: Sequence[int | None],
    activation: str = "linear",
    loss: Any = None,
    labels: Any = None,
    word: str | None = None,
    name: str = "",
    index: int = 0,
    names: Sequence[str] | None = None,
    inputs: np.ndarray | None = None,
    pictures: bool = True,
) -> Task:
    """Tells what an output is from its shape, its activation, its loss and its labels together.

    Args:
        shape: the output's shape without the batch.
        activation: its final activation, if that is bypassed: "softmax", "sigmoid" or "linear".
        loss: what was given to `compile`, of this output or of all.
        labels: the probe's labels for this output, or None.
        word: the user's own word, one of `WORDS`, which goes before everything else.
        name, index: the output's name and place, to find its loss.
        names: class names.
        inputs: the drawn input (N, …), to tell an output of its shape.
        pictures: whether that input is drawn as pictures.
    """
    found = loss if isinstance(loss, Loss) else loss_of(loss, name, index)
    lengths = tuple(shape)
    array = None if labels is None else np.asarray(labels)
    taken = () if inputs is None else inputs.shape[1:]
    picture = inputs is not None and pictures
    mapped = (  # (N, H, W) as large as the picture: its last axis is space
        len(lengths) == 2
        and activation != "softmax"
        and found.family != "classes"
        and picture
        and fits(taken[:2], lengths)
    )
    has_units = bool(lengths) and not mapped
    units = int(lengths[-1] or 1) if has_units else 1
    form = form_of(array, lengths, has_units)
    if array is not None and inputs is not None and _same(array, inputs):
        form = "values"  # to be reproduced, also where the pictures are black and white
    if form == "beyond":  # a slip, unless a loss of the user's own makes something of it
        form = "values" if found.name and not found.family else "index"
    head = Head(
        units=units,
        space=len(lengths) - has_units,
        activation=activation,
        loss=found,
        form=form,
        named=0 if names is None else len(names),
        echoes=fits(taken, lengths) and bool(taken),
        from_picture=picture,
        first=picture and _channels_first(taken, lengths),
    )
    answer = None if word is None else by_word(word, head)
    kind, why = answer or decide(head)
    if word is not None and answer is None:
        why = f"task={word!r} does not fit {head.words}; instead: {why}"
    squash = squash_of(kind, head)
    classed = kind in ("classes", "binary", "multilabel", "mask")
    hinge = found.family == "hinge" or (
        found.name == "categorical_hinge" and activation == "linear"
    )
    return Task(
        kind=kind,
        units=units,
        classes=max(units, 2 if kind in ("binary", "mask") else 1) if classed else 0,
        squash=squash,
        why=why,
        name=name,
        space=head.space,
        has_units=has_units,
        threshold=0.5 if squash is None and classed and not hinge else 0.0,
        bounded=not hinge,
        apart=kind == "mask"
        and units > 1
        and squash != "softmax"
        and (activation == "sigmoid" or found.family in ("binary", "overlap"))
        and form not in ("one_hot", "index"),
    )


def _channels_first(taken: tuple[int, ...], lengths: tuple[int | None, ...]) -> bool:
    """Whether an output (C, H, W) lies over a picture (H, W, C) or (C, H, W)."""
    if len(taken) != 3 or len(lengths) != 3 or fits(taken, lengths):
        return False
    last = fits(taken[:2], lengths[:2])
    return not last and (fits(taken[:2], lengths[1:]) or fits(taken[1:], lengths[1:]))


def _same(labels: np.ndarray, inputs: np.ndarray) -> bool:
    return labels.shape == inputs.shape and bool(np.array_equal(labels, inputs))
