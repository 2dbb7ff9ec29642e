"""How many pictures a sheet holds, in how many columns, and how large."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from kerasvis2.render.lettering import Lettering, Words
from kerasvis2.render.mosaic import FRAME, GAP, cell_width
from kerasvis2.render.page import INNER, LONGEST, MARGIN
from kerasvis2.render.resize import fitted_to

BETWEEN = 2  # Pixels between the pictures of one cell.
_SMALLEST = 40  # Rather than smaller than this, fewer are drawn.
_WORDS = 140  # Cells with words are not narrower than this while pictures can be that large:
_CLEAR = 64
_BESIDE = 1.2  # How much larger pictures must be for the pairs to be stacked,
_FULL = 1.2  # or for the last row to be shorter than the others.
_HEIGHT = 700  # The smaller, the more a sheet's height counts against its pictures' size.
_USED = 0.25  # How much a page's empty right side counts against an arrangement.
_FEW = 4  # Pixel maps shrink rather than that fewer than this are drawn.
_SEEN = 104  # Smaller photographs get a wider sheet, on which they are that large.
_WIDER = 4 * GAP  # Steps in which sheets are widened.
_WIDEST = LONGEST - 2 * MARGIN


@dataclass(frozen=True)
class Plan:
    """Where pictures go.

    Attributes:
        columns: How many cells a row has.
        size: (height, width) of each picture.
        stacked: Whether the pictures of a cell lie below one another.
        shown: How many cells are drawn.
        inner: The width of the page without its margins.
        lettering: How the words below are set.
        told: 2 where no word is cut and pictures are large enough to be told, 1 where there is
            some room for both, else 0.
    """

    columns: int
    size: tuple[int, int]
    stacked: bool
    shown: int
    inner: int = INNER
    lettering: Lettering | None = None
    told: int = 0


@dataclass(frozen=True)
class _Cells:
    """What is to be placed: see `arrange`."""

    shape: tuple[int, int]
    panels: int
    words: Words
    head: Callable[[int], int]
    largest: int
    whole: bool
    beside: bool


def arrange(
    count: int,
    shape: tuple[int, int],
    *,
    panels: int = 1,
    words: Words | None = None,
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
        words: The words below each cell.
        head: The height of what lies above on a page of a width.
        largest: A picture's longer side at most, where it grows.
        native: Whether pixels matter: pictures grow by whole factors only, and rather than
            shrunk they are drawn at their own size on a wider sheet, at least four of them.
        beside: Whether the pictures of a cell lie beside one another in any case.
    """
    cells = _Cells(shape, panels, words or Words(()), cache(head), largest, native, beside)
    return _native(count, cells) if native else _seen(count, cells)


def _native(count: int, cells: _Cells) -> Plan:
    """On a page as wide as the pixels need; fewer cells rather than smaller pixels."""
    best = _at(count, cells, INNER)
    if best:
        return best
    few = min(count, _FEW)
    for shown in range(count, few - 1, -1):
        fits = (_at(shown, cells, inner) for inner in range(INNER, _WIDEST + 1, GAP))
        found = next((plan for plan in fits if plan), None)
        if found:
            return found
    return _largest(few, replace(cells, whole=False, largest=LONGEST), _WIDEST)


def _seen(count: int, cells: _Cells) -> Plan:
    """On the usual page, or on a wider one where photographs would be too small or words cut."""
    found = _largest(count, cells, INNER)
    wanted = min(_SEEN, cells.largest, max(cells.shape))
    enough = replace(cells, largest=max(wanted, *found.size))
    for inner in range(INNER + _WIDER, _WIDEST + 1, _WIDER):
        if max(found.size) >= wanted and (found.told == 2 or not cells.words.lines):
            break
        wider = _largest(count, enough, inner)
        small, smaller = (min(max(plan.size), wanted) for plan in (wider, found))
        if (wider.shown, wider.told, small) > (found.shown, found.told, smaller):
            found = wider
    return found


def _largest(count: int, cells: _Cells, inner: int) -> Plan:
    """As many as can be drawn on such a page, each as large as it can be then."""
    for shown in range(count, 0, -1):
        plan = _at(shown, cells, inner)
        if plan and (max(plan.size) >= min(_SMALLEST, cells.largest) or shown == 1):
            return plan
    return Plan(1, (1, 1), False, 1, inner)


def _at(count: int, cells: _Cells, inner: int) -> Plan | None:
    """The arrangement of so many with the largest pictures, or None where they do not fit."""
    best: tuple[int, int, int, Plan] | None = None
    shape, panels, words = cells.shape, cells.panels, cells.words
    seams = (panels - 1) * BETWEEN
    free_height = LONGEST - cells.head(inner + 2 * MARGIN) - MARGIN
    for columns in range(1, min(count, 8) + 1):
        last = count % columns
        if last and (last == 1 or 2 * last < columns):
            continue
        rows = -(-count // columns)
        cell = cell_width(columns, inner)
        room = (free_height - (rows - 1) * (GAP - 2 * FRAME)) // rows - 2 * FRAME
        for stacked in (False, True)[: 1 + (panels > 1 and not cells.beside)]:
            for setting in (settings := words.settings(cell, inner)):
                free = room - setting.foot
                high = (free - seams) // panels if stacked else free
                wide = cell if stacked else (cell - seams) // panels
                if high < 1 or wide < 1:
                    continue
                bound = max(cells.largest, max(shape)) if cells.whole else cells.largest
                size = fitted_to(shape, min(high, bound), min(wide, bound), cells.whole)
                if size is None:
                    continue
                tile = size[1] if stacked else size[1] * panels + seams
                fits = words.fit(setting, tile, cell)
                if not fits and setting is not settings[-1]:
                    continue
                tall = rows * ((panels if stacked else 1) * size[0] + setting.foot)
                clear = not words.lines or max(size) >= _CLEAR or size == shape or cells.whole
                told = (2 if fits else int(cell >= _WORDS)) if clear else 0
                used = (columns * (tile + GAP) - GAP) / inner
                worth = size[0] * size[1] * (1 if stacked else _BESIDE) * (1 if last else _FULL)
                worth *= used**_USED
                key = (told, int(1000 * worth / (tall + _HEIGHT)), -tall)
                if best is None or key > best[:3]:
                    plan = Plan(columns, size, stacked, count, inner, setting, told)
                    best = (*key, plan)
                break
    return best[3] if best else None
