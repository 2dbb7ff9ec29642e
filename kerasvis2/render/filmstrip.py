"""A whole training in one picture: probe images down, key epochs across."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import paint, paint_over
from kerasvis2.render.mosaic import FRAME
from kerasvis2.render.page import INNER, PAPER, WRONG, Legend, legend_of, page
from kerasvis2.render.resize import as_pictures, draw_maps, fitted, resize_maps, resize_pictures
from kerasvis2.render.scale import fit, in_units, overall

MOST_COLUMNS = 10
MOST_ROWS = 8

_GAP = 3
_LARGEST = 96
_SMALL = 14


def filmstrip_sheet(
    originals: Any,
    films: np.ndarray,
    steps: Sequence[int],
    *,
    title: str,
    names: Sequence[str],
    unit: str = "epoch",
    signed: bool = False,
    overlay: bool = True,
    pictures: bool = False,
    wrong: np.ndarray | None = None,
    scale: Any = "nice",
    frozen: float | None = None,
    notes: Sequence[str] = (),
) -> tuple[np.ndarray, float | None]:
    """Maps of the same images at several steps, all with one scale.

    Args:
        originals: Float (N, H, W, C) in [0, 1], for the column at the left; None for none.
        films: Float (S, N, h, w) maps; with `pictures` (S, N, h, w, C) pictures in [0, 1].
        steps: The S steps, ascending. Of more than 10 some are drawn, evenly in their logarithm,
            the first and the last among them.
        title: What it is.
        names: For each of the N rows its name.
        unit: What a step is.
        signed: Whether negative values are drawn, in the other colour.
        overlay: Heat over the grey original, instead of the map on its own.
        pictures: The films are pictures themselves, there is no scale.
        wrong: (S, N) bool, which predictions were wrong; these carry a frame and a cross.
        scale: As `scale.fit`, but "image", which makes steps incomparable, is taken as "nice".
        frozen: The top to use for `scale="run"`, once there is one.
        notes: Further lines below the title.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale, None for pictures.
    """
    kept = key_columns(steps)
    films, steps = films[kept, :MOST_ROWS], [steps[i] for i in kept]
    names = names[:MOST_ROWS]
    notes = list(notes)
    columns = len(steps) + (originals is not None)
    edge = min(_LARGEST, (INNER - (columns - 1) * _GAP) // columns)
    inner = edge - (2 * FRAME if wrong is not None else 0)
    flat = films.reshape(-1, *films.shape[2:])
    first = None if originals is None else as_pictures(np.asarray(originals)[: films.shape[1]])
    size = fitted(flat if first is None or not overlay else first, inner, inner)
    first = None if first is None else resize_pictures(first, fitted(first, inner, inner))
    legend: Legend | None = None
    top: float | None = None
    if pictures:
        cells = resize_pictures(as_pictures(flat), size)
    else:
        scales = fit(flat, "nice" if scale == "image" else scale, signed=signed, frozen=frozen)
        units = in_units(flat, scales)
        over = overlay and first is not None
        maps = (resize_maps if over else draw_maps)(units, size)
        whole = overall(scales)
        top, legend = whole.top, legend_of(whole, overlay=over)
        cells = paint(maps, signed)
        if over and first is not None:
            grey = first.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
            cells = paint_over(np.tile(grey, (len(steps), 1, 1)), maps, signed)
    cells = cells.reshape(len(steps), -1, *cells.shape[1:])
    marks = None if wrong is None else wrong[kept, :MOST_ROWS]
    body = _grid(first, cells, marks, names, [f"{unit} {step}" for step in steps], edge)
    if marks is not None and marks.any():
        notes.append("framed and crossed: predicted wrongly then")
    return page(body, title=title, notes=notes, legend=legend), top


def key_columns(steps: Sequence[int]) -> list[int]:
    """Which of the steps are drawn: at most 10, evenly in the logarithm, both ends among them."""
    if len(steps) <= MOST_COLUMNS:
        return list(range(len(steps)))
    times = np.log(np.asarray(steps, float) - steps[0] + 1)
    wanted = np.linspace(0, times[-1], MOST_COLUMNS)
    kept: list[int] = []
    for i, time in enumerate(wanted):
        # Each takes the nearest step that leaves enough of them for those that follow.
        low = kept[-1] + 1 if kept else 0
        high = len(steps) - (MOST_COLUMNS - 1 - i)
        kept.append(low + int(np.abs(times[low:high] - time).argmin()))
    return kept


def _grid(
    first: np.ndarray | None,
    cells: np.ndarray,
    wrong: np.ndarray | None,
    names: Sequence[str],
    heads: Sequence[str],
    edge: int,
) -> np.ndarray:
    frame = FRAME if wrong is not None else 0
    tallest = max(cells.shape[2], 0 if first is None else first.shape[1]) + 2 * frame
    line = text.line_height(_SMALL)
    row_height = line + tallest + 6
    body = np.full((line + len(names) * row_height, INNER, 3), PAPER, np.uint8)
    offset = 0 if first is None else edge + _GAP
    for column, head in enumerate(heads):
        left = offset + column * (edge + _GAP)
        shown = head if text.width_of(head, _SMALL) <= edge else head.rsplit(" ", 1)[-1]
        text.write(body, left, 0, shown, size=_SMALL, colour=text.FAINT)
    for row, name in enumerate(names):
        top = line + row * row_height
        text.write(body, 0, top, name, width=INNER, size=_SMALL)
        top += line
        if first is not None:
            _put(body, top + frame, frame, first[row])
        for column in range(len(heads)):
            left = offset + column * (edge + _GAP)
            if wrong is not None and wrong[column, row]:
                height, width = cells.shape[2:4]
                body[top : top + height + 2 * frame, left : left + width + 2 * frame] = WRONG
            _put(body, top + frame, left + frame, cells[column, row])
            if wrong is not None and wrong[column, row]:
                _cross(body, top + frame, left + frame)
    return body


def _put(body: np.ndarray, top: int, left: int, cell: np.ndarray) -> None:
    body[top : top + len(cell), left : left + cell.shape[1]] = cell


def _cross(body: np.ndarray, top: int, left: int) -> None:
    ink = text.mask("✗", _SMALL, True)
    body[top : top + len(ink), left : left + ink.shape[1] + 2] = PAPER
    text.stamp(body, left + 1, top, ink, WRONG)
