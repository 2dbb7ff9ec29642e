"""Heat over a photograph, in colours whose brightness is the value's whatever lies beneath.

The photograph is drawn in a range of middle greys that narrows as the heat rises. Over the same
grey a larger value is never darker; values a quarter of the scale apart keep their order over any
two greys. Thin lines run along ¼, ½ and ¾ of the scale.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from kerasvis2.render.colour import NOT_A_NUMBER, grey_of, rows_of
from kerasvis2.render.resize import HIGH

MIDDLE = 128
"""The grey in whose middle a legend is painted."""

# The colour over middle grey, and the width of the photograph's range, at each quarter of the
# scale. Chosen so that the promise above holds by luma (Rec. 601 and 709) and by luminance.
_WARM = (
    ((72, 72, 72), 82),
    ((206, 118, 86), 36),
    ((246, 158, 90), 14),
    ((253, 203, 108), 5),
    ((255, 244, 160), 0),
)
_COLD_TO_WARM = (
    ((0, 16, 84), 0),
    ((8, 38, 112), 2),
    ((20, 60, 138), 4),
    ((40, 78, 142), 16),
    ((118, 118, 118), 54),
    ((214, 152, 118), 20),
    ((244, 176, 122), 9),
    ((253, 204, 140), 4),
    ((255, 234, 176), 0),
)
_LINE = 150  # How thick a contour's ink is, of 255.
_FINEST = 40  # A drawn map with fewer pixels on its longer side has no room for lines,
_BUSY = 0.12  # and where more of the pixels than this would be lines, they hide what they bound.


def paint_over(grey: np.ndarray, units: Any, signed: bool) -> np.ndarray:
    """Heat over a grey picture, without lines.

    Args:
        grey: uint8 array of the shape of `units`.
        units: Float array in [0, 1], or in [−1, 1] where `signed`; NaN gets its own colour.
        signed: Whether negative values are drawn, dark and blue.

    Returns:
        A uint8 array with one more axis, of length 3.
    """
    return np.take(_table(signed), rows_of(units, signed) * 256 + grey, axis=0)


def overlay(pictures: np.ndarray, units: np.ndarray, signed: bool) -> np.ndarray:
    """Heat with its contour lines over uint8 pictures (N, H, W, 3), for units (N, H, W)."""
    painted = paint_over(grey_of(pictures), units, signed)
    if max(units.shape[1:]) >= _FINEST:
        _draw_lines(painted, units)
    return painted


def levels_of(units: np.ndarray) -> np.ndarray:
    """How many of ¼, ½, ¾ each value has reached, counted downwards below 0; NaN has reached 0."""
    with np.errstate(invalid="ignore"):
        quarters = np.trunc(np.where(np.isnan(units), 0, units) * 4).astype(np.int8)
    return np.clip(quarters, -3, 3)


def _draw_lines(painted: np.ndarray, units: np.ndarray) -> None:
    """One pixel wide, on the side that is nearer to 0, unless they were everywhere; in place."""
    levels = levels_of(units)
    missing = np.isnan(units)
    sizes = np.abs(levels)
    edge = np.zeros(levels.shape, bool)
    for one, other in (
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[:, :, 1:], np.s_[:, :, :-1]),
    ):
        differ = (levels[one] != levels[other]) & ~missing[one] & ~missing[other]
        lower = sizes[one] < sizes[other]
        edge[one] |= differ & lower
        edge[other] |= differ & ~lower
    edge[edge.mean(axis=(1, 2)) > _BUSY] = False
    below = np.zeros_like(edge) if not (levels < 0).any() else edge & (units < 0)
    for mask, tone in ((edge & ~below, 16), (below, 235)):
        mixed = painted[mask].astype(np.uint16) * (255 - _LINE) + tone * _LINE
        painted[mask] = (mixed // 255).astype(np.uint8)


@lru_cache(maxsize=2)
def _table(signed: bool) -> np.ndarray:
    """Colours by row of the value and grey: uint8 (257 · 256, 3)."""
    stops = _COLD_TO_WARM if signed else _WARM
    count = 255 if signed else 256
    places = np.linspace(0, len(stops) - 1, count)
    at = np.arange(len(stops))
    tones = np.array([colour for colour, _ in stops])
    base = np.stack([np.interp(places, at, tones[:, channel]) for channel in range(3)], axis=-1)
    width = np.interp(places, at, [width for _, width in stops])
    grey = (np.arange(256) - 127.5) / 255
    exact = base[:, None] + (width[:, None] * grey)[..., None]
    table = np.zeros((257, 256, 3), np.uint8)
    table[:count] = np.clip(np.round(exact), 0, 255)
    table[:count] &= HIGH  # as of photographs that were resized: a third fewer bytes
    zero = count // 2 if signed else 0  # Grey, as it is: what rounding makes of others gives way.
    for row in range(zero + 1, count):
        darker = (_brightness(table[row]) < _brightness(table[row - 1])).any(-1)
        table[row, darker] = table[row - 1, darker]
    for row in range(zero - 1, -1, -1):
        brighter = (_brightness(table[row]) > _brightness(table[row + 1])).any(-1)
        table[row, brighter] = table[row + 1, brighter]
    table[256] = NOT_A_NUMBER
    return table.reshape(-1, 3)


def _brightness(colours: np.ndarray) -> np.ndarray:
    """Luma by Rec. 601, luma by Rec. 709, and relative luminance of uint8 (…, 3)."""
    units = colours / 255
    linear = np.where(units <= 0.04045, units / 12.92, ((units + 0.055) / 1.055) ** 2.4)
    weights = np.array([0.2126, 0.7152, 0.0722])
    return np.stack([units @ [0.299, 0.587, 0.114], units @ weights, linear @ weights], axis=-1)
