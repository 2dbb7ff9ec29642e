"""Class activation maps: channels of a layer, weighted and summed.

Shapes: activations and gradients (N, h, w, C), weights (N, 1, 1, C), maps (N, h, w).
"""

from __future__ import annotations

from typing import Any

from keras import ops


def spatial_mean(values: Any) -> Any:
    """(N, h, w, C) → (N, 1, 1, C)."""
    return ops.mean(values, axis=(1, 2), keepdims=True)


def weighted_sum(weights: Any, activations: Any) -> Any:
    """Σ_k w_k·A_k, the map before the ReLU: (N, h, w)."""
    return ops.sum(weights * activations, axis=-1)
