"""How many pictures a sheet holds, in how many columns, and how large."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from kerasvis2.render.mosaic import FRAME, GAP, cell_width, foot_height
from kerasvis2.render.page import INNER, LONGEST, MARGIN
from kerasvis2.render.resize import fitted_to

BETWEEN = 2  # Pixels between the pictures of one cell.
_SMALLEST = 40  # Rather than smaller than this, fewer are drawn.
_WORDS = 140  # Cells with words are not narrower than this while pictures can be that large:
_CLEAR = 64
_BESIDE = 1.2  # How much larger pictures must be for the pairs to be stacked,
_FULL = 1.2  # or for the last row to be shorter than the others.
_HEIGHT = 700  # The smaller, the more a sheet's height counts against its pictures' size.
_FEW = 4  # Pixel maps shrink rather than that fewer than this are drawn.


@dataclass(frozen=True)
class Plan:
    """Where pictures go.

    Attributes:
        columns: How many cells a row has.
        size: (height, width) of each picture.
        stacked: Whether the pictures of a cell lie below one another.
        shown: How many cells are drawn.
        inner: The width of the page without its margins.
    """

    columns: int
    size: tuple[int, int]
    stacked: bool
    shown: int
    inner: int = INNER


def arrange(
    count: int,
    shape: tuple[int, int],
    *,
    panels: int = 1,
    lines: int = 0,
    head: Callable[[int], int],
    largest: int = 320,
    native: bool = False,
    beside: bool = False,
) -> Plan:
    """As large as a sheet allows, without a row that holds a single picture.

    Args:
        count: How many cells there are.
        shape: (height, width) of a picture.
        panels: How many pictures a cell holds, beside or below one another.
        lines: How many lines of words each cell has.
        head: The height of what lies above on a page of a width.
        largest: A picture's longer side at most, where it grows.
        native: Whether pixels matter: pictures grow by whole factors only, and rather than
            shrunk they are drawn at their own size on a wider sheet, at least four of them.
        beside: Whether the pictures of a cell lie beside one another in any case.
    """
    head = cache(head)
    if not native:
        return _largest(count, shape, panels, lines, head, largest, beside=beside)
    best = _at(count, shape, panels, lines, head, largest, INNER, whole=True)
    if best:
        return best
    for shown in range(count, min(count, _FEW) - 1, -1):
        fits = [
            _at(shown, shape, panels, lines, head, largest, inner, whole=True)
            for inner in range(INNER, LONGEST - 2 * MARGIN + 1, GAP)
        ]
        found = next((plan for plan in fits if plan), None)
        if found:
            return found
    few = min(count, _FEW)
    return _largest(few, shape, panels, lines, head, LONGEST, LONGEST - 2 * MARGIN)


def _largest(
    count: int,
    shape: tuple[int, int],
    panels: int,
    lines: int,
    head: Callable[[int], int],
    largest: int,
    inner: int = INNER,
    beside: bool = False,
) -> Plan:
    for shown in range(count, 0, -1):
        plan = _at(shown, shape, panels, lines, head, largest, inner, whole=False, beside=beside)
        if plan and (max(plan.size) >= min(_SMALLEST, largest) or shown == 1):
            return plan
    return Plan(1, (1, 1), False, 1, inner)


def _at(
    count: int,
    shape: tuple[int, int],
    panels: int,
    lines: int,
    head: Callable[[int], int],
    largest: int,
    inner: int,
    whole: bool,
    beside: bool = False,
) -> Plan | None:
    """The arrangement of so many with the largest pictures, or None where they do not fit."""
    best: tuple[int, int, int, Plan] | None = None
    for columns in range(1, min(count, 8) + 1):
        last = count % columns
        if last and (last == 1 or 2 * last < columns):
            continue
        rows = -(-count // columns)
        cell = cell_width(columns, inner)
        foot = foot_height(lines, cell, inner)
        room = (
            LONGEST - head(inner + 2 * MARGIN) - MARGIN - (rows - 1) * (GAP - 2 * FRAME)
        ) // rows
        room -= foot + 2 * FRAME
        for stacked in (False, True)[: 1 + (panels > 1 and not beside)]:
            seams = (panels - 1) * BETWEEN
            high = (room - seams) // panels if stacked else room
            wide = cell if stacked else (cell - seams) // panels
            if high < 1 or wide < 1:
                continue
            bound = max(largest, max(shape)) if whole else largest
            size = fitted_to(shape, min(high, bound), min(wide, bound), whole)
            if size is None:
                continue
            tall = rows * ((panels if stacked else 1) * size[0] + foot)
            told = not lines or (cell >= _WORDS and (max(size) >= _CLEAR or size == shape))
            worth = size[0] * size[1] * (1 if stacked else _BESIDE) * (1 if last else _FULL)
            key = (int(told), int(1000 * worth / (tall + _HEIGHT)), -tall)
            if best is None or key > best[:3]:
                best = (*key, Plan(columns, size, stacked, count, inner))
    return best[3] if best else None
