"""Units of a layer, as a user writes them: an index, several, or a direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.layers import LayerInfo, children


def check_unit(unit: Any, width: int) -> None:
    """Raises `ValueError` for what is no unit of a layer so wide."""
    if np.ndim(unit) == 0 or isinstance(unit, tuple):
        indices = np.atleast_1d(unit)
        whole = indices.dtype.kind in "iu" and len(indices) > 0
        if whole and indices.min() >= 0 and indices.max() < width:
            return
        raise ValueError(f"units: {unit!r} is no unit; the layer has the units 0 to {width - 1}.")
    if np.shape(unit) != (width,):
        raise ValueError(
            f"units: a direction of shape {np.shape(unit)}; the layer has {width} channels."
        )


def vectors(units: Sequence[Any], width: int) -> np.ndarray:
    """(U, C): what each unit's outputs are projected on."""
    rows = []
    for unit in units:
        if np.ndim(unit) == 0 or isinstance(unit, tuple):
            rows.append(np.eye(width)[np.atleast_1d(unit)].mean(0))
        else:
            rows.append(np.asarray(unit))
    return np.stack(rows).astype("float32")


def last_with_weights(infos: Sequence[LayerInfo]) -> list[LayerInfo]:
    """The layer whose units climb by default."""
    weighted = [info for info in infos if info.layer.weights and not children(info.layer)]
    return weighted[-1:] or list(infos[-1:])
