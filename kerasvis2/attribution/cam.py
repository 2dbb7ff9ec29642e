"""Class activation maps: channels of a layer, weighted and summed.

Shapes: activations A and gradients g (N, h, w, C), weights (N, 1, 1, C), maps (N, h, w).
"""

from __future__ import annotations

from typing import Any

from keras import ops


def spatial_mean(values: Any) -> Any:
    """(N, h, w, C) → (N, 1, 1, C)."""
    return ops.mean(values, axis=(1, 2), keepdims=True)


def spatial_sum(values: Any) -> Any:
    """(N, h, w, C) → (N, 1, 1, C)."""
    return ops.sum(values, axis=(1, 2), keepdims=True)


def weighted_sum(weights: Any, activations: Any) -> Any:
    """Σ_k w_k·A_k, the map before the ReLU: (N, h, w)."""
    return ops.sum(weights * activations, axis=-1)


def grad_cam(activations: Any, gradients: Any) -> Any:
    """Grad-CAM: relu(Σ_k mean(g_k)·A_k)."""
    return ops.relu(weighted_sum(spatial_mean(gradients), activations))


def ratio(numerator: Any, denominator: Any) -> Any:
    """The quotient; 0 where the denominator is exactly 0, and unbiased everywhere else."""
    empty = ops.equal(denominator, 0)
    quotient = numerator / ops.where(empty, ops.ones_like(denominator), denominator)
    return ops.where(empty, ops.zeros_like(quotient), quotient)


def plus_plus_weights(activations: Any, gradients: Any) -> Any:
    """Grad-CAM++: Σ α⊙relu(g) with α = g²/(2g² + g³·ΣA).

    Divided by g², so that nothing is squared or cubed and small gradients do not vanish; where g
    is 0, so is relu(g), whatever α would be.
    """
    denominator = 2 + gradients * spatial_sum(activations)
    return spatial_sum(ratio(ops.relu(gradients), denominator))


def axiom_weights(activations: Any, gradients: Any) -> Any:
    """XGrad-CAM: Σ g⊙A / ΣA; 0 for a channel whose activations sum to 0."""
    return ratio(spatial_sum(gradients * activations), spatial_sum(activations))


def first_component(activations: Any) -> Any:
    """The projection of each place's channels onto the layer's first principal axis: A·v₁.

    v₁ is the first right singular vector of A seen as (h·w, C), not centred. It comes from the
    smaller of the two Gram matrices, C×C or h·w×h·w. Its sign is arbitrary; here it is such that
    the positive part of the map has at least the energy (sum of squares) of the negative part.
    """
    count, height, width, channels = activations.shape
    flat = ops.reshape(activations, (count, height * width, channels))
    finite = ops.all(ops.isfinite(flat), axis=(1, 2), keepdims=True)
    # Eigenvalues of NaN raise, and squares of very small or large numbers leave float32.
    top = ops.max(ops.abs(flat), axis=(1, 2), keepdims=True)
    scaled = ratio(ops.where(finite, flat, 0.0), ops.where(finite, top, 1.0))
    turned = ops.transpose(scaled, (0, 2, 1))
    if channels <= height * width:
        axis = _first_eigenvector(ops.matmul(turned, scaled))
    else:
        axis = ops.matmul(turned, _first_eigenvector(ops.matmul(scaled, turned)))
        axis = ratio(axis, ops.sqrt(ops.sum(axis * axis, axis=1, keepdims=True)))
    found = ops.matmul(scaled, axis)
    surplus = ops.sum(found * ops.abs(found), axis=1, keepdims=True)
    sign = ops.cast(ops.where(surplus < 0, -1.0, 1.0), "float32")
    found = ops.where(finite, found * sign * top, float("nan"))
    return ops.reshape(found, (count, height, width))


def _first_eigenvector(gram: Any) -> Any:
    """(N, n, n) symmetric → (N, n, 1) of the largest eigenvalue."""
    _, vectors = ops.linalg.eigh(gram)  # in rising order
    return vectors[..., -1:]
