"""Single numbers from features and weights; NumPy."""

from __future__ import annotations

import numpy as np


def effective_rank(features: np.ndarray) -> float:
    """exp of the entropy of the singular values, as shares of their sum.

    1 where all images look the same to a layer, up to min(N, C). NaN where a value is not finite
    or all are 0.

    Roy & Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO 2007.

    Args:
        features: (N, C).
    """
    if not np.isfinite(features).all():
        return float("nan")
    values = np.linalg.svd(np.asarray(features, np.float64), compute_uv=False)
    total = values.sum()
    if not total > 0:
        return float("nan")
    shares = values[values > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def update_ratio(change: float, size: float, steps: int) -> float:
    """log10(‖ΔW‖ / ‖W‖) of one optimizer step on the average.

    −3 is healthy. −inf where nothing moved, NaN where no step was made.

    Args:
        change: ‖ΔW‖ over all the steps.
        size: ‖W‖.
        steps: how many steps there were.
    """
    if steps <= 0:
        return float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.log10(np.float64(change) / np.float64(size) / steps)) if change else -np.inf


def margins(logits: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    """The true class's logit less the best other one's, (N,): above 0 where it is predicted.

    Args:
        logits: (N, classes), or (N, 1) of one unit for two classes, whose logit counts for class
            1 and against class 0.
        classes: (N,) the true classes; None for the predicted ones, whose margin is never below 0.
    """
    logits = np.asarray(logits, np.float64)
    if logits.shape[1] == 1:
        signed = logits[:, 0]
        return np.abs(signed) if classes is None else np.where(classes > 0, signed, -signed)
    if classes is None:
        classes = logits.argmax(axis=1)
    rows = np.arange(len(logits))
    others = logits.copy()
    others[rows, classes] = -np.inf
    return logits[rows, classes] - others.max(axis=1)


def confusion(true: np.ndarray, predicted: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How often each true class (rows) was taken for each class (columns): int (K, K).

    Args:
        true, predicted: (N,) class indices.
        classes: (K,) the classes in the order of rows and columns; pairs outside are left out.
    """
    return np.array([[((true == t) & (predicted == p)).sum() for p in classes] for t in classes])
