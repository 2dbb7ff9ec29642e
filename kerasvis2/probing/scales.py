"""From a model's input units to the [0, 1] of a picture, and back: what is known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Bounds = tuple[float, float]


class DisplayError(ValueError):
    """What is shown cannot be told in the model's units, or the other way; says what to give."""


@dataclass(frozen=True)
class Range:
    """Inputs that lie between `low` (black) and `high` (white)."""

    low: float
    high: float

    @property
    def bounds(self) -> Bounds | None:
        return self.low, self.high

    def forward(self, x: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
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
        with np.errstate(over="ignore", invalid="ignore"):
            return (np.asarray(x, np.float32) @ self.matrix + self.offset).astype(np.float32)

    def backward(self, shown: np.ndarray) -> np.ndarray:
        if np.linalg.matrix_rank(self.matrix) < self.matrix.shape[0]:
            raise DisplayError(
                f"display shows fewer colours ({self.matrix.shape[1]}) than the input has channels "
                f"({self.matrix.shape[0]}), so it cannot be inverted. Give the wanted value or "
                "array in the model's units."
            )
        shown = np.asarray(shown, np.float64)
        return ((shown - self.offset) @ np.linalg.pinv(self.matrix)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Layout:
    """Each shown value is one of the input's, scaled: flat pictures, channels first, transposed.

    Attributes:
        source: (H, W, C) which value of the flattened example is shown where.
        gain, offset: shown = gain · value + offset; numbers or (H, W, C).
        shape: an example's shape.
    """

    source: np.ndarray
    gain: np.ndarray
    offset: np.ndarray
    shape: tuple[int, ...]

    @property
    def bounds(self) -> Bounds | None:
        if not self.uniform:
            return None
        gain, offset = float(self.gain.flat[0]), float(self.offset.flat[0])
        return -offset / gain, (1 - offset) / gain

    @property
    def uniform(self) -> bool:
        """Whether every value is scaled alike."""
        return all(np.ptp(part) <= 1e-5 * np.abs(part).max() for part in (self.gain, self.offset))

    def arrange(self, maps: np.ndarray) -> np.ndarray:
        """(N, H, W, C) of values (N, *shape), unscaled: where each one is drawn."""
        return np.asarray(maps).reshape(len(maps), -1)[:, self.source]

    def forward(self, x: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return (self.arrange(x).astype(np.float32) * self.gain + self.offset).astype(np.float32)

    def backward(self, shown: np.ndarray) -> np.ndarray:
        """In an example's shape for pictures (…, H, W, C), and for a number if scales differ."""
        shown = np.asarray(shown, np.float64)
        placed = shown.shape[-3:] == self.source.shape
        if not placed and self.uniform:
            return ((shown - self.offset.flat[0]) / self.gain.flat[0]).astype(np.float32)
        whole = len(np.unique(self.source)) == self.source.size == np.prod(self.shape)
        if not (placed or shown.ndim == 0) or not whole:
            raise DisplayError(
                f"display lays the input {self.shape} out as {self.source.shape}; an array of "
                f"shape {shown.shape} cannot be taken back. Give it in the model's units."
            )
        values = (np.broadcast_to(shown, (*shown.shape[:-3], *self.source.shape)) - self.offset) / (
            self.gain
        )
        flat = np.empty((*values.shape[:-3], self.source.size))
        flat[..., self.source.ravel()] = values.reshape(*values.shape[:-3], -1)
        return flat.reshape(*values.shape[:-3], *self.shape).astype(np.float32)
