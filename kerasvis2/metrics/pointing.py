"""Pointing games: whether a map lies on the object."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasvis2.metrics.maps import enlarged


def pointing_game(maps: Any, masks: Any, tolerance: int = 0) -> np.ndarray:
    """(N,) bool: whether the highest place of a map lies on the object.

    A map that is the same everywhere points nowhere, and misses.

    Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016,
    https://arxiv.org/abs/1608.00507.

    Args:
        maps: see `deletion`.
        masks: (N, H, W) bool, where the object is.
        tolerance: how many pixels beside it still count (15 in the paper).
    """
    masks = _masks(masks)
    n, height, width = masks.shape
    maps = enlarged(maps, n, height, width).reshape(n, -1)
    down, right = np.divmod(maps.argmax(1), width)
    top, left = np.mgrid[:height, :width]
    away = (top - down[:, None, None]) ** 2 + (left - right[:, None, None]) ** 2
    hit = ((away <= tolerance**2) & masks).any((1, 2))
    return hit & (maps.max(1) > maps.min(1))


def pointing_accuracy(maps: Any, masks: Any, tolerance: int = 0) -> float:
    """The share of images that win the `pointing_game`."""
    return float(pointing_game(maps, masks, tolerance).mean())


def energy_pointing_game(maps: Any, masks: Any) -> np.ndarray:
    """(N,) how much of a map's energy lies on the object: Σ inside / Σ everywhere.

    Negative values count as 0, as does a map without a positive one. What a map that knows
    nothing gets is the object's share of the image.

    Wang et al., "Score-CAM", CVPR Workshops 2020, https://arxiv.org/abs/1910.01279.

    Args:
        maps: see `deletion`.
        masks: (N, H, W) bool, where the object is.
    """
    masks = _masks(masks)
    energy = np.maximum(enlarged(maps, *masks.shape), 0)
    whole = energy.sum((1, 2))
    return (energy * masks).sum((1, 2)) / np.where(whole > 0, whole, 1)


def _masks(masks: Any) -> np.ndarray:
    masks = np.asarray(masks)
    if masks.ndim != 3:
        raise ValueError(f"masks of shape {masks.shape}: give (N, H, W), where the object is.")
    return masks.astype(bool)
