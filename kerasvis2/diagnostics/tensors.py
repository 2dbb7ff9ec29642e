"""What is left of a layer on the device: `keras.ops` only, float32.

Shapes: activations (n, …, C), the space between the first and the last axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

MOST_VALUES = 4_000_000  # of weights that are counted at once


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


def squares(tensors: Sequence[Any]) -> Any:
    """The sum of all squares: a scalar."""
    return sum(ops.sum(ops.square(ops.cast(tensor, "float32"))) for tensor in tensors)


def histograms(weights: Sequence[Any], bins: int) -> tuple[Any, Any]:
    """How the finite values of each weight are spread.

    Many weights are counted at once: a handful of operations a weight would take longer to trace
    than a large model itself.

    Args:
        weights: W tensors of any shapes.
        bins: how many equal buckets between a weight's lowest and highest value.

    Returns:
        (W, bins) int32 counts, and (W, 6) float32: lowest, highest, mean, standard deviation,
        share of zeros, number of values that are not finite.
    """
    counts, facts = [], []
    for group in _groups(weights):
        found = _histograms(group, bins)
        counts.append(found[0])
        facts.append(found[1])
    return ops.concatenate(counts), ops.concatenate(facts)


def _histograms(weights: Sequence[Any], bins: int) -> tuple[Any, Any]:
    count = len(weights)
    sizes = [math.prod(weight.shape) for weight in weights]
    flat = ops.concatenate([ops.reshape(ops.cast(w, "float32"), (-1,)) for w in weights])
    owner = ops.repeat(ops.arange(count, dtype="int32"), np.array(sizes, "int32"))

    def total(values: Any) -> Any:
        return ops.segment_sum(ops.cast(values, "float32"), owner, sorted=True)

    def highest(values: Any) -> Any:
        return ops.segment_max(ops.where(finite, values, -np.inf), owner, sorted=True)

    finite = ops.isfinite(flat)
    kept = ops.where(finite, flat, 0.0)
    low, high = -highest(-flat), highest(flat)
    per_value = ops.where(high > low, bins / ops.where(high > low, high - low, 1.0), 0.0)
    place = ops.floor((kept - ops.take(low, owner)) * ops.take(per_value, owner))
    place = ops.cast(ops.clip(place, 0, bins - 1), "int32")
    counts = ops.segment_sum(ops.cast(finite, "int32"), owner * bins + place, count * bins)
    many = np.array(sizes, "float32")
    bad = many - total(finite)
    known = ops.maximum(many - bad, 1.0)
    mean = total(kept) / known
    apart = ops.where(finite, flat - ops.take(mean, owner), 0.0)
    spread = ops.sqrt(total(ops.square(apart)) / known)
    zeros = total(ops.equal(flat, 0)) / many
    return ops.reshape(counts, (count, bins)), ops.stack([low, high, mean, spread, zeros, bad], 1)


def _groups(weights: Sequence[Any]) -> list[list[Any]]:
    """Neighbours together, so long as their values are not too many to hold several times."""
    groups: list[list[Any]] = []
    room = 0
    for weight in weights:
        size = math.prod(weight.shape)
        if size > room:
            groups.append([])
            room = MOST_VALUES
        groups[-1].append(weight)
        room -= size
    return groups


def _space(values: Any) -> tuple[int, ...]:
    return tuple(range(1, len(values.shape) - 1))
