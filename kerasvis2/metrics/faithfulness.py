"""Insertion and deletion: whether the pixels that a map finds important are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasvis2.metrics.maps import enlarged

Score = Callable[[np.ndarray, np.ndarray], Any]
_BATCH = 256  # images that a score function is given at a time, about


def probability(model: Any, classes: Any, batch_size: int = 256) -> Score:
    """The score function of a classifier that gives probabilities: that of each image's class.

    Args:
        model: a Keras model of one image input and one output (N, classes).
        classes: (N,) the class of each image.
        batch_size: images at a time.

    Returns:
        `score(images (m, …), rows (m,)) -> (m,)`, where rows says which of the N images each was
        made of.
    """
    classes = np.asarray(classes)

    def score(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
        answers = model.predict(images, batch_size=batch_size, verbose=0)
        return answers[np.arange(len(rows)), classes[rows]]

    return score


def deletion(
    score: Score, images: Any, maps: Any, *, baseline: Any = 0.0, steps: int = 50
) -> np.ndarray:
    """(N,) area under the score as the most important pixels are taken away first: low is good.

    Petsiuk et al., "RISE", BMVC 2018, https://arxiv.org/abs/1806.07421.

    Args:
        score: `score(images (m, …), rows (m,)) -> (m,)`, see `probability`.
        images: (N, H, W[, C]) as the model takes them.
        maps: (N, h, w), or (N, h, w, C) of which the channels are summed.
        baseline: what is put in a pixel's place, of a shape that broadcasts to the images; 0 by
            default, which is black only where the model's black is 0.
        steps: how many parts the pixels are taken away in.
    """
    curve = replacement_curve(score, images, baseline, maps, steps)
    return _area(curve)


def insertion(
    score: Score, images: Any, maps: Any, *, baseline: Any = None, steps: int = 50
) -> np.ndarray:
    """(N,) area under the score as the most important pixels are put in first: high is good.

    As `deletion`, the other way round.

    Args:
        score: see `deletion`.
        images: see `deletion`.
        maps: see `deletion`.
        baseline: what the pixels are put into; by default the images out of focus, in which no
            edge of the inserted pixels is more than is there.
        steps: see `deletion`.
    """
    if baseline is None:
        from kerasvis2.attribution.baseline import blurred

        baseline = np.asarray(blurred(np.asarray(images, "float32")))
    images = np.asarray(images, "float32")
    start = np.broadcast_to(np.asarray(baseline, "float32"), images.shape)
    curve = replacement_curve(score, start, images, maps, steps)
    return _area(curve)


def replacement_curve(score: Score, start: Any, end: Any, maps: Any, steps: int = 50) -> np.ndarray:
    """(N, steps + 1) scores as the pixels of `start` become those of `end`, highest map first.

    Pixels of the same value are taken in an order of chance, the same in every call.

    Args:
        score: see `deletion`.
        start: (N, H, W[, C]).
        end: of a shape that broadcasts to it.
        maps: see `deletion`.
        steps: at most the number of pixels.
    """
    start = np.asarray(start, "float32")
    end = np.broadcast_to(np.asarray(end, "float32"), start.shape)
    n, height, width = start.shape[:3]
    if steps < 1:
        raise ValueError(f"steps={steps!r}: give a number of steps, 1 or more.")
    steps = min(steps, height * width)
    places = _places(enlarged(maps, n, height, width))
    taken = np.round(np.linspace(0, height * width, steps + 1)).astype("int64")
    curve = np.empty((n, steps + 1), "float64")
    at_once = max(1, _BATCH // n)
    for first in range(0, steps + 1, at_once):
        some = taken[first : first + at_once]
        done = (places[:, None] < some[:, None, None]).reshape(n, len(some), *places.shape[1:])
        done = done if start.ndim == 3 else done[..., None]
        mixed = np.where(done, end[:, None], start[:, None]).reshape(-1, *start.shape[1:])
        rows = np.repeat(np.arange(n), len(some))
        answers = np.asarray(score(mixed, rows), "float64")
        curve[:, first : first + at_once] = answers.reshape(n, len(some))
    return curve


def _area(curve: np.ndarray) -> np.ndarray:
    """(N, points) → (N,) mean height by the trapezoidal rule."""
    return ((curve[:, 1:] + curve[:, :-1]) / 2).mean(1)


def _places(maps: np.ndarray) -> np.ndarray:
    """(N, H, W) → at which place each pixel comes, the highest value first."""
    n, count = len(maps), maps[0].size
    chance = np.random.default_rng(0).permutation(count)
    order = chance[np.argsort(-maps.reshape(n, count)[:, chance], axis=1, kind="stable")]
    places = np.empty((n, count), "int64")
    np.put_along_axis(places, order, np.arange(count)[None], axis=1)
    return places.reshape(maps.shape)
