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


def positive_share(values: Any) -> Any:
    """Which share of each channel's values is above 0: (n, C)."""
    return pooled(ops.cast(values > 0, "float32"))


def squares(tensors: Sequence[Any]) -> Any:
    """The sum of all squares: a scalar."""
    return sum(ops.sum(ops.square(ops.cast(tensor, "float32"))) for tensor in tensors)


def flat(weights: Sequence[Any]) -> Any:
    """All values of all weights in one vector."""
    return ops.concatenate([ops.reshape(ops.cast(w, "float32"), (-1,)) for w in weights])


def squares_of_parts(values: Any, sizes: Sequence[int]) -> Any:
    """The sums of squares of the parts that lie one behind the other in a vector: (parts,)."""
    squared = ops.square(values)
    # Keras cannot split at no place.
    parts = ops.split(squared, np.cumsum(sizes)[:-1].tolist()) if len(sizes) > 1 else [squared]
    return ops.stack([ops.sum(part) for part in parts])


def _space(values: Any) -> tuple[int, ...]:
    return tuple(range(1, len(values.shape) - 1))
