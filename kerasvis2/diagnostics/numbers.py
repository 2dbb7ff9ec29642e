"""Single numbers from features and weights; NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

BLOCK = 2**20  # values of a weight that are counted at once


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
            −1 for none of them: NaN.
    """
    logits = np.asarray(logits, np.float64)
    if logits.shape[1] == 1:
        signed = logits[:, 0]
        if classes is None:
            return np.abs(signed)
        return np.where(classes < 0, np.nan, np.where(classes > 0, signed, -signed))
    if classes is None:
        classes = logits.argmax(axis=1)
    rows = np.arange(len(logits))
    others = logits.copy()
    others[rows, classes] = -np.inf
    return np.where(classes < 0, np.nan, logits[rows, classes] - others.max(axis=1))


def confusion(true: np.ndarray, predicted: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How often each true class (rows) was taken for each class (columns): int (K, K).

    Args:
        true, predicted: (N,) class indices.
        classes: (K,) the classes in the order of rows and columns; pairs outside are left out.
    """
    return np.array([[((true == t) & (predicted == p)).sum() for p in classes] for t in classes])


@dataclass(frozen=True)
class Distribution:
    """How the values of a weight are spread; the figures are those of its finite values.

    Attributes:
        buckets: (k, 3) lower edge, upper edge and count, of equal width.
        lowest, highest, mean, spread: spread is the standard deviation; NaN where none is finite.
        zeros: the share of all values that are 0.
        broken: how many are NaN or infinite.
    """

    buckets: np.ndarray
    lowest: float
    highest: float
    mean: float
    spread: float
    zeros: float
    broken: int


def distribution(values: np.ndarray, bins: int) -> Distribution:
    """Counts the finite values in `bins` buckets, from the lowest to the highest one.

    Args:
        values: (n,) with n > 0.
        bins: how many buckets; one where all values are equal.
    """
    blocks = [values[i : i + BLOCK] for i in range(0, values.size, BLOCK)]
    zeros = 1 - sum(map(np.count_nonzero, blocks)) / values.size
    known, low, high, total = 0, np.inf, -np.inf, 0.0
    for block in map(_finite, blocks):
        if block.size:
            known += block.size
            low, high = min(low, float(block.min())), max(high, float(block.max()))
            total += float(block.sum())
    if not known:
        nan = float("nan")
        return Distribution(np.zeros((0, 3)), nan, nan, nan, nan, zeros, values.size)
    mean = total / known
    counts: Any = 0
    squares = 0.0
    for block in map(_finite, blocks):
        more, edges = np.histogram(block, bins if high > low else 1, (low, high))
        counts = counts + more
        squares += float(np.square(block - mean).sum())
    found = np.stack([edges[:-1], edges[1:], counts], axis=1)
    spread = float(np.sqrt(squares / known))
    return Distribution(found, low, high, mean, spread, zeros, values.size - known)


def _finite(block: np.ndarray) -> np.ndarray:
    block = block.astype(np.float64)  # what float32 holds can be too far apart, or too close
    finite = np.isfinite(block)
    return block if finite.all() else block[finite]
