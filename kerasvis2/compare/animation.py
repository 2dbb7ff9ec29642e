"""The animation: a frame for each step, the runs side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from kerasvis2.compare import tiles
from kerasvis2.compare.grid import Grid
from kerasvis2.compare.palette import with_palette
from kerasvis2.compare.tiles import Pixels
from kerasvis2.render import text

_WIDEST = 2000  # pixels; more runs than fit go on in a further row
_PAUSE = 500  # milliseconds a step
_LAST_PAUSE = 2000


def frames(comparison: Grid) -> Iterator[Pixels]:
    """Yields a uint8 picture (H, W, 3) for each step, all of one size."""
    height, width = _room(comparison)
    count = len(comparison.runs)
    columns = min(count, max(1, (_WIDEST + tiles.GAP) // (width + tiles.GAP)))
    columns = math.ceil(count / math.ceil(count / columns))
    full = width * columns + tiles.GAP * (columns - 1)

    title = tiles.heading(comparison.tag, full)
    notes = tiles.remarks(comparison.notes, full)
    for step in comparison.steps:
        cells = []
        for run in comparison.runs:
            picture, why = tiles.load(comparison, run, step)
            below = tiles.tile(picture, why, comparison.caption(run, step), height, width)
            cells.append(tiles.below([tiles.heading(run, width, text.BODY), below]))
        rows = [cells[start : start + columns] for start in range(0, count, columns)]
        parts = [title, tiles.heading(f"step {step}", full), *notes]
        for row in rows:
            parts += [tiles.space(), tiles.beside(row)]
        yield tiles.framed(tiles.below(parts))


def save_animation(comparison: Grid, path: Path) -> None:
    """Writes an endless GIF, half a second a step and longer on the last."""
    pictures = (with_palette(frame) for frame in frames(comparison))
    first = next(pictures)
    pauses = [_PAUSE] * (len(comparison.steps) - 1) + [_LAST_PAUSE]
    first.save(
        path, "GIF", save_all=True, append_images=pictures, duration=pauses, loop=0, disposal=1
    )


def _room(comparison: Grid) -> tuple[int, int]:
    """Height and width that hold every picture of every step; some words at least."""
    sizes = [tiles.size(comparison, r, step) for r in comparison.runs for step in comparison.steps]
    return max(60, *(height for height, _ in sizes)), max(220, *(width for _, width in sizes))
