"""Tokens of a text on the colours of what they add to the answer."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import paint
from kerasvis2.render.given import Given
from kerasvis2.render.page import INNER, PAPER
from kerasvis2.render.scale import as_float, in_units

_PAD = 3
_GAP = 3
_LINES = 12  # of one text at most
_LONGEST = 24  # letters of one token


def words_sheet(
    tokens: Sequence[Sequence[str | None]],
    maps: Any,
    *,
    signed: bool = True,
    **given: Any,
) -> tuple[np.ndarray, float]:
    """Each text as its tokens, in lines, each on the colour of its attribution.

    Args:
        tokens: For each of N texts its tokens; None or "" for padding, which is left out. What the
            font has no letter for is spelled out.
        maps: Float (N, T), T at least as long as the longest text.
        signed: Whether negative values are drawn, in the other colour.
        **given: `Given`'s. The scale is that of the tokens that are drawn.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.

    Raises:
        ValueError: If the shapes or the scale are none of these.
    """
    sheet = Given(signed=signed, **given)
    maps = as_float(maps)
    longest = max(map(len, tokens), default=0)
    if maps.ndim != 2 or len(maps) != len(tokens) or not len(maps) or maps.shape[1] < longest:
        raise ValueError(
            f"There are {len(tokens)} texts of up to {longest} tokens, and maps has shape "
            f"{maps.shape}; give one value a token, (N, T)."
        )
    present = np.zeros(maps.shape, bool)
    for row, words in zip(present, tokens):
        row[: len(words)] = [bool(word) for word in words]
    maps = np.where(present, maps, 0)  # Padding is not drawn, so it counts for nothing.
    scales = sheet.fit(maps)
    colours = paint(in_units(maps, scales), signed)

    def draw(index: int) -> np.ndarray:
        pairs = [(word, colour) for word, colour in zip(tokens[index], colours[index]) if word]
        return _lines(pairs)

    return sheet.stacked(maps, scales, draw, what="texts", notes=sheet.notes)


def _lines(pairs: Sequence[tuple[str, np.ndarray]]) -> np.ndarray:
    """Tokens from left to right, wrapped at the page's edge."""
    line = text.line_height()
    step = line + 2 * _PAD + _GAP
    picture = np.full((step * _LINES, INNER, 3), PAPER, np.uint8)
    left = top = 0
    for count, (word, colour) in enumerate(pairs):
        shown = text.clean(word) or "␣"
        shown = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
        shown = text.shorten(shown, INNER - 2 * _PAD)
        width = text.width_of(shown) + 2 * _PAD
        if left and left + width > INNER:
            left, top = 0, top + step
        if top >= step * _LINES:
            more = f"… and {len(pairs) - count} more"
            strip = np.full((line, INNER, 3), PAPER, np.uint8)
            text.write(strip, 0, 0, more, colour=text.FAINT)
            return np.concatenate([picture, strip])
        picture[top : top + line + 2 * _PAD, left : left + width] = colour
        ink = text.ink_on(colour)
        text.write(picture, left + _PAD, top + _PAD, shown, colour=ink)
        left += width + _GAP
    return picture[: max(top + step - _GAP, 1)]
