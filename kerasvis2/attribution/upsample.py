"""Bilinear enlargement written as matrices, which batches, crops and shifts at no cost."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops


def hat(places: Any, count: int) -> Any:
    """(…, length) places between `count` samples → (…, length, count) bilinear weights.

    Sample j lies at place j; beyond the first and the last the edge is extended.
    """
    places = ops.clip(places, 0.0, count - 1.0)[..., None]
    samples = ops.arange(count, dtype="float32")
    return ops.relu(1.0 - ops.abs(places - samples))


def upsampled(maps: Any, height: int, width: int) -> Any:
    """(n, h, w, k) → (n, k, height, width), bilinear, pixel centres in line."""
    rows, columns = (
        hat((np.arange(large, dtype="float32") + 0.5) * (small / large) - 0.5, small)
        for large, small in zip((height, width), maps.shape[1:3])
    )
    tall = ops.einsum("yi,nijk->nkyj", rows, maps)
    return ops.einsum("nkyj,xj->nkyx", tall, columns)


def from_0_to_1(maps: Any) -> Any:
    """(…, H, W) shifted and scaled so that each map spans 0…1; 0 where it is flat."""
    low = ops.min(maps, axis=(-2, -1), keepdims=True)
    high = ops.max(maps, axis=(-2, -1), keepdims=True)
    # What differs by rounding alone is flat.
    flat = high - low <= 1e-5 * ops.maximum(ops.abs(low), ops.abs(high))
    return ops.where(flat, 0.0, (maps - low) / ops.where(flat, 1.0, high - low))
