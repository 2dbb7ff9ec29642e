"""What captions say of an output's values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.tasks import maps
from kerasvis2.tasks.forms import NONE, VOID
from kerasvis2.tasks.kind import Task, numeric

Names = Sequence[str] | None
FIRST = 6  # classes of a row of them
SHOWN = 4  # numbers of one example that a caption has room for


def captions(task: Task, logits: Any, labels: Any = None, names: Names = None) -> list[list[str]]:
    """Lines for each example: the truth where it is known, and what the output says of it.

    Args:
        task: what the output is.
        logits: (N, …) as for `Task`.
        labels: the probe's labels of this output, or None.
        names: class names (or the units' names), or None.
    """
    count = len(np.asarray(logits))
    if task.kind == "multilabel":
        said = _several(task, logits, labels, names)
    elif task.kind == "mask" and task.space == 1:
        said = _sequences(task, logits, labels, names)
    elif task.kind == "mask":
        said = _maps(task, logits, labels, names)
    elif task.classes:
        said = _classes(task, logits, labels, names)
    elif task.kind == "regression" and not task.space:
        said = _numbers(task, logits, labels, names)
    elif task.kind in ("regression", "image"):
        errors = task.agreement(logits, labels)
        said = [None, None if errors is None else [f"mean error {number(e)}" for e in errors]]
    else:
        said = [None, None]
    return [[line[i] for line in said if line is not None] for i in range(count)]


def spoken(task: Task, logits: Any, classes: Any, names: Names = None) -> list[str]:
    """What a map of one class each is of: "espresso 0.94".

    Args:
        task: what the output is.
        logits: (N, …) as for `Task`.
        classes: the class of each example, or one for all.
        names: as for `captions`.
    """
    chosen = np.broadcast_to(np.asarray(classes, np.int64), len(np.asarray(logits)))
    likely = task.probability(logits, chosen)
    return [
        class_name(names, c) + ("" if likely is None else f" {_share(task, likely[i])}")
        for i, c in enumerate(chosen)
    ]


def measured(task: Task, scores: Any, unit: int | None = None, names: Names = None) -> list[str]:
    """What a map of an output that is no class is of: "age 41", "sum of the outputs 3".

    Args:
        task: what the output is.
        scores: (N,) what stands before the final activation, of one unit or summed.
        unit: which unit; None for the sum of all.
        names: as for `captions`.
    """
    named = unit_name(task, unit or 0, names)
    if task.space or (unit is None and task.units > 1):
        before = f", before the {task.squash}" if task.squash else ""
        whole = "sum of the outputs" if unit is None or task.units == 1 else f"sum of {named}"
        return [f"{whole}{before} {number(float(score))}" for score in scores]
    if task.squash == "sigmoid":  # as captions say it
        scores = 0.5 * (1 + np.tanh(np.asarray(scores, np.float64) / 2))
    return [f"{named} {number(float(score))}" for score in scores]


def told_apart(names: Sequence[str]) -> list[str]:
    """Class names of which no two are alike and none is empty: with its number where one is."""
    counts = Counter(names)
    return [
        f"class {i}" if not name.strip() else name if counts[name] == 1 else f"{name} ({i})"
        for i, name in enumerate(names)
    ]


def class_name(names: Names, index: int) -> str:
    """The name of a class, "class 3" where it has none; "–" for what is no class.

    Never a number alone: "pred 3" would be a regression's.
    """
    known = names is not None and 0 <= index < len(names)
    return short_name(names, index) if known or index < 0 else f"class {index}"


def short_name(names: Names, index: int) -> str:
    """As `class_name`, but the number alone, where it is plain that it counts classes."""
    if index < 0:
        return "none" if index == NONE else "–"
    return names[index] if names is not None and index < len(names) else str(int(index))


Lines = list["list[str] | None"]


def _classes(task: Task, logits: Any, labels: Any, names: Names) -> Lines:
    true, guess = task.truth(labels), task.predicted(logits)
    assert guess is not None
    said = [f"pred {words}" for words in spoken(task, logits, guess, names)]
    return [None if true is None else [f"true {class_name(names, c)}" for c in true], said]


def _several(task: Task, logits: Any, labels: Any, names: Names) -> Lines:
    """The labels that are true, and those predicted with their probabilities, likeliest first."""
    rows, likely = task.rows(logits), task.probabilities(logits)
    shown = rows if likely is None else likely
    said = []
    for row, values in zip(rows, shown):
        order = [c for c in np.argsort(-row, kind="stable") if row[c] > task.threshold]
        best = int(row.argmax())
        words = [f"{class_name(names, c)} {values[c]:.2f}" for c in order[:SHOWN]]
        words += [f"{len(order) - SHOWN} more"] if len(order) > SHOWN else []
        none = f"none ({class_name(names, best)} {values[best]:.2f})"
        said.append(f"pred {', '.join(words) or none}")
    array = numeric(labels)
    if array is None or array.shape != rows.shape:
        return [None, said]
    true = [np.flatnonzero(row > 0.5) for row in array]
    return [[f"true {_listed(names, found)}" for found in true], said]


def _listed(names: Names, classes: np.ndarray) -> str:
    words = [class_name(names, int(c)) for c in classes[:SHOWN]]
    words += [f"{len(classes) - SHOWN} more"] if len(classes) > SHOWN else []
    return ", ".join(words) or "none"


def _maps(task: Task, logits: Any, labels: Any, names: Names) -> Lines:
    """The class that most of a map is, with its share; and how far prediction and truth agree."""
    guess = task.predicted(logits)
    assert guess is not None
    said = [f"pred {words}" for words in spoken(task, logits, guess, names)]
    true = task.true_maps(labels, logits)
    if true is None:
        return [None, said]
    most, agree = maps.majority(true), task.agreement(logits, labels)
    assert agree is not None
    shares = maps.share(true, most)
    known = [
        f"true {class_name(names, c)} {100 * s:.0f} %" if c != -1 else "true –"
        for c, s in zip(most, shares)
    ]
    measured = ["all void, no IoU" if np.isnan(v) else f"IoU {v:.2f}" for v in agree]
    return [known, said, measured]


def _sequences(task: Task, logits: Any, labels: Any, names: Names) -> Lines:
    """The first classes of a row of them, such as words, and how many of all are right."""
    guess, true = task.label_maps(logits), task.true_maps(labels, logits)
    assert guess is not None
    said = [f"pred {_row(names, row)}" for row in guess]
    if true is None:
        return [None, said]
    right = [((g == t) & ~np.isin(t, VOID)).sum() for g, t in zip(guess, true)]
    counted = (~np.isin(true, VOID)).sum(axis=1)
    known = [f"true {_row(names, row)}" for row in true]
    return [known, said, [f"{r} of {c} right" for r, c in zip(right, counted)]]


def _row(names: Names, classes: np.ndarray) -> str:
    words = [short_name(names, int(c)) for c in classes[:FIRST]]
    kind = "" if names is not None else "classes "
    return kind + " ".join(words) + (" …" if len(classes) > FIRST else "")


def _numbers(task: Task, logits: Any, labels: Any, names: Names) -> Lines:
    values = task.values(logits)
    said = [f"pred {_vector(task, row, names)}" for row in values]
    array = numeric(labels)
    if array is None or array.size not in (len(values), values.size):
        return [None, said]
    true = array.reshape(len(values), -1)  # one number where each unit says it in its own way
    return [[f"true {_vector(task, row, names)}" for row in true], said]


def _vector(task: Task, row: np.ndarray, names: Names) -> str:
    if len(row) == 1:  # a unit, or what several units are all trained on, such as quantiles
        return number(float(row[0]))
    named = names is not None and len(names) == len(row)
    words = [
        (f"{unit_name(task, i, names)} " if named else "") + number(float(value))
        for i, value in enumerate(row[:SHOWN])
    ]
    return ", ".join(words) + (", …" if len(row) > SHOWN else "")


def unit_name(task: Task, index: int, names: Names) -> str:
    """What a unit that is no class is called."""
    if names is not None and len(names) == task.units:
        return names[index]
    return "output" if task.units == 1 else f"unit {index}"


def _share(task: Task, value: float) -> str:
    if np.isnan(value):
        return "NaN"
    return f"{100 * value:.0f} %" if task.kind == "mask" else f"{value:.2f}"


def number(value: float) -> str:
    """A number in a caption: three digits that count, and whole ones in full."""
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    whole = size < 1e7 and (value == round(value) or size >= 999.5)
    text = f"{value:.0f}" if whole else f"{value:.3g}"
    return text.replace("-", "−") if text != "-0" else "0"
