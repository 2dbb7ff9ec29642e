"""Numbers to colours: inferno for magnitudes, blue–grey–red for signed values, magenta for NaN."""

from functools import lru_cache
from typing import Any

import numpy as np

NOT_A_NUMBER = (255, 0, 255)
"""In neither map, so that a broken value is never taken for a weak or a strong one."""

_NEUTRAL = (247, 247, 247)
_OPACITY = 0.7  # Below 1, so that weak heat can be seen at all.
_LAST = 256  # The table's row for NaN.


def paint(units: Any, signed: bool) -> np.ndarray:
    """Colours for values in [0, 1], or in [−1, 1] where `signed`.

    Args:
        units: Float array of any shape; what lies outside is clipped, NaN gets its own colour.
        signed: Whether to use the diverging map, whose middle is neutral at exactly 0.

    Returns:
        A uint8 array with one more axis, of length 3.
    """
    return np.take(_table(signed), _rows(units, signed), axis=0)


def paint_over(grey: np.ndarray, units: Any, signed: bool) -> np.ndarray:
    """Heat over a grey picture: all picture where the value is 0, all colour where it is full.

    Between the two the mixture rises with the value, and depends on nothing else.

    Args:
        grey: uint8 array of the shape of `units`.
        units: Float array in [0, 1], or in [−1, 1] where `signed`; NaN gets its own colour.
        signed: Whether to use the diverging map.

    Returns:
        A uint8 array with one more axis, of length 3.
    """
    rows = _rows(units, signed)
    kept = np.take(_kept(signed), rows) * grey
    return (np.take(_added(signed), rows, axis=0) + kept[..., None] + 0.5).astype(np.uint8)


def _rows(units: Any, signed: bool) -> np.ndarray:
    units = np.asarray(units)
    missing = np.isnan(units)
    with np.errstate(invalid="ignore"):
        # 255 steps where signed, so that 0 has a row of its own; 256 otherwise.
        rows = (np.clip(units, -1, 1) * 127 + 127.5) if signed else np.clip(units, 0, 1) * 255 + 0.5
        if missing.any():
            rows[missing] = _LAST
        return rows.astype(np.intp)


@lru_cache(maxsize=2)
def _table(signed: bool) -> np.ndarray:
    from matplotlib import colormaps

    colours = colormaps["RdBu_r" if signed else "inferno"](np.linspace(0, 1, 255 + (not signed)))
    table = np.zeros((_LAST + 1, 3), np.uint8)
    table[: len(colours)] = np.round(colours[:, :3] * 255)
    if signed:
        table[127] = _NEUTRAL
    table[_LAST] = NOT_A_NUMBER
    return table


@lru_cache(maxsize=2)
def _heat(signed: bool) -> np.ndarray:
    """The colours of an overlay: those of `paint`, less what could be taken for the picture.

    Inferno begins in black and ends almost in white; over a grey picture its warm part is told
    from dark and bright grounds alike.
    """
    from matplotlib import colormaps

    table = _table(signed).copy()
    if not signed:
        warm = colormaps["inferno"](np.linspace(0.25, 0.95, _LAST))
        table[:_LAST] = np.round(warm[:, :3] * 255)
    return table


@lru_cache(maxsize=2)
def _opacity(signed: bool) -> np.ndarray:
    units = np.abs(np.arange(_LAST + 1) - 127) / 127 if signed else np.arange(_LAST + 1) / 255
    units[_LAST] = 1
    return (np.minimum(units, 1) ** _OPACITY).astype(np.float32)


@lru_cache(maxsize=2)
def _kept(signed: bool) -> np.ndarray:
    return 1 - _opacity(signed)


@lru_cache(maxsize=2)
def _added(signed: bool) -> np.ndarray:
    return _heat(signed) * _opacity(signed)[:, None]
