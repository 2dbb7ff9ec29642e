"""What the network says of each probe image, and how often it takes one class for another."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.arrange import arrange
from kerasvis2.render.colour import paint_verdict
from kerasvis2.render.lettering import Words
from kerasvis2.render.mosaic import FRAME, captioned
from kerasvis2.render.page import INNER, LINE, PAPER, head_height, page
from kerasvis2.render.resize import as_pictures, resize_pictures

SHOWN = 36
SHOWN_CLASSES = 24
CHANGED = (0, 92, 175)

_LARGEST = (160, 112)  # A picture's longer side, of few and of many: the words matter here.
_FEW = 9
_FOLD = 0.3  # A changed image's folded corner, in widths of the image.
_EDGE = (14, 96)  # The smallest and the largest cell of a matrix.
_NAMES = 170
_DOWN = "true class ↓"


def prediction_sheet(
    images: Any,
    *,
    title: str,
    captions: Sequence[Sequence[str]],
    wrong: Sequence[bool] | None,
    changed: Sequence[bool] = (),
    how: str = "",
    notes: Sequence[str] = (),
) -> np.ndarray:
    """The images with their words: wrong ones framed and crossed, changed ones a corner folded.

    Args:
        images: Float (N, H, W, C) in [0, 1].
        title: What it is.
        captions: For each image its lines.
        wrong: Which predictions are wrong.
        changed: Which predictions are others than at the look before; empty for none.
        how: By which settings it was made, in one line.
        notes: Further lines below the title.

    Returns:
        uint8 (height, width, 3).
    """
    pictures = as_pictures(np.asarray(images)[:SHOWN])
    plan = arrange(
        len(pictures),
        (pictures.shape[1], pictures.shape[2]),
        words=Words(captions[:SHOWN], wrong),
        head=partial(head_height, title, how, [*notes, ""], None),
        largest=_LARGEST[len(pictures) > _FEW],
    )
    if plan.shown < len(images):
        notes = [*notes, f"{plan.shown} of {len(images)} images"]
    tiles = resize_pictures(pictures[: plan.shown], plan.size).copy()
    for picture, moved in zip(tiles, changed):
        if moved:
            _fold(picture)
    body = captioned(tiles, plan.columns, captions[: plan.shown], wrong, plan.inner, plan.lettering)
    return page(body, title=title, how=how, notes=notes, bleed=FRAME)


def confusion_sheet(
    counts: np.ndarray,
    names: Sequence[str],
    *,
    title: str,
    how: str = "",
    notes: Sequence[str] = (),
) -> np.ndarray:
    """True classes down, predicted ones across, the number of images in each cell.

    The diagonal, what is right, is blue and outlined, what is off it is orange; each the fuller the
    larger a share it is of its row, the images of that true class.

    Args:
        counts: int (K, K), K at most 24; of more the first 24 are drawn.
        names: The K classes' names.
        title: What it is.
        how: By which settings it was made, in one line.
        notes: Further lines below the title.

    Returns:
        uint8 (height, width, 3).
    """
    notes = ["blue: right · orange: taken for another · by share of the row", *notes]
    if len(names) > SHOWN_CLASSES:
        notes.append(f"{SHOWN_CLASSES} of {len(names)} classes")
    totals = np.asarray(counts).sum(axis=1)[:SHOWN_CLASSES]
    counts, names = counts[:SHOWN_CLASSES, :SHOWN_CLASSES], list(names[:SHOWN_CLASSES])
    wide = max(text.width_of(name, text.SMALL) for name in names)
    left = max(min(_NAMES, wide), text.width_of(_DOWN, text.SMALL)) + 10
    edge = int(np.clip((INNER - left) // len(names), *_EDGE))
    upright = wide + 4 > edge  # Names that are too wide for their column stand on their side.
    head = (
        text.line_height(text.SMALL)
        + (min(_NAMES, wide) if upright else text.line_height(text.SMALL))
        + 6
    )
    body = np.full((head + edge * len(names) + 2, INNER, 3), PAPER, np.uint8)
    text.write(body, left, 0, "predicted class →", size=text.SMALL, colour=text.FAINT)
    text.write(
        body,
        0,
        head - text.line_height(text.SMALL) - 4,
        _DOWN,
        size=text.SMALL,
        colour=text.FAINT,
    )
    shares = counts / np.maximum(totals, 1)[:, None]
    colours = paint_verdict(np.where(np.eye(len(names), dtype=bool), shares, -shares) * 0.9)
    for place, name in enumerate(names):
        start = left + place * edge
        _write_column(body[: head - 4], start, edge, name, upright)
        top = head + place * edge
        down = top + (edge - text.line_height(text.SMALL)) // 2
        text.write(body, 0, down, name, width=left - 8, size=text.SMALL)
        for column, count in enumerate(counts[place]):
            cell = body[top : top + edge, left + column * edge : left + (column + 1) * edge]
            _draw_cell(cell, int(count), colours[place, column], place == column)
    return page(body, title=title, how=how, notes=notes)


def _draw_cell(cell: np.ndarray, count: int, colour: np.ndarray, right: bool) -> None:
    edge = len(cell)
    cell[:] = text.INK if right else LINE
    border = 2 if right else 1
    inner = cell[border : edge - border, border : edge - border]
    inner[:] = colour if count else PAPER
    if count:
        size = min(text.SMALL + 2, edge - 2)
        down = (edge - text.line_height(size)) // 2
        across = (edge - text.width_of(str(count), size, True)) // 2
        text.write(cell, across, down, count, size=size, bold=True, colour=text.ink_on(colour))


def _write_column(head: np.ndarray, start: int, edge: int, name: str, upright: bool) -> None:
    if not upright:
        across = start + (edge - text.width_of(name, text.SMALL)) // 2
        text.write(head, across, len(head) - text.line_height(text.SMALL), name, size=text.SMALL)
        return
    room = len(head) - text.line_height(text.SMALL)
    ink = text.mask(text.shorten(name, room, text.SMALL), text.SMALL)
    ink = np.rot90(ink)
    across = start + (edge - ink.shape[1]) // 2
    text.stamp(head, across, len(head) - len(ink), ink, text.INK)


def _fold(picture: np.ndarray) -> None:
    """Folds the upper right corner: a shape, so that no one needs to tell its colour."""
    side = min(max(8, int(picture.shape[1] * _FOLD)), *picture.shape[:2])
    down, across = np.indices((side, side))
    corner = picture[:side, -side:]
    corner[across >= down] = PAPER
    corner[(across > down + 2) & (across < side - 2) & (down >= 2)] = CHANGED
