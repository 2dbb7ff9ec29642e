"""Labels as class indices, whatever form they are given in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.tasks.forms import VOID, is_whole
from kerasvis2.tasks.maps import majority

__all__ = ["VOID", "class_indices", "is_whole", "named_indices"]


def class_indices(labels: np.ndarray) -> np.ndarray | None:
    """(N,) int64 class indices, or None where labels name no single class per example.

    Args:
        labels: integers (N,) or (N, 1), also as floats; one-hot or soft labels (N, classes) whose
            rows sum to 1, of which the largest counts; label maps (N, H, W) or (N, H, W, 1), of
            which the most frequent class counts, but not 255 and -1; one-hot label maps
            (N, H, W, classes) alike.
    """
    if labels.ndim == 4 and labels.shape[-1] > 1:
        if not _sums_to_one(labels):
            return None
        return majority(labels.argmax(axis=-1))
    if labels.ndim in (2, 4) and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if labels.ndim == 2:
        return labels.argmax(axis=-1).astype(np.int64) if _sums_to_one(labels) else None
    if labels.ndim not in (1, 3) or not is_whole(labels):
        return None
    whole = labels.astype(np.int64)
    return whole if labels.ndim == 1 else majority(whole)


def named_indices(labels: np.ndarray, names: Sequence[str] | None, argument: str) -> np.ndarray:
    """Labels that are strings as places in the class names; others as they are."""
    if labels.dtype.kind not in "US":
        return labels
    words = np.char.decode(labels, "utf-8") if labels.dtype.kind == "S" else labels
    if names is None:
        raise ValueError(
            f"{argument} are names ({str(words.flat[0])!r}, …); give class_names=, the name of "
            "class 0 first, in the order in which the model was trained on them."
        )
    places: dict[Any, int] = {name: place for place, name in enumerate(names)}
    unknown = sorted({str(word) for word in words.flat if str(word) not in places})
    if unknown:
        raise ValueError(
            f"{argument} name {', '.join(map(repr, unknown[:5]))}, which class_names "
            f"{list(names)[:10]} does not hold."
        )
    found = np.array([places[str(word)] for word in words.flat], np.int64).reshape(words.shape)
    found.setflags(write=False)
    return found


def _sums_to_one(labels: np.ndarray) -> bool:
    if labels.dtype.kind not in "biuf" or labels.shape[-1] == 0 or (labels < 0).any():
        return False
    return bool(np.allclose(labels.astype(np.float64).sum(axis=-1), 1, atol=1e-2))
