"""A linear model of a score around one image, by weighted ridge regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

_WIDTH = 0.25  # of the kernel over cosine distances
_PENALTY = 1.0  # on squared coefficients, not on the intercept
_FOLDS = 5
_NOISE = 1e-10  # a variance of less, relative to the mean square, is rounding


def local_fit(visible: Any, scores: Any) -> tuple[Any, Any]:
    """What each part adds to the score, and how well that explains samples it was not fitted to.

    min over (c, c₀) of Σ_k π_k (s_k − c₀ − z_k·c)² + ‖c‖², π_k = exp(−d_k² / (2·0.25²)), with
    d_k = 1 − √(visible share of parts) the cosine distance of z_k to the whole image. The kernel
    and the penalty are those of the authors' package. Its R² is that of the very samples that were
    fitted, which few samples make high whatever they are; this one is held out: every fifth sample
    is predicted by a fit to the others, five times over.

    Args:
        visible: (n, K, S) 1 where a part is visible in a sample, else 0. A part that never is has
            the coefficient 0.
        scores: (n, K) of the samples; the first one shows the whole image.

    Returns:
        (n, S) coefficients c of the fit to all samples, and (n,) the held-out weighted R²: 1 for a
        perfect prediction, 0 for none better than the mean of the other samples, below 0 for a
        worse one; 1 where the score never changes.
    """
    count = ops.sum(visible[:, :1], axis=-1)
    distance = 1 - ops.sqrt(ops.sum(visible, axis=-1) / count)
    weights = ops.exp(-(distance**2) / (2 * _WIDTH**2))[..., None]
    answers = scores[..., None]
    found, _ = _ridge(visible, answers, weights)
    samples = visible.shape[1]
    folds = min(_FOLDS, samples)
    rest = total = 0.0
    for fold in range(folds):
        held = np.arange(samples) % folds == fold
        out = ops.convert_to_tensor(held.astype("float32")[None, :, None])
        fitted, (inputs, mean) = _ridge(visible, answers, weights * (1 - out))
        missed = answers - mean - ops.matmul(visible - inputs, fitted)
        rest = rest + ops.sum(weights * out * missed**2, axis=(1, 2))
        total = total + ops.sum(weights * out * (answers - mean) ** 2, axis=(1, 2))
    changes = total > _NOISE * ops.sum(weights * answers**2, axis=(1, 2))
    fit = ops.where(changes, 1 - rest / ops.where(changes, total, 1.0), 1.0)
    return found[..., 0], fit


def _ridge(visible: Any, answers: Any, weights: Any) -> tuple[Any, tuple[Any, Any]]:
    """(n, S, 1) coefficients, and the weighted means of inputs and answers."""
    means = _mean(visible, weights), _mean(answers, weights)
    # Less their weighted means, the best intercept is 0.
    inputs, targets = visible - means[0], answers - means[1]
    turned = ops.transpose(weights * inputs, (0, 2, 1))
    gram = ops.matmul(turned, inputs) + _PENALTY * ops.eye(visible.shape[-1], dtype="float32")
    return ops.linalg.solve(gram, ops.matmul(turned, targets)), means


def _mean(values: Any, weights: Any) -> Any:
    """The weighted mean of (n, K, …) over its samples, as (n, 1, …)."""
    return ops.sum(weights * values, axis=1, keepdims=True) / ops.sum(
        weights, axis=1, keepdims=True
    )
