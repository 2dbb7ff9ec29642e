"""The contact sheet: runs as rows, steps as columns."""

from __future__ import annotations

import numpy as np
from PIL import Image

from kerasvis2.compare import tiles
from kerasvis2.compare.grid import Grid
from kerasvis2.compare.tiles import Pixels

_COLUMNS = 8
_LONGEST = 16_000  # pixels; browsers and picture viewers give up at 16,384 or 32,767


def contact_sheet(comparison: Grid) -> Pixels:
    """All runs by all steps; of more than 8 steps, 8 evenly spaced, the first and the last too.

    Returns:
        uint8 (H, W, 3). A sheet too large for picture viewers is made smaller, and says so.
    """
    steps = _spread(comparison.steps)
    notes = list(comparison.notes)
    if len(steps) < len(comparison.steps):
        notes.append(
            f"{len(steps)} of {len(comparison.steps)} steps are shown; choose others by steps."
        )
    loaded = {run: [tiles.load(comparison, run, step) for step in steps] for run in comparison.runs}
    height, width = _room(loaded)
    full = width * len(steps) + tiles.GAP * (len(steps) - 1)

    parts = [tiles.heading(comparison.tag, full), *tiles.remarks(notes, full)]
    for run, cells in loaded.items():
        tall = max((p.shape[0] for p, _ in cells if p is not None), default=min(height, 120))
        row = [
            tiles.tile(picture, why, comparison.caption(run, step), tall, width)
            for (picture, why), step in zip(cells, steps)
        ]
        parts += [tiles.space(20), tiles.heading(run, full), tiles.beside(row)]
    return _bounded(tiles.framed(tiles.below(parts)))


def _spread(steps: list[int]) -> list[int]:
    if len(steps) <= _COLUMNS:
        return steps
    places = np.linspace(0, len(steps) - 1, _COLUMNS).round().astype(int)
    return [steps[place] for place in places]


def _room(loaded: dict[str, list[tuple[Pixels | None, str]]]) -> tuple[int, int]:
    """Height and width that hold the largest picture; some words at least."""
    shapes = [p.shape for cells in loaded.values() for p, _ in cells if p is not None]
    height = max((shape[0] for shape in shapes), default=0)
    width = max((shape[1] for shape in shapes), default=0)
    return max(height, 60), max(width, 220)


def _bounded(page: Pixels) -> Pixels:
    factor = _LONGEST / max(page.shape[:2])
    if factor >= 1:
        return page
    size = round(page.shape[1] * factor), round(page.shape[0] * factor)
    small = np.array(Image.fromarray(page).resize(size, Image.Resampling.BOX))
    words = f"Made smaller to {factor:.0%}; choose fewer runs or steps to see every pixel."
    note = tiles.remarks([words], small.shape[1] - 2 * tiles.MARGIN)
    return tiles.below([*map(tiles.framed, note), small])
