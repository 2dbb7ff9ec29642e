"""From a model's input units to the [0, 1] of a picture, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Bounds = tuple[float, float]


@dataclass(frozen=True)
class Range:
    """Inputs that lie between `low` (black) and `high` (white)."""

    low: float
    high: float

    @property
    def bounds(self) -> Bounds | None:
        return self.low, self.high

    def forward(self, x: np.ndarray) -> np.ndarray:
        return (np.asarray(x, np.float32) - self.low) / (self.high - self.low)

    def backward(self, shown: np.ndarray) -> np.ndarray:
        return self.low + np.asarray(shown, np.float32) * (self.high - self.low)


@dataclass(frozen=True, eq=False)
class Affine:
    """shown = x · matrix + offset for each pixel: scaled, shifted, and channels reordered.

    Attributes:
        matrix: (input channels, shown channels).
        offset: (shown channels,).
    """

    matrix: np.ndarray
    offset: np.ndarray

    @property
    def bounds(self) -> Bounds | None:
        return None

    def forward(self, x: np.ndarray) -> np.ndarray:
        return (np.asarray(x, np.float32) @ self.matrix + self.offset).astype(np.float32)

    def backward(self, shown: np.ndarray) -> np.ndarray:
        if np.linalg.matrix_rank(self.matrix) < self.matrix.shape[0]:
            raise ValueError(
                f"display shows fewer colours ({self.matrix.shape[1]}) than the input has channels "
                f"({self.matrix.shape[0]}), so it cannot be inverted."
            )
        shown = np.asarray(shown, np.float64)
        return ((shown - self.offset) @ np.linalg.pinv(self.matrix)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Function:
    """A user's callable from a batch in the model's units to a batch in [0, 1].

    Attributes:
        function: the callable.
        sample: the probe's inputs, to learn from what the function does to a pixel.
    """

    function: Callable[[np.ndarray], Any]
    sample: np.ndarray

    @property
    def bounds(self) -> Bounds | None:
        return None

    def forward(self, x: np.ndarray) -> np.ndarray:
        # A copy, since Keras's own preprocessing functions write into what they are given.
        return np.asarray(self.function(np.array(x)), np.float32)

    def backward(self, shown: np.ndarray) -> np.ndarray:
        if self.sample.ndim == 3:  # grey without a channel axis, neither here nor in the result
            lifted = Function(lambda x: self.function(x[..., 0]), self.sample[..., np.newaxis])
            return lifted.backward(np.asarray(shown)[..., np.newaxis])[..., 0]
        fitted = fit_affine(self.forward, self.sample)
        if fitted is None:
            raise ValueError(
                "display is a callable that is not one affine map of each pixel's channels, so "
                "what is black in the model's own units cannot be worked out from it. Give "
                "display=(low, high), or the wanted value or array in the model's units."
            )
        return fitted.backward(shown)


Display = Range | Affine | Function


def make_display(display: Any, drawn: np.ndarray) -> Display:
    """The display transform for a user's `display` argument and the drawn input (N, …)."""
    if isinstance(display, str):
        if display != "auto":
            raise ValueError(
                f'display={display!r}; give "auto", a (low, high) range, or a callable to [0, 1].'
            )
        return Range(*guess_range(drawn))
    if isinstance(display, (Affine, Range)):
        return display
    if callable(display):
        return Function(display, drawn)
    try:
        low, high = (float(value) for value in display)
    except (TypeError, ValueError):
        raise ValueError(
            f'display={display!r}; give "auto", a (low, high) range of two numbers, '
            "or a callable to [0, 1]."
        ) from None
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"display=({low:g}, {high:g}): low must be less than high, both finite.")
    return Range(low, high)


