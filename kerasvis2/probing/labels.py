"""Labels as class indices, whatever form they are given in."""

from __future__ import annotations

import numpy as np

VOID = (255, -1)  # pixels of a label map that belong to no class


def is_whole(labels: np.ndarray) -> bool:
    """Whether all values are integers, of whatever dtype."""
    if labels.dtype.kind in "biu":
        return True
    return labels.dtype.kind == "f" and bool((labels == np.round(labels)).all())


def class_indices(labels: np.ndarray) -> np.ndarray | None:
    """(N,) int64 class indices, or None where labels name no single class per image.

    Args:
        labels: integers (N,) or (N, 1), also as floats; one-hot or soft labels (N, classes) whose
            rows sum to 1, of which the largest counts; label maps (N, H, W) or (N, H, W, 1), of
            which the most frequent class but 0, 255 and -1 counts (0 where there is no other);
            one-hot label maps (N, H, W, classes) alike.
    """
    if labels.ndim == 4 and labels.shape[-1] > 1:
        if not _sums_to_one(labels):
            return None
        return _most_frequent(labels.argmax(axis=-1))
    if labels.ndim in (2, 4) and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if labels.ndim == 2:
        return labels.argmax(axis=-1).astype(np.int64) if _sums_to_one(labels) else None
    if labels.ndim not in (1, 3) or not is_whole(labels):
        return None
    whole = labels.astype(np.int64)
    return whole if labels.ndim == 1 else _most_frequent(whole)


def _sums_to_one(labels: np.ndarray) -> bool:
    if labels.dtype.kind not in "biuf" or (labels < 0).any():
        return False
    return bool(np.allclose(labels.astype(np.float64).sum(axis=-1), 1, atol=1e-2))


def _most_frequent(maps: np.ndarray) -> np.ndarray:
    """(N,) the most frequent class of each map; 0 only where there is no other."""
    found = np.zeros(len(maps), np.int64)
    for image, values in enumerate(maps):
        classes, counts = np.unique(
            values[(values != 0) & ~np.isin(values, VOID)], return_counts=True
        )
        if len(classes):
            found[image] = classes[counts.argmax()]
    return found
