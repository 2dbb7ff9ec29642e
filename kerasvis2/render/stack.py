"""Examples below one another, as wide as the page, each under a line of words."""

from collections.abc import Callable, Sequence

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.captions import place_said, squeezed
from kerasvis2.render.colour import WRONG
from kerasvis2.render.mosaic import FRAME
from kerasvis2.render.page import INNER, LONGEST, MARGIN, PAPER, Legend, head_height, page

_GAP = 14
_BAR = 4  # How far a wrong example's bar lies from it.


def stacked_page(
    count: int,
    draw: Callable[[int], np.ndarray],
    *,
    title: str,
    how: str = "",
    notes: Sequence[str] = (),
    legend: Legend | None = None,
    captions: Sequence[Sequence[str]] = (),
    wrong: Sequence[bool] | None = None,
    what: str = "examples",
) -> np.ndarray:
    """As many examples as a sheet holds, and a note of how many that are.

    A wrong prediction has a bar at the left of its example and a cross before the words that state
    it.

    Args:
        count: How many examples there are.
        draw: Draws one of them: uint8 (height, at most `INNER`, 3).
        what: What they are called, in the plural.
    """
    room = LONGEST - MARGIN - head_height(title, how, [*notes, ""], legend)
    parts: list[np.ndarray] = []
    for index in range(count):
        words = captions[index] if index < len(captions) else ()
        missed = wrong is not None and bool(wrong[index])
        part = _part(draw(index), words, missed)
        if parts and sum(map(len, parts)) + len(part) - _GAP > room:
            break
        parts.append(part)
    if len(parts) < count:
        notes = [*notes, f"{len(parts)} of {count} {what}"]
    body = np.concatenate(parts)[:-_GAP] if parts else np.empty((0, 1, 3), np.uint8)
    body = body[: max(room, 1)]
    return page(body, title=title, how=how, notes=notes, legend=legend, bleed=FRAME + _BAR)


def _part(block: np.ndarray, words: Sequence[str], missed: bool) -> np.ndarray:
    said = place_said(words) if missed else -1
    rows = _in_rows([f"✗ {word}" if i == said else word for i, word in enumerate(words)], said)
    line = text.line_height()
    above = len(rows) * line + 2 if rows else 0
    edge = FRAME + _BAR
    height = above + block.shape[0]
    part = np.full((height + _GAP, INNER + 2 * edge, 3), PAPER, np.uint8)
    part[above:height, edge : edge + block.shape[1]] = block[:, :INNER]
    if missed:
        part[:height, :FRAME] = WRONG
    for row, placed in enumerate(rows):
        left = edge
        for word, crossed in placed:
            colour = WRONG if crossed else text.INK
            text.write(part, left, row * line, word, bold=crossed, colour=colour)
            left += text.width_of(word, text.BODY, crossed) + _GAP
    return part


def _in_rows(words: Sequence[str], said: int) -> list[list[tuple[str, bool]]]:
    """Words, and whether each is the crossed one, in as many lines as the page's width asks for."""
    rows: list[list[tuple[str, bool]]] = []
    left = 0
    for place, word in enumerate(words):
        shown = squeezed(word, INNER, text.BODY, place == said)
        wide = text.width_of(shown, text.BODY, place == said) + _GAP
        if not rows or left + wide - _GAP > INNER:
            rows.append([])
            left = 0
        rows[-1].append((shown, place == said))
        left += wide
    return rows
