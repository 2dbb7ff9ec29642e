"""A whole training in one picture: probe images down, key epochs across."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import WRONG, paint, paint_fine
from kerasvis2.render.mosaic import FRAME
from kerasvis2.render.overlay import overlay as laid_over
from kerasvis2.render.page import INNER, PAPER, Legend, legend_of, page
from kerasvis2.render.resize import as_pictures, draw_maps, fitted, resize_maps, resize_pictures
from kerasvis2.render.scale import FINE, HELD, fit, in_units, overall

MOST_COLUMNS = 10
MOST_ROWS = 8

_GAP = 3
_LARGEST = 96
_APART = ("image", HELD)  # scales that are one for each step


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
    fine: bool = False,
    pictures: bool = False,
    wrong: np.ndarray | None = None,
    scale: Any = "nice",
    frozen: float | None = None,
    previous: float | None = None,
    how: str = "",
    quantity: str = "",
    notes: Sequence[str] = (),
) -> tuple[np.ndarray, float | None]:
    """Maps of the same images at several steps, with one scale or with one for each step.

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
        fine: Whether the maps on their own were as fine as the images before they were shrunk:
            they are drawn in the colours of `attribution.pixel_sheet`. Activations and what else is
            coarser have the usual ones.
        pictures: The films are pictures themselves, there is no scale.
        wrong: (S, N) bool, which predictions were wrong; these carry a frame and a cross.
        scale: As `scale.fit`; "image" and "98%" are one scale for each step, printed at its head:
            shapes can then be seen from the first step on, but steps do not compare.
        frozen: The top to use for `scale="run"`, once there is one.
        previous: The top at the look before, so that `scale="nice"` does not flicker.
        how: By which settings it was made, in one line.
        quantity: What the scale measures.
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
    heads = [[f"{unit} {step}"] for step in steps]
    if pictures:
        cells = resize_pictures(as_pictures(flat), size)
    else:
        over = overlay and first is not None
        fine = fine and not over
        scales = fit(
            films if scale in _APART else flat,
            scale,
            signed=signed,
            frozen=frozen,
            previous=previous,
            slack=FINE if fine else 1.0,
        )
        units = in_units(films if isinstance(scales, list) else flat, scales).reshape(flat.shape)
        maps = (resize_maps if over else draw_maps)(units, size)
        whole = overall(scales)
        top, legend = whole.top, legend_of(whole, over=over, fine=fine, quantity=quantity)
        if isinstance(scales, list):
            heads = [[*head, own.range] for head, own in zip(heads, scales)]
            held = ", up to 98 % of its sum" if scale == HELD else ""
            said = [f"each {unit} its own scale{held}", *legend.remarks[1:]]
            legend = replace(legend, remarks=tuple(said))
        if over and first is not None:
            cells = laid_over(np.tile(first, (len(steps), 1, 1, 1)), maps, signed)
        else:
            cells = (paint_fine if fine else paint)(maps, signed)
    cells = cells.reshape(len(steps), -1, *cells.shape[1:])
    marks = None if wrong is None else wrong[kept, :MOST_ROWS]
    body = _grid(first, cells, marks, names, heads, edge)
    if marks is not None and marks.any():
        notes.append("framed and crossed: predicted wrongly then")
    return page(body, title=title, how=how, notes=notes, legend=legend), top


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
    heads: Sequence[Sequence[str]],
    edge: int,
) -> np.ndarray:
    frame = FRAME if wrong is not None else 0
    tallest = max(cells.shape[2], 0 if first is None else first.shape[1]) + 2 * frame
    line = text.line_height(text.SMALL)
    row_height = line + tallest + 6
    above = line * max(map(len, heads))
    body = np.full((above + len(names) * row_height, INNER, 3), PAPER, np.uint8)
    offset = 0 if first is None else edge + _GAP
    for column, words in enumerate(heads):
        left = offset + column * (edge + _GAP)
        for place, head in enumerate(words):
            shown = head if text.width_of(head, text.SMALL) <= edge else head.rsplit(" ", 1)[-1]
            top = place * line
            text.write(body, left, top, shown, width=edge, size=text.SMALL, colour=text.FAINT)
    for row, name in enumerate(names):
        top = above + row * row_height
        text.write(body, 0, top, name, width=INNER, size=text.SMALL)
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
    ink = text.mask("✗", text.SMALL, True)
    body[top : top + len(ink), left : left + ink.shape[1] + 2] = PAPER
    text.stamp(body, left + 1, top, ink, WRONG)
