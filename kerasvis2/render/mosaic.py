"""Many tiles in rows, with words below each."""

from collections.abc import Sequence

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.page import INNER, PAPER, WRONG

GAP = 14
FRAME = 3


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


def cell_width(columns: int) -> int:
    """The room each of so many columns has."""
    return (INNER - (columns - 1) * GAP) // columns


def captioned(
    tiles: np.ndarray,
    columns: int,
    captions: Sequence[Sequence[str]],
    wrong: Sequence[bool] | None = None,
) -> np.ndarray:
    """Tiles in columns as wide as the page allows, with their lines of text below.

    Args:
        tiles: uint8 (N, h, w, 3), no wider than `cell_width(columns)` less two frames.
        columns: How many in a row.
        captions: For each tile its lines, shortened to fit.
        wrong: Which tiles show a wrong prediction: they get a frame, and a cross before their
            last line, so that nobody needs to tell the frame's colour.
    """
    count, height, width = tiles.shape[:3]
    room = cell_width(columns)
    lines = max((len(each) for each in captions), default=0)
    frame = FRAME if wrong is not None else 0
    foot = lines * text.line_height() + (4 if lines else 0)
    cells = np.full((count, height + 2 * frame + foot, room, 3), PAPER, np.uint8)
    missed = [i for i, flag in enumerate(() if wrong is None else wrong) if flag and i < count]
    cells[missed, : height + 2 * frame, : width + 2 * frame] = WRONG
    cells[:, frame : frame + height, frame : frame + width] = tiles
    for index, (cell, words) in enumerate(zip(cells, captions, strict=False)):
        top = height + 2 * frame + 2
        for place, line in enumerate(words):
            crossed = index in missed and place == len(words) - 1
            shown, colour = (f"✗ {line}", WRONG) if crossed else (line, text.INK)
            text.write(cell, 0, top, shown, width=room, bold=crossed, colour=colour)
            top += text.line_height()
    return grid(cells, columns, GAP)
