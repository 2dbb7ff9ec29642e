"""Answers that are boxes."""

from __future__ import annotations

import numpy as np

from kerasvis2.task import Task
from kerasvis2.views.answered import stated
from kerasvis2.views.base import About, Drawing, Picture

BOXES = ("yxyx", "xyxy", "xywh", "yxhw")


def draw_boxes(form: str, logits: np.ndarray, task: Task, about: About, title: str) -> Drawing:
    """Each image with the predicted boxes over the true ones.

    Args:
        form: what the four numbers of a box are, in parts of the image.
        logits: (N, 4·boxes).
        task: what the output is.
        about: the moment and the probe.
        title: of the picture.
    """
    from kerasvis2.render.boxes import boxes_sheet

    said = task.values(logits).reshape(len(logits), -1, 4)
    truth = None if about.truth is None else np.asarray(about.truth, np.float64)
    known = truth is not None and truth.size % (4 * len(logits)) == 0
    true = truth.reshape(len(logits), -1, 4) if known and truth is not None else None
    pixels = boxes_sheet(
        about.images,
        [[tuple(b) for b in _corners(boxes, form)] for boxes in said],
        true=[[tuple(b) for b in _corners(boxes, form)] for boxes in true]
        if true is not None
        else (),
        title=title,
        captions=stated(about.captions()),
    )
    return Drawing({"images": Picture(pixels)})


def _corners(boxes: np.ndarray, form: str) -> np.ndarray:
    """(K, 4) top, left, bottom, right."""
    if form == "xyxy":
        return boxes[:, [1, 0, 3, 2]]
    if form in ("xywh", "yxhw"):
        centre, size = boxes[:, :2], boxes[:, 2:]
        if form == "xywh":
            centre, size = centre[:, ::-1], size[:, ::-1]
        return np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    return boxes
