"""Rows by steps: what became of each layer, or of each image, over the training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import paint, paint_verdict
from kerasvis2.render.page import INNER, LINE, PAPER, page
from kerasvis2.render.resize import as_pictures, fitted, resize_pictures
from kerasvis2.render.scale import number

SHOWN = 64

_NAMES = (60, 190)  # The narrowest and the widest column of row names.
_GAP = 16
_ROW = (15, 24)  # The lowest and the highest row.
_TALL = 560  # Rows share this height as far as they can.
_WIDEST = 44  # A cell's width at most.
_LETTER = 9  # A cell narrower than this carries no letter.
_BAR = 10
_STILL = (176, 178, 184)


@dataclass(frozen=True)
class Panel:
    """One quantity, rows by steps.

    Attributes:
        name: What it is, in a few words.
        values: (rows, steps) float. −inf is drawn hatched, as what stands still; NaN and inf in
            the colour of broken numbers.
        ends: The values at both ends of the colour scale.
        middle: The value of the neutral colour, for a diverging scale; None for a plain one.
        bad: Whether what is "low" or "high" of the middle is wrong, and so orange; "" where a
            value says how much and not how well: then red is high and blue is low.
        absent: (rows, steps) bool, where there is nothing to show; None for nowhere.
        marks: (rows, steps) of one letter each, "" for none: what deserves a look.
    """

    name: str
    values: np.ndarray
    ends: tuple[float, float]
    middle: float | None = None
    bad: Literal["", "low", "high"] = ""
    absent: np.ndarray | None = None
    marks: np.ndarray | None = None


def heatmap_sheet(
    panels: Sequence[Panel],
    rows: Sequence[str],
    steps: Sequence[int | None],
    *,
    title: str,
    unit: str = "epoch",
    images: Any = None,
    how: str = "",
    notes: Sequence[str] = (),
) -> np.ndarray:
    """Panels side by side, with the same rows and the steps along the bottom of each.

    Of more than 64 rows those between are left out evenly; of more steps than there are pixels
    the last of each few is drawn. A marked cell carries its letter where it is wide enough and
    otherwise where a row of equal marks begins.

    Args:
        panels: One to three of them.
        rows: The name of each row, the first on top.
        steps: The step of each column, ascending; None where it is not known.
        title: What it is, such as "Layer health · epoch 12".
        unit: What a step is.
        images: Float (rows, H, W, C) in [0, 1], a thumbnail for each row; None for none.
        how: By which settings it was made, in one line.
        notes: Further lines below the title, such as what the letters mean.

    Returns:
        uint8 (height, width, 3).
    """
    notes = list(notes)
    kept = np.arange(len(rows))
    if len(rows) > SHOWN:
        kept = np.unique(np.linspace(0, len(rows) - 1, SHOWN).round().astype(int))
        notes.append(f"{len(kept)} of {len(rows)} rows, evenly spread")
    names = [rows[i] for i in kept.tolist()]
    height = int(np.clip(_TALL // max(1, len(kept)), *_ROW))
    size = text.SMALL if height > 17 else 12
    thumbs = None if images is None else _thumbs(np.asarray(images)[kept], height - 2)
    beside = 0 if thumbs is None else thumbs.shape[2] + 6
    wide = max((text.width_of(name, size) for name in names), default=0) + 8
    left = beside + int(np.clip(wide, *_NAMES))
    room = (INNER - left - (len(panels) - 1) * _GAP) // len(panels)
    head = 2 * text.line_height(text.SMALL) + 8
    foot = text.line_height(text.SMALL) + 4
    body = np.full((head + height * len(kept) + foot, INNER, 3), PAPER, np.uint8)
    for row, name in enumerate(names):
        top = head + row * height
        if thumbs is not None:
            body[top + 1 : top + 1 + thumbs.shape[1], : thumbs.shape[2]] = thumbs[row]
        down = top + (height - text.line_height(size)) // 2
        text.write(body, beside, down, name, width=left - beside - 8, size=size)
    for place, panel in enumerate(panels):
        start = left + place * (room + _GAP)
        _draw(body[:, start : start + room], panel, kept, steps, height, head)
    if any(step is not None for step in steps):
        notes.append(f"{unit}s along the bottom")
    return page(body, title=title, how=how, notes=notes)


def _draw(
    area: np.ndarray,
    panel: Panel,
    kept: np.ndarray,
    steps: Sequence[int | None],
    height: int,
    head: int,
) -> None:
    """One panel: its name, its scale, its cells, its first and last step; in place."""
    room = area.shape[1]
    text.write(area, 0, 0, panel.name, width=room, size=text.SMALL, bold=True)
    _draw_scale(area[text.line_height(text.SMALL) :], panel)
    shown = _columns(len(steps), room)
    values = np.asarray(panel.values, np.float64)[np.ix_(kept, shown)]
    absent = _part(panel.absent, kept, shown, False)
    marks = _part(panel.marks, kept, shown, "")
    edges = _edges(len(shown), room)
    colours = _colours(panel, values)
    colours[absent] = PAPER
    for row in range(len(kept)):
        top = head + row * height
        for column in range(len(shown)):
            cell = area[top : top + height - 1, edges[column] : edges[column + 1]]
            cell[:] = colours[row, column]
            if absent[row, column]:
                cell[len(cell) // 2] = LINE
            elif values[row, column] == -np.inf:
                _hatch(cell, edges[column])
        _write_marks(area[top : top + height - 1], marks[row], edges, colours[row], height)
    _write_steps(area[head + height * len(kept) + 2 :], [steps[i] for i in shown], edges)


def _draw_scale(area: np.ndarray, panel: Panel) -> None:
    low, high = (number(value) for value in panel.ends)
    left = text.width_of(low, text.SMALL) + 5
    right = left + min(90, area.shape[1] - left - text.width_of(high, text.SMALL) - 6)
    text.write(area, 0, 0, low, size=text.SMALL, colour=text.FAINT)
    text.write(area, right + 5, 0, high, size=text.SMALL, colour=text.FAINT)
    ramp = np.linspace(*panel.ends, right - left)[None]
    top = (text.line_height(text.SMALL) - _BAR) // 2
    area[top - 1 : top + _BAR + 1, left - 1 : right + 1] = text.FAINT
    area[top : top + _BAR, left:right] = _colours(panel, ramp)


def _colours(panel: Panel, values: np.ndarray) -> np.ndarray:
    low, high = panel.ends
    with np.errstate(invalid="ignore"):
        if panel.middle is None:
            units = (values - low) / (high - low)
        else:
            over = values >= panel.middle
            span = np.where(over, high - panel.middle, panel.middle - low)
            units = (values - panel.middle) / span
    units = np.where(np.isfinite(values), units, np.nan)
    if panel.bad:
        colours = paint_verdict(-units if panel.bad == "high" else units)
    else:
        colours = paint(units, panel.middle is not None)
    colours[values == -np.inf] = _STILL
    return colours


def _hatch(cell: np.ndarray, left: int) -> None:
    down, across = np.indices(cell.shape[:2])
    cell[(down + across + left) % 6 < 2] = PAPER


def _write_marks(
    row: np.ndarray, marks: np.ndarray, edges: np.ndarray, colours: np.ndarray, height: int
) -> None:
    size = min(text.SMALL, height - 4)
    last = ""
    end = 0
    for column, mark in enumerate(marks):
        width = edges[column + 1] - edges[column]
        begins = mark and (mark != last or width >= 2 * _LETTER)
        if begins and edges[column] >= end:
            wide = text.width_of(mark, size, True)
            left = edges[column] + max(1, (width - wide) // 2)
            ink = text.ink_on(colours[column])
            if colours[column].tolist() == list(_STILL) or width < wide:
                row[1:-1, left - 1 : left + wide + 1] = PAPER
                ink = text.INK
            down = (height - 1 - text.line_height(size)) // 2
            text.write(row, left, down, mark, size=size, bold=True, colour=ink)
            end = left + wide + 1
        last = mark


def _write_steps(area: np.ndarray, steps: Sequence[int | None], edges: np.ndarray) -> None:
    if not steps:
        return
    first, last = ("" if step is None else str(step) for step in (steps[0], steps[-1]))
    text.write(area, 0, 0, first, size=text.SMALL, colour=text.FAINT)
    left = max(0, int(edges[-1]) - text.width_of(last, text.SMALL))
    if len(steps) > 1 and left > text.width_of(first, text.SMALL) + 6:
        text.write(area, left, 0, last, size=text.SMALL, colour=text.FAINT)


def _columns(count: int, room: int) -> np.ndarray:
    """Which steps are drawn: all, or the last of each pixel's share and so always the last."""
    if count <= room:
        return np.arange(count)
    return np.ceil(np.arange(1, room + 1) * count / room).astype(int) - 1


def _edges(count: int, room: int) -> np.ndarray:
    width = min(_WIDEST, room / max(1, count))
    return np.round(np.arange(count + 1) * width).astype(int)


def _part(given: np.ndarray | None, kept: np.ndarray, shown: np.ndarray, empty: Any) -> np.ndarray:
    if given is None:
        return np.full((len(kept), len(shown)), empty)
    return np.asarray(given)[np.ix_(kept, shown)]


def _thumbs(images: np.ndarray, edge: int) -> np.ndarray:
    pictures = as_pictures(images)
    return resize_pictures(pictures, fitted(pictures, edge, int(edge * 1.6)))
