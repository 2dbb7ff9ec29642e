"""Reads the words of a picture: those that the page's own type would draw."""

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.page import INNER, MARGIN, PAPER, WIDTH, type_size


def says(sheet: np.ndarray, line: str) -> bool:
    """Whether a note (or its first line, where it is wrapped) stands below a page's title."""
    size = type_size(text.BODY, sheet.shape[1])
    room = max(INNER, sheet.shape[1] - (WIDTH - INNER))
    (words, *_) = text.wrap(line, room, 2, size)
    drawn = np.full((text.line_height(size), text.width_of(words, size), 3), PAPER, np.uint8)
    text.write(drawn, 0, 0, words, size=size, colour=text.FAINT)
    height, width = drawn.shape[:2]
    return any(
        np.array_equal(sheet[top : top + height, MARGIN : MARGIN + width], drawn)
        for top in range(min(300, len(sheet) - height))
    )
