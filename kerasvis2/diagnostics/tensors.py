"""What is left of a layer on the device: `keras.ops` only, float32.

Shapes: activations (n, …, C), the space between the first and the last axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops


def pooled(values: Any) -> Any:
    """The mean over space: (n, C)."""
    space = _space(values)
    return ops.mean(values, axis=space) if space else values


def maxima(values: Any) -> Any:
    """The largest answer of each channel to each image: (n, C)."""
    space = _space(values)
    return ops.max(values, axis=space) if space else values


def positive_share(values: Any) -> Any:
    """Which share of each image's values is above 0: (n,)."""
    positive = ops.cast(values > 0, "float32")
    return ops.mean(positive, axis=tuple(range(1, len(values.shape))))


def norm(tensors: Sequence[Any]) -> Any:
    """The Euclidean norm of several tensors as one long vector: a scalar."""
    # Of each tensor's own largest value, as the square of a large float32 is infinite.
    tensors = [ops.cast(tensor, "float32") for tensor in tensors]
    largest = [ops.max(ops.abs(tensor)) for tensor in tensors]
    top = ops.max(ops.stack(largest))
    safe = ops.where(top > 0, top, 1.0)
    return top * ops.sqrt(sum(ops.sum(ops.square(tensor / safe)) for tensor in tensors))


def histogram(values: Any, bins: int) -> tuple[Any, Any, Any]:
    """(lowest, highest, counts (bins,)) of a tensor's finite values, in equal bins."""
    flat = ops.reshape(ops.cast(values, "float32"), (-1,))
    finite = ops.isfinite(flat)
    kept = ops.where(finite, flat, 0.0)
    low = ops.min(ops.where(finite, flat, np.inf))
    high = ops.max(ops.where(finite, flat, -np.inf))
    width = ops.where(high > low, high - low, 1.0)
    place = ops.cast(ops.floor((kept - low) / width * bins), "int32")
    place = ops.clip(place, 0, bins - 1)
    counts = ops.segment_sum(ops.cast(finite, "float32"), place, num_segments=bins)
    return low, high, counts


def _space(values: Any) -> tuple[int, ...]:
    return tuple(range(1, len(values.shape) - 1))
