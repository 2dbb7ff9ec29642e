"""Many tiles in rows, with words below each."""

from collections.abc import Sequence

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.captions import place_said
from kerasvis2.render.colour import WRONG
from kerasvis2.render.page import INNER, MARGIN, PAPER, type_size

GAP = 14
FRAME = 3

_NARROW = 172  # In cells below this the words are small.
_SPLIT = 280  # Those that are wider have their words in two columns.


def grid(tiles: np.ndarray, columns: int, gap: int = 1, fill: int = PAPER) -> np.ndarray:
    """Tiles (N, h, w, 3) in index order, row by row, `gap` pixels apart, as one picture.

    `fill` is the grey between tiles; where the last row is not full there is plain paper.
    """
    count, height, width, depth = tiles.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    down, across = height + gap, width + gap
    picture = np.full((rows * down, columns * across, depth), fill, tiles.dtype)
    cells = picture.reshape(rows, down, columns, across, depth).swapaxes(1, 2)
    full, left = divmod(count, columns)
    whole = tiles[: full * columns].reshape(full, columns, *tiles.shape[1:])
    cells[:full, :, :height, :width] = whole
    if left:
        cells[full, :left, :height, :width] = tiles[full * columns :]
        cells[full, left:] = PAPER
    return picture[: picture.shape[0] - gap, : picture.shape[1] - gap]


def cell_width(columns: int, inner: int = INNER) -> int:
    """The room each of so many columns has."""
    return (inner - (columns - 1) * GAP) // columns


def foot_height(lines: int, cell: int, inner: int = INNER) -> int:
    """How high the words below a tile are."""
    rows = -(-lines // 2) if cell >= _SPLIT * _larger(inner) else lines
    return rows * text.line_height(caption_size(cell, inner)) + 4 if lines else 0


def caption_size(cell: int, inner: int = INNER) -> int:
    """The size of the words below tiles in cells of that width."""
    small = cell < _NARROW * _larger(inner)
    return type_size(text.SMALL if small else text.BODY, inner + 2 * MARGIN)


def captioned(
    tiles: np.ndarray,
    columns: int,
    captions: Sequence[Sequence[str]],
    wrong: Sequence[bool] | None = None,
    inner: int = INNER,
) -> np.ndarray:
    """Tiles in columns as wide as the page allows, with their lines of text below.

    A frame around a wrong prediction lies outside of its tile, in the gap and the margin, so that
    tiles begin where their words begin: give `page` what is returned with `bleed=FRAME`.

    Args:
        tiles: uint8 (N, h, w, 3), no wider than `cell_width(columns, inner)`.
        columns: How many in a row.
        captions: For each tile its lines, shortened to fit; in wide cells in two columns.
        wrong: Which tiles show a wrong prediction: they get a frame, and a cross before the line
            that states it (see `captions.place_said`), so that nobody needs to tell the frame's
            colour.
        inner: The width of the page without its margins.
    """
    count, height, width = tiles.shape[:3]
    room = cell_width(columns, inner)
    lines = max((len(each) for each in captions), default=0)
    size = caption_size(room, inner)
    split = -(-lines // 2) if room >= _SPLIT * _larger(inner) else lines
    foot = foot_height(lines, room, inner)
    border = 2 * FRAME
    cells = np.full((count, height + border + foot, room + border, 3), PAPER, np.uint8)
    missed = [i for i, flag in enumerate(() if wrong is None else wrong) if flag and i < count]
    cells[missed, : height + border, : width + border] = WRONG
    cells[:, FRAME : FRAME + height, FRAME : FRAME + width] = tiles
    # In two columns the second begins below the second picture of a pair.
    pair = width // 2 + 1 if width > 2 * room // 3 else (room + GAP) // 2
    second = pair if split < lines else room
    for index, (cell, words) in enumerate(zip(cells, captions, strict=False)):
        said = place_said(words) if index in missed else -1
        for place, line in enumerate(words):
            column, row = divmod(place, max(1, split))
            crossed = place == said
            shown, colour = (f"✗ {line}", WRONG) if crossed else (line, text.INK)
            top = height + border + 2 + row * text.line_height(size)
            left, wide = (second, room - second) if column else (0, second)
            wide -= GAP * (split < lines and not column)
            left += FRAME
            text.write(cell, left, top, shown, width=wide, size=size, bold=crossed, colour=colour)
    return grid(cells, columns, GAP - border)


def _larger(inner: int) -> float:
    return max(1.0, inner / INNER)
