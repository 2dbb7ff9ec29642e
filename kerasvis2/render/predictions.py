"""What the network says of each probe image, and how often it takes one class for another."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import paint
from kerasvis2.render.mosaic import FRAME, captioned, cell_width
from kerasvis2.render.page import INNER, PAPER, page
from kerasvis2.render.resize import as_pictures, fitted, resize_pictures
from kerasvis2.render.scale import Scale, nice

SHOWN = 36
SHOWN_CLASSES = 24
CHANGED = (0, 92, 175)

_SMALL = 14
_FOLD = 0.3  # A changed image's folded corner, in widths of the image.
_LINE = (226, 226, 230)
_EDGE = (14, 44)  # The smallest and the largest cell of a matrix.
_NAMES = 170


def prediction_sheet(
    images: Any,
    *,
    title: str,
    captions: Sequence[Sequence[str]],
    wrong: Sequence[bool] | None,
    changed: Sequence[bool],
    notes: Sequence[str] = (),
) -> np.ndarray:
    """The images with their words: wrong ones framed and crossed, changed ones a corner folded.

    Args:
        images: Float (N, H, W, C) in [0, 1].
        title: What it is.
        captions: For each image its lines.
        wrong: Which predictions are wrong.
        changed: Which predictions are others than at the look before.
        notes: Further lines below the title.

    Returns:
        uint8 (height, width, 3).
    """
    notes = list(notes)
    if len(images) > SHOWN:
        notes.append(f"{SHOWN} of {len(images)} images")
    pictures = as_pictures(np.asarray(images)[:SHOWN])
    count = len(pictures)
    columns = count if count <= 4 else 4 if count <= 16 else 6
    room = cell_width(columns) - 2 * FRAME
    pictures = resize_pictures(pictures, fitted(pictures, room, room))
    for picture, moved in zip(pictures, changed):
        if moved:
            _fold(picture)
    body = captioned(pictures, columns, captions[:SHOWN], None if wrong is None else wrong[:SHOWN])
    return page(body, title=title, notes=notes)


def confusion_sheet(
    counts: np.ndarray,
    names: Sequence[str],
    *,
    title: str,
    notes: Sequence[str] = (),
) -> np.ndarray:
    """True classes down, predicted ones across, the number of images in each cell.

    The diagonal, what is right, is outlined; what is off it is wrong.

    Args:
        counts: int (K, K), K at most 24; of more the first 24 are drawn.
        names: The K classes' names.
        title: What it is.
        notes: Further lines below the title.

    Returns:
        uint8 (height, width, 3).
    """
    notes = list(notes)
    if len(names) > SHOWN_CLASSES:
        notes.append(f"{SHOWN_CLASSES} of {len(names)} classes")
    counts, names = counts[:SHOWN_CLASSES, :SHOWN_CLASSES], list(names[:SHOWN_CLASSES])
    wide = max(text.width_of(name, _SMALL) for name in names)
    left = min(_NAMES, wide) + 10
    edge = int(np.clip((INNER - left) // len(names), *_EDGE))
    upright = wide + 4 > edge  # Names that are too wide for their column stand on their side.
    head = (
        text.line_height(_SMALL) + (min(_NAMES, wide) if upright else text.line_height(_SMALL)) + 6
    )
    body = np.full((head + edge * len(names) + 2, INNER, 3), PAPER, np.uint8)
    text.write(body, left, 0, "predicted →", size=_SMALL, colour=text.FAINT)
    text.write(
        body, 0, head - text.line_height(_SMALL) - 4, "true ↓", size=_SMALL, colour=text.FAINT
    )
    units = Scale(nice(counts.max(initial=1)), False).unit(counts)
    colours = paint(units, False)
    for place, name in enumerate(names):
        start = left + place * edge
        _write_column(body[: head - 4], start, edge, name, upright)
        top = head + place * edge
        down = top + (edge - text.line_height(_SMALL)) // 2
        text.write(body, 0, down, name, width=left - 8, size=_SMALL)
        for column, count in enumerate(counts[place]):
            cell = body[top : top + edge, left + column * edge : left + (column + 1) * edge]
            _draw_cell(cell, int(count), colours[place, column], place == column)
    return page(body, title=title, notes=notes)


def _draw_cell(cell: np.ndarray, count: int, colour: np.ndarray, right: bool) -> None:
    edge = len(cell)
    cell[:] = text.INK if right else _LINE
    border = 2 if right else 1
    inner = cell[border : edge - border, border : edge - border]
    inner[:] = colour if count else PAPER
    if count:
        size = min(_SMALL + 2, edge - 2)
        dark = colour.astype(int) @ (299, 587, 114) < 128_000
        down = (edge - text.line_height(size)) // 2
        across = (edge - text.width_of(str(count), size, True)) // 2
        ink = (255, 255, 255) if dark else text.INK
        text.write(cell, across, down, count, size=size, bold=True, colour=ink)


def _write_column(head: np.ndarray, start: int, edge: int, name: str, upright: bool) -> None:
    if not upright:
        across = start + (edge - text.width_of(name, _SMALL)) // 2
        text.write(head, across, len(head) - text.line_height(_SMALL), name, size=_SMALL)
        return
    room = len(head) - text.line_height(_SMALL)
    ink = text.mask(text.shorten(name, room, _SMALL), _SMALL)
    ink = np.rot90(ink)
    across = start + (edge - ink.shape[1]) // 2
    text.stamp(head, across, len(head) - len(ink), ink, text.INK)


def _fold(picture: np.ndarray) -> None:
    """Folds the upper right corner: a shape, so that no one needs to tell its colour."""
    side = max(8, int(picture.shape[1] * _FOLD))
    down, across = np.indices((side, side))
    corner = picture[:side, -side:]
    corner[across >= down] = PAPER
    corner[(across > down + 2) & (across < side - 2) & (down >= 2)] = CHANGED