def guess_range(drawn: np.ndarray) -> Bounds:
    """The range that inputs were scaled to, or `ValueError` where the values do not tell.

    uint8 is 0…255 and bool is 0…1. Of other values, those within 0…1 are taken as 0…1; within
    0…255 and reaching 128 as 0…255; within −1…1 as −1…1 only if some channel spans more than 1,
    because pictures of 0…1 less a mean lie there too.
    """
    if drawn.dtype == np.uint8:
        return 0.0, 255.0
    if drawn.dtype == bool:
        return 0.0, 1.0
    values = drawn.astype(np.float32).reshape(-1, drawn.shape[-1] if drawn.ndim == 4 else 1)
    low, high = float(values.min()), float(values.max())
    slack = 1e-3  # resizing overshoots by rounding
    if low >= -slack and high <= 1 + slack:
        return 0.0, 1.0
    if low >= -slack and 128 <= high <= 255 * (1 + slack):
        return 0.0, 255.0
    if low >= -1 - slack and high <= 1 + slack and np.ptp(values, axis=0).max() > 1 + slack:
        return -1.0, 1.0
    raise ValueError(
        f'display="auto" cannot tell how these {drawn.dtype} inputs are scaled: their values run '
        f"from {low:g} to {high:g}, which is none of [0, 1], [-1, 1] and [0, 255]. Give "
        "display=(value of black, value of white), or for mean-subtracted inputs a callable that "
        "undoes the preprocessing, such as lambda x: x * std + mean, and returns [0, 1]."
    )


def to_picture(display: Display, x: np.ndarray, *, channels: bool) -> np.ndarray:
    """Pictures (N, H, W, 1 or 3) float32 in [0, 1].

    Two channels are drawn as red against cyan, grey where they agree; of more than three, the
    first three are red, green and blue.

    Args:
        display: the transform.
        x: (N, H, W, C), or (N, H, W) without `channels`; anything that a callable makes that of.
        channels: whether x has a channel axis; a callable's result is told by its rank.
    """
    shown = display.forward(x)
    if isinstance(display, Function):
        channels = shown.ndim == 4
        if shown.ndim not in (3, 4) or len(shown) != len(x):
            raise ValueError(
                f"display: the callable must return (N, H, W) or (N, H, W, channels) for the "
                f"{len(x)} images; it returned {shown.shape} for {x.shape}."
            )
    if not channels:
        shown = shown[..., np.newaxis]
    count = shown.shape[-1]
    if count == 2:
        shown = shown[..., [0, 1, 1]]
    elif count > 3:
        shown = shown[..., :3]
    # float32 division can leave a 1 at 1.0000001, and a callable need not clip.
    return np.clip(np.nan_to_num(shown, nan=0.0), 0.0, 1.0).astype(np.float32)


def fit_affine(
    function: Callable[[np.ndarray], np.ndarray],
    sample: np.ndarray,
    clipped: Bounds | None = (0.0, 1.0),
) -> Affine | None:
    """The affine map of a pixel's channels that `function` is, or None where it is not one.

    Tries the function on pixels around those of the sample, leaves out what came back clipped,
    solves for the map, and checks it on the sample itself.

    Args:
        function: a batch (N, H, W, C) to (N, H, W, D).
        sample: a batch in the function's domain.
        clipped: bounds that the function may clip its result to; None if it does not.
    """
    if sample.ndim != 4:
        return None
    channels = sample.shape[-1]
    pixels = sample.reshape(-1, channels).astype(np.float64)
    shape = (max(1, 256 // sample[0].size), *sample.shape[1:])
    around = np.random.default_rng(0).uniform(-1, 1, shape)
    trials = (pixels.mean(axis=0) + max(pixels.std(), 1e-3) * around).astype(np.float32)

    def run(batch: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):  # the trials may lie outside the function's domain
            result = function(batch)
        return result[..., np.newaxis] if result.ndim == 3 else result

    shown = run(trials)
    if shown.shape[:-1] != trials.shape[:-1]:
        return None
    known = np.column_stack([trials.reshape(-1, channels), np.ones(trials[..., 0].size)])
    columns = []
    for found in shown.reshape(-1, shown.shape[-1]).astype(np.float64).T:
        free = slice(None) if clipped is None else (found > clipped[0]) & (found < clipped[1])
        if len(found[free]) < 2 * (channels + 1):
            return None
        columns.append(np.linalg.lstsq(known[free], found[free], rcond=None)[0])
    solution = np.column_stack(columns)
    fitted = Affine(solution[:-1], solution[-1])
    low, high = clipped or (-np.inf, np.inf)
    for batch in (trials, sample.astype(np.float32)):
        wanted = np.clip(run(batch), low, high)
        error = np.abs(np.clip(fitted.forward(batch), low, high) - wanted)
        if error.max() > 1e-4 * max(1.0, float(np.abs(wanted).max())):
            return None
    return fitted
