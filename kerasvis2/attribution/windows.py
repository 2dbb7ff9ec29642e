"""Windows that slide over an image: where they lie, and values per window painted there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

Size = int | tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """A grid of windows over an image; those that would leave it are cut off.

    Attributes:
        image: (H, W) of the image.
        patch: (h, w) of a window.
        stride: (down, right) from a window to the next.
    """

    image: tuple[int, int]
    patch: tuple[int, int]
    stride: tuple[int, int]

    @property
    def grid(self) -> tuple[int, int]:
        """(rows, columns): as many as cover the image, none of them empty."""
        rows, columns = (
            min(math.ceil(max(side - patch, 0) / stride) + 1, math.ceil(side / stride))
            for side, patch, stride in zip(self.image, self.patch, self.stride)
        )
        return rows, columns

    def masks(self, indices: Any) -> Any:
        """(k,) indices of windows, row by row → (1, k, H, W): 0 inside the window, 1 outside."""
        down, right = self._covers()
        down = ops.take(down, indices // len(right), axis=0)
        right = ops.take(right, indices % len(right), axis=0)
        return 1 - (down[:, :, None] * right[:, None, :])[None]

    def paint(self, values: np.ndarray) -> np.ndarray:
        """(N, rows, columns) → (N, H, W): each pixel the mean of the windows over it, or 0."""
        down, right = self._covers()
        total = np.einsum("nrc,rh,cw->nhw", values, down, right, optimize=True)
        return total / np.maximum(np.outer(down.sum(0), right.sum(0)), 1)

    def _covers(self) -> tuple[np.ndarray, np.ndarray]:
        """(rows, H) and (columns, W) float32: 1 where a row or column of windows lies."""
        sides = zip(self.grid, self.image, self.patch, self.stride)
        down, right = (_inside(*of_one) for of_one in sides)
        return down, right


def windows_of(image: tuple[int, int], patch: Size | None, stride: Size | None) -> Windows:
    """The windows a user asked for.

    Args:
        image: (H, W) of the image.
        patch: pixels or (h, w); by default about a sixth of the shorter side, even: then
            half a patch is a stride, and no pixel-wide rests lie between the windows.
        stride: pixels or (down, right); by default half the patch, rounded up.

    Raises:
        ValueError: where one of them is not a number of pixels, or the patch is larger than the
            image.
    """
    if patch is None:
        patch = min(2 * math.ceil(min(image) / 12), *image)
    height, width = _pair("patch", patch)
    if height > image[0] or width > image[1]:
        raise ValueError(
            f"patch={patch!r} is larger than the image of {image[0]} × {image[1]} pixels."
        )
    if stride is None:
        stride = ((height + 1) // 2, (width + 1) // 2)
    return Windows(image, (height, width), _pair("stride", stride))


def _pair(name: str, value: Any) -> tuple[int, int]:
    sides = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(sides) == 2 and all(isinstance(s, (int, np.integer)) and s > 0 for s in sides):
        return int(sides[0]), int(sides[1])
    raise ValueError(f"{name}={value!r}: give pixels, 1 or more, or a pair (down, right).")


def _inside(count: int, side: int, patch: int, stride: int) -> np.ndarray:
    away = np.arange(side)[None] - stride * np.arange(count)[:, None]
    return ((away >= 0) & (away < patch)).astype("float32")
