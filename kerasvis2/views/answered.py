"""Answers that are no class: numbers, label maps, pictures, and what is none of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasvis2.keys import apart
from kerasvis2.task import number
from kerasvis2.tasks.forms import VOID
from kerasvis2.tasks.kind import Task
from kerasvis2.views.base import About, Drawing, Picture, View

ROWS = 64  # of the table of what cannot be drawn
_UNREAD = "no class and no number is read of the output"
WORDS = "pred "  # what a caption's line begins with that states the prediction


def kind_of(logits: np.ndarray, about: About) -> str:
    """What the output is: as it was told, else by its shape and what captions know of it."""
    return _task(logits, about).kind


def stated(captions: Sequence[Sequence[str]]) -> list[list[str]]:
    """Captions whose prediction is marked as such."""
    from kerasvis2.render.captions import Said

    return [
        [Said(line) if line.startswith(WORDS) else line for line in lines] for lines in captions
    ]


def draw_answers(logits: np.ndarray, about: About, view: View) -> Drawing:
    """The examples and what is said of them, each kind of answer in its own way.

    Args:
        logits: (N, …) as the model gives them, before a final softmax or sigmoid.
        about: the moment and the probe.
        view: whose title and scale are taken.
    """
    from kerasvis2.render.answers import mask_sheet, reconstruction_sheet, values_sheet
    from kerasvis2.render.predictions import prediction_sheet

    task, drawing = _task(logits, about), Drawing()
    title, captions = about.title(view.title), stated(about.captions())
    near = task.agreement(logits, about.truth)
    if near is not None:
        name = "iou" if task.kind == "mask" else "error"
        counts = near[~np.isnan(near)] if task.kind == "mask" else near  # not what is all void
        if len(counts) and (task.kind != "mask" or task.space > 1):
            drawing.scalars[name] = float(counts.mean())
    maps, true = task.label_maps(logits), task.true_maps(about.truth, logits)
    if maps is not None and true is not None and task.space == 1:
        counted = ~np.isin(true, VOID)
        if counted.any():
            drawing.scalars["accuracy"] = float((maps == true)[counted].mean())
    if maps is not None and about.shown is not None and about.shown.kind == "tokens":
        if about.drawn:
            _draw_words(drawing, task, logits, true, about, view)
        return drawing
    pictures = _pictures(task, logits, about)
    samples = _samples(task, logits) if pictures is None else None
    if about.images is None and captions and samples is None:
        drawing.texts["answers"] = _table(about.captions())
    if not about.drawn:
        return drawing
    if task.kind == "regression" and near is not None and not task.space:
        values = task.values(logits)
        drawing.pictures[apart("values")] = Picture(
            values_sheet(
                values,
                np.asarray(about.truth, np.float64).reshape(values.shape),
                title=about.title("Values"),
                names=_units(about, task),
            )
        )
    if samples is not None and about.images is None:
        shown, note = samples
        drawing.pictures[apart("images")] = Picture(
            prediction_sheet(shown, title=title, captions=[], wrong=None, notes=[note])
        )
        return drawing
    if about.images is None:
        return drawing
    if maps is not None and maps.ndim == 3:
        drawing.pictures[apart("images")] = Picture(
            mask_sheet(
                about.images,
                maps,
                true,
                title=title,
                names=about.class_names or (),
                captions=captions,
                notes=["where several classes are, the likeliest"] if task.apart else (),
            )
        )
    elif pictures is not None:
        pixels, top = reconstruction_sheet(
            pictures.wanted,
            pictures.put_out,
            wanted="wanted" if about.truth is not None else "given",
            quantity=pictures.quantity,
            notes=pictures.notes,
            scale=view.scale,
            frozen=about.frozen.get("images"),
            title=title,
            captions=captions,
        )
        drawing.pictures[apart("images")] = Picture(pixels, top)
    else:
        drawing.pictures[apart("images")] = Picture(
            prediction_sheet(
                about.images,
                title=title,
                captions=captions,
                wrong=about.wrong(),
                notes=[_UNREAD, *task.why.split(": ")] if task.kind == "unknown" else (),
            )
        )
    return drawing


def _task(logits: np.ndarray, about: About) -> Task:
    if about.task is not None:
        return about.task
    units, space = logits.shape[-1], logits.ndim - 2
    if about.input_shape is not None and space and logits.shape[1:] == tuple(about.input_shape):
        return Task("image", units, space=space)
    if space > 0:
        return Task("mask", units, max(units, 2), space=space)
    if about.predicted_indices is None or (units == 1 and about.label_indices is None):
        return Task("regression", units)
    return Task("classes" if units > 1 else "binary", units, max(units, 2))


@dataclass(frozen=True)
class _Pictures:
    """What should come out and what does, black 0 and white 1; what a difference of 1 is."""

    wanted: np.ndarray
    put_out: np.ndarray
    quantity: str = "absolute difference, of black to white"
    notes: Sequence[str] = ()


def _pictures(task: Task, logits: np.ndarray, about: About) -> _Pictures | None:
    """None where these are no pictures."""
    if task.kind != "image" or about.to_display is None or about.images is None:
        return None
    found = task.values(logits).astype("float32")
    if found.ndim != 4 or found.shape[-1] not in (1, 3):
        return None
    truth = None if about.truth is None else np.asarray(about.truth, "float32")
    if truth is not None and truth.size == found.size:
        wanted = truth.reshape(found.shape)
        if not _as_the_input(wanted, about):  # such as depths, or a heat map
            low, high = float(wanted.min()), float(wanted.max())
            span = (high - low) or 1.0
            note = f"black: {number(low)}, white: {number(high)}, by what is wanted"
            return _Pictures((wanted - low) / span, (found - low) / span, notes=[note])
        return _Pictures(about.to_display(wanted), about.to_display(found))
    shown = about.to_display(found)
    return _Pictures(about.images, shown) if about.images.shape == shown.shape else None


def _as_the_input(values: np.ndarray, about: About) -> bool:
    """Whether they are in the input's own units, as far as can be seen."""
    shape = (*(about.input_shape or ()), 1)[:3]
    if about.to_display is None or values.shape[-1] != shape[-1]:
        return False
    low, high = float(values.min()), float(values.max())
    inner = [low + 0.1 * (high - low), high - 0.1 * (high - low)]  # neither black nor white
    dark, bright = (about.to_display(np.full_like(values[:1], value)) for value in inner)
    return bool(dark.min() > 0 and bright.max() < 1 and (bright - dark).max() >= 0.1)


