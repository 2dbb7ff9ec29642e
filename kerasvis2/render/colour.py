"""Numbers to colours: inferno for magnitudes, blue–white–red for signed values, magenta for NaN.

Maps as fine as photographs have their signed values around black: single pixels of red and blue on
white are next to white for the eye, and on black they are as bright as they are strong.

Red is more and blue is less; neither says that something is good or bad. What is wrong is framed
and written in orange, and nothing else is.
"""

from functools import lru_cache
from typing import Any

import numpy as np

NOT_A_NUMBER = (255, 0, 255)
"""In no map, so that a broken value is never taken for a weak or a strong one."""

WRONG = (200, 70, 0)
"""What is wrong, on every picture."""

RIGHT = (0, 92, 175)

NEUTRAL = (247, 247, 247)

# ColorBrewer's RdBu from its blue end to its red one, and the same idea from wrong to right.
DIVERGING = (
    (5, 48, 97),
    (33, 102, 172),
    (67, 147, 195),
    (146, 197, 222),
    (209, 229, 240),
    NEUTRAL,
    (253, 219, 199),
    (244, 165, 130),
    (214, 96, 77),
    (178, 24, 43),
    (103, 0, 31),
)
# From blue over black to orange: both sides equally light at equal distances from 0.
AROUND_BLACK = (
    (150, 214, 255),
    (84, 170, 242),
    (34, 125, 214),
    (22, 76, 156),
    (16, 36, 86),
    (10, 10, 12),
    (74, 20, 16),
    (150, 38, 18),
    (214, 80, 26),
    (248, 136, 52),
    (255, 196, 110),
)
_VERDICT = ((150, 48, 0), WRONG, (244, 165, 96), NEUTRAL, (140, 188, 224), RIGHT, (0, 56, 115))

FEW = 110
"""In so many steps from 0 to 1 a colour map looks the same, and leaves room for the colours of
words and thumbnails among the 256 of a small PNG."""

_LAST = 256  # The table's row for NaN.


def paint(units: Any, signed: bool) -> np.ndarray:
    """Colours for values in [0, 1], or in [−1, 1] where `signed`.

    Args:
        units: Float array of any shape; what lies outside is clipped, NaN gets its own colour.
        signed: Whether to use the diverging map, whose middle is neutral at exactly 0.

    Returns:
        A uint8 array with one more axis, of length 3.
    """
    return np.take(_table("signed" if signed else "plain"), rows_of(units, signed), axis=0)


def paint_fine(units: Any, signed: bool) -> np.ndarray:
    """As `paint`, for maps as fine as photographs: 0 is black where `signed`, too."""
    return np.take(_table("fine" if signed else "plain"), rows_of(units, signed), axis=0)


def in_steps(units: Any, signed: bool) -> np.ndarray:
    """Units in so few steps that a sheet of them has `FEW` + 1 colours; 0 is one of them."""
    steps = FEW // 2 if signed else FEW
    with np.errstate(invalid="ignore"):
        return np.round(np.asarray(units) * steps) / steps


def paint_verdict(units: Any) -> np.ndarray:
    """As `paint`, for values in [−1, 1] below which is wrong (orange) and above right (blue)."""
    return np.take(_table("verdict"), rows_of(units, True), axis=0)


def rows_of(units: Any, signed: bool) -> np.ndarray:
    """Rows of a table of 256 colours and a last one for NaN; 0 is row 127 where `signed`."""
    units = np.asarray(units)
    missing = np.isnan(units)
    with np.errstate(invalid="ignore"):
        # 255 steps where signed, so that 0 has a row of its own; 256 otherwise.
        rows = (np.clip(units, -1, 1) * 127 + 127.5) if signed else np.clip(units, 0, 1) * 255 + 0.5
        if missing.any():
            rows[missing] = _LAST
        return rows.astype(np.intp)


def grey_of(pictures: np.ndarray) -> np.ndarray:
    """The luma of uint8 (…, 3), by the weights of Rec. 601."""
    red, green, blue = np.moveaxis(pictures.astype(np.uint16), -1, 0)
    return ((77 * red + 150 * green + 29 * blue) >> 8).astype(np.uint8)


def is_dark(colour: Any) -> bool:
    """Whether words on a colour must be light to be read."""
    return bool(np.asarray(colour).astype(int) @ (299, 587, 114) < 128_000)


def between(stops: Any, count: int) -> np.ndarray:
    """So many colours on straight lines through stops at equal distances: float (count, 3)."""
    places = np.linspace(0, len(stops) - 1, count)
    return np.stack(
        [np.interp(places, np.arange(len(stops)), tones) for tones in np.transpose(stops)], axis=-1
    )


@lru_cache(maxsize=4)
def _table(name: str) -> np.ndarray:
    table = np.zeros((_LAST + 1, 3), np.uint8)
    if name == "plain":
        from matplotlib import colormaps

        table[:_LAST] = np.round(colormaps["inferno"](np.linspace(0, 1, _LAST))[:, :3] * 255)
    else:
        stops = {"signed": DIVERGING, "fine": AROUND_BLACK, "verdict": _VERDICT}[name]
        table[: _LAST - 1] = np.round(between(stops, _LAST - 1))
    table[_LAST] = NOT_A_NUMBER
    return table
