"""Examples below one another, as wide as the page, each under a line of words."""

from collections.abc import Callable, Sequence

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.captions import place_said
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
    line = text.line_height() + 2 if words else 0
    edge = FRAME + _BAR
    height = line + block.shape[0]
    part = np.full((height + _GAP, INNER + 2 * edge, 3), PAPER, np.uint8)
    part[line:height, edge : edge + block.shape[1]] = block[:, :INNER]
    if missed:
        part[:height, :FRAME] = WRONG
    said = place_said(words) if missed else -1
    # Long words give way to what follows, so that no line is lost at the right.
    each = (INNER - (len(words) - 1) * _GAP) // max(1, len(words))
    spare = INNER - sum(text.width_of(text.clean(word)) + _GAP for word in words)
    left = edge
    for place, word in enumerate(words):
        crossed = place == said
        shown, colour = (f"✗ {word}", WRONG) if crossed else (text.clean(word), text.INK)
        if spare < 0:
            shown = text.shorten(shown, each, text.BODY, crossed)
        text.write(part, left, 0, shown, bold=crossed, colour=colour)
        left += text.width_of(shown, text.BODY, crossed) + _GAP
    return part
