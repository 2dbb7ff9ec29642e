"""The pieces of a contact sheet: pictures with words, a place for one that is missing, a header."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kerasvis2.compare.grid import Grid
from kerasvis2.record.decoding import size_of
from kerasvis2.record.frames import Damaged
from kerasvis2.render import text

Pixels = NDArray[np.uint8]

PAPER, BLANK = 255, 236
GAP, MARGIN = 12, 16
WARNING = (170, 60, 0)


def load(comparison: Grid, run: str, step: int) -> tuple[Pixels | None, str]:
    """A picture, or None and the reason."""
    try:
        picture = comparison.picture(run, step)
    except Damaged:
        return None, "damaged in the event file"
    return picture, "" if picture is not None else comparison.why_missing(run, step)


def size(comparison: Grid, run: str, step: int) -> tuple[int, int]:
    """A picture's height and width without decoding it; (0, 0) where there is none to show."""
    try:
        encoded = comparison.encoded(run, step)
        return (0, 0) if encoded is None else size_of(encoded, comparison.runs[run].path)
    except (Damaged, OSError):
        return 0, 0


def tile(picture: Pixels | None, why: str, words: str, height: int, width: int) -> Pixels:
    """A picture in a box of at least `height` by `width` pixels, with a line of words below.

    Where there is none the box is grey and says why.
    """
    line = text.line_height()
    box = np.full((height + line + 4, width, 3), PAPER, np.uint8)
    if picture is None:
        box[:height] = BLANK
        lines = text.wrap(why, width - 12, lines=3)
        top = max(0, (height - len(lines) * line) // 2)
        for place, words_of_line in enumerate(lines):
            left = (width - text.width_of(words_of_line)) // 2
            text.write(box, left, top + place * line, words_of_line, colour=text.FAINT)
    else:
        box[: picture.shape[0], : picture.shape[1]] = picture
    text.write(box, 0, height + 2, words, width=width)
    return box


def beside(tiles: Sequence[Pixels]) -> Pixels:
    """Tiles of one height in a row."""
    gap = np.full((tiles[0].shape[0], GAP, 3), PAPER, np.uint8)
    row = [part for each in tiles for part in (each, gap)][:-1]
    return np.concatenate(row, axis=1)


def below(parts: Sequence[Pixels]) -> Pixels:
    """Parts of any width under each other, flush left."""
    width = max(part.shape[1] for part in parts)
    page = np.full((sum(part.shape[0] for part in parts), width, 3), PAPER, np.uint8)
    top = 0
    for part in parts:
        page[top : top + part.shape[0], : part.shape[1]] = part
        top += part.shape[0]
    return page


def heading(words: str, width: int, size: int = text.TITLE) -> Pixels:
    """One bold line."""
    line = np.full((text.line_height(size) + 4, width, 3), PAPER, np.uint8)
    text.write(line, 0, 2, words, width=width, size=size, bold=True)
    return line


def remarks(notes: Sequence[str], width: int) -> list[Pixels]:
    """Notes in the colour of a warning, wrapped."""
    parts = []
    for note in notes:
        for line in text.wrap(note, width, lines=4):
            part = np.full((text.line_height(), width, 3), PAPER, np.uint8)
            text.write(part, 0, 0, line, colour=WARNING)
            parts.append(part)
    return parts


def space(height: int = GAP) -> Pixels:
    """Empty paper."""
    return np.full((height, 1, 3), PAPER, np.uint8)


def framed(page: Pixels) -> Pixels:
    """A page with a margin."""
    return np.pad(page, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), constant_values=PAPER)
