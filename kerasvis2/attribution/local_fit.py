"""A linear model of a score around one image, by weighted ridge regression."""

from __future__ import annotations

from typing import Any

from keras import ops

_WIDTH = 0.25  # of the kernel over cosine distances
_PENALTY = 1.0  # on squared coefficients, not on the intercept


def local_fit(visible: Any, scores: Any) -> tuple[Any, Any]:
    """What each part adds to the score, and how well that explains it.

    min over (c, c₀) of Σ_k π_k (s_k − c₀ − z_k·c)² + ‖c‖², π_k = exp(−d_k² / (2·0.25²)), with
    d_k = 1 − √(visible share of parts) the cosine distance of z_k to the whole image. The kernel
    and the penalty are those of the authors' package.

    Args:
        visible: (n, K, S) 1 where a part is visible in a sample, else 0. A part that never is has
            the coefficient 0.
        scores: (n, K) of the samples; the first one shows the whole image.

    Returns:
        (n, S) coefficients c and (n,) the weighted R² of the fit; 1 where the score never changes.
    """
    count = ops.sum(visible[:, :1], axis=-1)
    distance = 1 - ops.sqrt(ops.sum(visible, axis=-1) / count)
    weights = ops.exp(-(distance**2) / (2 * _WIDTH**2))[..., None]
    # Weighted means removed, the best intercept is 0.
    inputs, answers = _centred(visible, weights), _centred(scores[..., None], weights)
    turned = ops.transpose(weights * inputs, (0, 2, 1))
    gram = ops.matmul(turned, inputs) + _PENALTY * ops.eye(visible.shape[-1])
    found = ops.linalg.solve(gram, ops.matmul(turned, answers))
    rest = ops.sum(weights * (answers - ops.matmul(inputs, found)) ** 2, axis=(1, 2))
    total = ops.sum(weights * answers**2, axis=(1, 2))
    fit = ops.where(total > 0, 1 - rest / ops.where(total > 0, total, 1.0), 1.0)
    return found[..., 0], fit


def _centred(values: Any, weights: Any) -> Any:
    """(n, K, …) less their weighted mean."""
    mean = ops.sum(weights * values, axis=1, keepdims=True)
    return values - mean / ops.sum(weights, axis=1, keepdims=True)
