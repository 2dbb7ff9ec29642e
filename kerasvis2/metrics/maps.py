"""Maps as the measures want them."""

from __future__ import annotations

from typing import Any

import numpy as np


def enlarged(maps: Any, n: int, height: int, width: int) -> np.ndarray:
    """Maps as float64 (N, H, W), channels summed."""
    from kerasvis2.render.resize import resize_maps

    maps = np.asarray(maps, "float64")
    if maps.ndim == 4:
        maps = maps.sum(-1)
    if maps.ndim != 3 or len(maps) != n:
        raise ValueError(f"maps of shape {maps.shape}: give one (h, w) map for each of {n} images.")
    if not np.isfinite(maps).all():
        raise ValueError("maps have NaN or infinite values in them.")
    return maps if maps.shape[1:] == (height, width) else resize_maps(maps, (height, width))
