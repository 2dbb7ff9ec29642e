"""What form labels have, seen from the output that is trained on them."""

from __future__ import annotations

import numpy as np

VOID = (255, -1)  # in a label map, pixels that belong to no class
NONE = -2  # in a label map of classes that are each yes or no, pixels where all are no


def is_whole(values: np.ndarray) -> bool:
    """Whether all values are integers, of whatever dtype."""
    if values.dtype.kind in "biu":
        return True
    return values.dtype.kind in "fV" and bool((_numbers(values) % 1 == 0).all())


def fits(given: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    """Whether a shape is the wanted one, where None is any length."""
    return len(given) == len(wanted) and all(w in (None, g) for g, w in zip(given, wanted))


def form_of(labels: np.ndarray | None, shape: tuple[int | None, ...], has_units: bool) -> str:
    """One word for the form of labels.

    Args:
        labels: (N, …), or None.
        shape: the output's, without the batch.
        has_units: whether the output's last axis holds units, and is not one of space.

    Returns:
        "none"; for one unit "zero_one", "signs" (−1 and 1), "whole", "shares" (within 0…1) or
        "values"; for several "index" (a unit's, at each place), "beyond" (whole numbers, not all of
        them a unit's), "one_hot", "many_hot" (0 and 1), "soft" (shares that sum to 1), "shares" or
        "values"; "other" for another shape.
    """
    if labels is None or labels.dtype.kind not in "biufV":
        return "none"
    places = shape[:-1] if has_units else shape
    units = shape[-1] if has_units and shape else 1
    given = labels.shape[1:]
    single = fits(given, places) or fits(given, (*places, 1))
    if units == 1:
        return _single(_numbers(labels)) if single else "other"
    if fits(given, shape):
        return _several(_numbers(labels))
    if single:
        if not is_whole(labels):
            return "values"
        return "index" if _within(labels, units) else "beyond"
    return "other"


def _numbers(labels: np.ndarray) -> np.ndarray:
    return labels.astype(np.float32) if labels.dtype.kind == "V" else labels


def _single(labels: np.ndarray) -> str:
    if is_whole(labels):
        seen = set(np.unique(labels).tolist())
        if seen <= {0, 1} or (len(labels.shape) > 2 and seen <= {0, 1, *VOID}):
            return "zero_one"
        return "signs" if seen <= {-1, 1} else "whole"
    return "shares" if labels.min() >= 0 and labels.max() <= 1 else "values"


def _within(labels: np.ndarray, units: int | None) -> bool:
    """Whether each is the index of a unit, or void in a map."""
    named = (labels >= 0) & (labels < (units or np.inf))
    return bool((named | np.isin(labels, VOID)).all() if labels.ndim > 2 else named.all())


def _several(labels: np.ndarray) -> str:
    if labels.min() < 0 or labels.max() > 1:
        return "values"
    sums = labels.astype(np.float64).sum(axis=-1)
    if is_whole(labels):
        return "one_hot" if bool((sums == 1).all()) else "many_hot"
    return "soft" if np.allclose(sums, 1, atol=1e-2) else "shares"
