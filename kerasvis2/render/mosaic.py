"""Many tiles in rows, with words below each."""

from collections.abc import Sequence

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.captions import place_said, squeezed
from kerasvis2.render.colour import WRONG
from kerasvis2.render.lettering import FEET, Lettering, Words
from kerasvis2.render.page import INNER, PAPER

GAP = 14
FRAME = 3

_OUTLINE = 214  # around each tile, or what is white in it would pass for paper


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


def captioned(
    tiles: np.ndarray,
    columns: int,
    captions: Sequence[Sequence[str]],
    wrong: Sequence[bool] | None = None,
    inner: int = INNER,
    lettering: Lettering | None = None,
) -> np.ndarray:
    """Tiles in columns as wide as the page allows, with their lines of text below.

    A frame around a wrong prediction lies outside of its tile, in the gap and the margin, so that
    tiles begin where their words begin: give `page` what is returned with `bleed=FRAME`.

    Args:
        tiles: uint8 (N, h, w, 3), no wider than `cell_width(columns, inner)`.
        columns: How many in a row.
        captions: For each tile its lines, shortened to fit.
        wrong: Which tiles show a wrong prediction: they get a frame, and a cross before the line
            that states it (see `captions.place_said`), so that nobody needs to tell the frame's
            colour.
        inner: The width of the page without its margins.
        lettering: How the words are set; by default as well as they fit.
    """
    count, height, width = tiles.shape[:3]
    room = cell_width(columns, inner)
    set_as = lettering or Words(captions, wrong).fitting(width, room, inner)[0]
    border = 2 * FRAME
    cells = np.full((count, height + border + set_as.foot, room + border, 3), PAPER, np.uint8)
    cells[:, FRAME - 1 : FRAME + height + 1, FRAME - 1 : FRAME + width + 1] = _OUTLINE
    missed = [i for i, flag in enumerate(() if wrong is None else wrong) if flag and i < count]
    cells[missed, : height + border, : width + border] = WRONG
    cells[:, FRAME : FRAME + height, FRAME : FRAME + width] = tiles
    size, step = set_as.size, text.line_height(set_as.size)
    for index, (cell, words) in enumerate(zip(cells, captions, strict=False)):
        said = place_said(words) if index in missed else -1
        split = set_as.split(words)
        for place, line in enumerate(words):
            column, row = (0, place) if place < split else (1, place - split)
            crossed = place == said
            shown, colour = (f"✗ {line}", WRONG) if crossed else (line, text.INK)
            left, wide = set_as.column(column, width, room)
            top = height + border + FEET // 2 + row * step
            shown = squeezed(shown, wide, size, crossed)
            text.write(cell, FRAME + left, top, shown, size=size, bold=crossed, colour=colour)
    return grid(cells, columns, GAP - border)
