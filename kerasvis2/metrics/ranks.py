"""Rank correlation."""

from __future__ import annotations

from typing import Any

import numpy as np


def spearman(a: Any, b: Any) -> np.ndarray:
    """(N,) Spearman's rank correlation of each image's two maps; NaN where one is constant.

    Pearson's correlation of the ranks; values that are equal share the mean of their ranks.

    Args:
        a: (N, …).
        b: of the same shape.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.ndim < 2:
        raise ValueError(f"Maps of shapes {a.shape} and {b.shape}: give two of one shape (N, …).")
    x, y = (_ranks(maps.reshape(len(maps), -1)) for maps in (a, b))
    x, y = x - x.mean(1, keepdims=True), y - y.mean(1, keepdims=True)
    spread = np.sqrt((x * x).sum(1) * (y * y).sum(1))
    return np.where(spread > 0, (x * y).sum(1) / np.where(spread > 0, spread, 1), np.nan)


def _ranks(values: np.ndarray) -> np.ndarray:
    """(N, count) → ranks from 0, equal values with their mean rank."""
    ranks = np.empty(values.shape)
    for image, row in enumerate(values):
        _, which, times = np.unique(row, return_inverse=True, return_counts=True)
        ranks[image] = (np.cumsum(times) - (times + 1) / 2)[which]
    return ranks
