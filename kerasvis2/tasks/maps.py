"""Label maps: which class has most of one, and how far two agree."""

from __future__ import annotations

import numpy as np

from kerasvis2.tasks.forms import NONE, VOID


def of_labels(labels: np.ndarray, shape: tuple[int, ...], units: int) -> np.ndarray | None:
    """(N, *space) class of each place, or None where the labels are no map of this shape.

    Args:
        labels: class indices (N, *space) or (N, *space, 1), or one-hot (N, *space, units).
        shape: (N, *space).
        units: the output's units.
    """
    if units > 1 and labels.shape == (*shape, units):
        return labels.argmax(axis=-1).astype(np.int64)
    if labels.shape == (*shape, 1):
        labels = labels[..., 0]
    return labels.astype(np.int64) if labels.shape == shape else None


def of_several(labels: np.ndarray, guess: np.ndarray | None = None) -> np.ndarray:
    """(N, *space) class of each place by labels (N, *space, units) that are each yes or no.

    Where several are yes it is the predicted one if that is among them, else the first.
    """
    yes = labels > 0.5
    found = np.where(yes.any(axis=-1), yes.argmax(axis=-1), NONE)
    if guess is None:
        return found
    right = np.take_along_axis(yes, np.maximum(guess, 0)[..., np.newaxis], axis=-1)[..., 0]
    return np.where(right & (guess >= 0), guess, found)


def majority(maps: np.ndarray) -> np.ndarray:
    """(N,) the class that most places of each map have; −1 where all are void (255, −1).

    Class 0 is taken like any other: it is the answer where it wins, but not in a tie. No class at
    all, `NONE`, is the answer where there is nothing else.
    """
    found = np.full(len(maps), -1, np.int64)
    for i, values in enumerate(maps):
        classes, counts = np.unique(values[~np.isin(values, VOID)], return_counts=True)
        if len(classes) > 1 and classes[0] == NONE:
            classes, counts = classes[1:], counts[1:]
        if len(classes):
            found[i] = classes[np.flatnonzero(counts == counts.max())[-1]]
    return found


def share(maps: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """(N,) what part of each map's places, without void ones, has a class."""
    axes = tuple(range(1, maps.ndim))
    counted = ~np.isin(maps, VOID)
    has = (maps == classes.reshape(-1, *(1 for _ in axes))) & counted
    return has.sum(axis=axes) / np.maximum(counted.sum(axis=axes), 1)


def iou(predicted: np.ndarray, true: np.ndarray, *, one_object: bool = False) -> np.ndarray:
    """(N,) intersection over union of each map with its truth; NaN where all of that is void.

    Args:
        predicted: (N, *space) classes.
        true: (N, *space) classes; void places (255, −1) are left out.
        one_object: of class 1 alone (1 where neither map has any); otherwise the mean over the
            classes that stand in either map, `NONE` being none of them.
    """
    found = np.zeros(len(true))
    for i, (guess, truth) in enumerate(zip(predicted, true)):
        counted = ~np.isin(truth, VOID)
        if not counted.any():
            found[i] = np.nan
            continue
        guess, truth = guess[counted], truth[counted]
        classes = np.array([1]) if one_object else np.union1d(guess, truth)
        classes = classes[classes != NONE]
        ratios = [
            1.0 if not either.any() else float((both & either).sum() / either.sum())
            for both, either in (
                ((guess == c) & (truth == c), (guess == c) | (truth == c)) for c in classes
            )
        ]
        found[i] = np.mean(ratios) if ratios else 1.0
    return found