def _draw_words(
    drawing: Drawing,
    task: Task,
    logits: np.ndarray,
    true: np.ndarray | None,
    about: About,
    view: View,
) -> None:
    """The words that should come out, or that do, on the colour of how sure the network is."""
    from kerasvis2.render.words import words_sheet
    from kerasvis2.tasks.words import short_name

    maps, likely = task.label_maps(logits), task.probabilities(logits)
    if maps is None or maps.ndim != 2 or likely is None or task.units < 2:
        return
    shown = maps if true is None else np.where(np.isin(true, VOID), 0, true)
    sure = np.take_along_axis(likely, shown[..., np.newaxis], axis=-1)[..., 0]
    names = about.class_names
    pixels, top = words_sheet(
        [[short_name(names, int(c)) for c in row] for row in shown],
        sure,
        signed=False,
        scale=1.0,
        title=about.title(view.title),
        captions=about.captions(),
        quantity=f"probability of the {'predicted' if true is None else 'true'} token",
    )
    drawing.pictures[apart("words")] = Picture(pixels, top)


def _table(captions: Sequence[Sequence[str]]) -> str:
    """What there is to say of examples that nothing is drawn of."""
    rows = [f"| {i} | {' | '.join(lines)} |" for i, lines in enumerate(captions[:ROWS])]
    columns = max(map(len, captions), default=0)
    head = ["| Example |" + " |" * columns, "|--:|" + "---|" * columns]
    return "\n".join([*head, *rows])


def _samples(task: Task, logits: np.ndarray) -> tuple[np.ndarray, str] | None:
    """Pictures that are made of no picture, in [0, 1], and how they are drawn; None without."""
    if task.kind not in ("image", "unknown") or task.space != 2 or task.units not in (1, 3):
        return None
    values = task.values(logits)
    low, high = _ends(values)
    shown = np.clip((values - low) / (high - low), 0, 1).astype("float32")
    return shown, f"what is made of each example, from {low:g} (black) to {high:g} (white)"


def _ends(values: np.ndarray) -> tuple[float, float]:
    """The range of a sigmoid, a tanh or of bytes, where the values lie within; else their own."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    for ends in ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)):
        if ends[0] <= low and high <= ends[1]:
            return ends
    return low, high


def _units(about: About, task: Task) -> Sequence[str]:
    names = about.class_names
    if names is not None and len(names) == task.units:
        return names
    return [f"unit {i}" for i in range(task.units)] if task.units > 1 else [task.name or "value"]
