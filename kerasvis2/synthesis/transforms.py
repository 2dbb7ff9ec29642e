"""Random views of an image under ascent, so that it is robust and not a trick of single pixels.

A transform is a closure `(images (N, H, W, C), draws) -> images (N, H, W, C)`, on images in
display units relative to the canvas's background, so that 0 is "nothing there" and what comes in
from outside the picture is background. `compose` chains them.

A movement is a closure `(count, (height, width), draws) -> matrices (N, 3, 3)` that takes a
position in the view, in pixels from the centre, to the position in the image that is seen there.
`warp` multiplies any number of movements and resamples once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from kerasvis2.draws import Draws

Transform = Callable[[Any, Draws], Any]
Movement = Callable[[int, tuple[int, int], Draws], Any]


def compose(*transforms: Transform) -> Transform:
    """The transforms one after the other; none at all leaves the images as they are."""

    def transform(images: Any, draws: Draws) -> Any:
        for one in transforms:
            images = one(images, draws)
        return images

    return transform


def warp(*movements: Movement) -> Transform:
    """Moves the image as all the movements together, in one bilinear resampling."""

    def transform(images: Any, draws: Draws) -> Any:
        count, height, width, channels = images.shape
        matrices = [movement(count, (height, width), draws) for movement in movements]
        whole = matrices[-1]
        for matrix in matrices[-2::-1]:
            whole = ops.matmul(matrix, whole)
        # Images that are seen alike are moved as one of many channels: as many times fewer reads.
        alike = draws.copies
        stacked = ops.reshape(images, (count // alike, alike, height, width, channels))
        stacked = ops.transpose(stacked, (0, 2, 3, 1, 4))
        stacked = ops.reshape(stacked, (count // alike, height, width, alike * channels))
        moved = resample(stacked, whole[::alike])
        moved = ops.reshape(moved, (count // alike, height, width, alike, channels))
        return ops.reshape(ops.transpose(moved, (0, 3, 1, 2, 4)), images.shape)

    return transform


def jitter(reach: float) -> Movement:
    """Shifts by up to `reach`, a fraction of the size, in each direction."""

    def movement(count: int, size: tuple[int, int], draws: Draws) -> Any:
        shift = draws.uniform((count, 2), -reach, reach)
        one, zero = ops.ones((count,), "float32"), ops.zeros((count,), "float32")
        return _matrix(one, zero, shift[:, 0] * size[1], zero, one, shift[:, 1] * size[0])

    return movement


def scale(low: float, high: float) -> Movement:
    """Enlarges by a factor between `low` and `high`."""

    def movement(count: int, size: tuple[int, int], draws: Draws) -> Any:
        step = 1.0 / draws.uniform((count,), low, high)
        zero = ops.zeros((count,), "float32")
        return _matrix(step, zero, zero, zero, step, zero)

    return movement


def rotate(degrees: float) -> Movement:
    """Turns by up to `degrees` either way."""

    def movement(count: int, size: tuple[int, int], draws: Draws) -> Any:
        angle = draws.uniform((count,), -math.radians(degrees), math.radians(degrees))
        cosine, sine, zero = ops.cos(angle), ops.sin(angle), ops.zeros((count,), "float32")
        return _matrix(cosine, -sine, zero, sine, cosine, zero)

    return movement


def shear(reach: float) -> Movement:
    """Slants by up to `reach` pixels a pixel along each axis."""

    def movement(count: int, size: tuple[int, int], draws: Draws) -> Any:
        slant = draws.uniform((count, 2), -reach, reach)
        one, zero = ops.ones((count,), "float32"), ops.zeros((count,), "float32")
        return _matrix(one, slant[:, 0], zero, slant[:, 1], one, zero)

    return movement


def crop(low: float, high: float) -> Movement:
    """Enlarges a window of between `low` and `high` of the size, placed anywhere in the image."""

    def movement(count: int, size: tuple[int, int], draws: Draws) -> Any:
        part = draws.uniform((count,), low, high)
        place = draws.uniform((count, 2), -0.5, 0.5) * (1.0 - part)[:, None]
        zero = ops.zeros((count,), "float32")
        across, down = place[:, 0] * (size[1] - 1), place[:, 1] * (size[0] - 1)
        return _matrix(part, zero, across, zero, part, down)

    return movement


def noise(deviation: float) -> Transform:
    """Adds normal noise, its standard deviation a fraction of the display range."""

    def transform(images: Any, draws: Draws) -> Any:
        return images + draws.normal(tuple(images.shape), deviation)

    return transform


def resample(images: Any, matrices: Any) -> Any:
    """Bilinear resampling with an exact gradient; what lies outside the image is 0.

    TensorFlow's own affine warp is faster but answers the gradient by warping back, which for a
    window of a quarter of the image is 16 times too small.

    Args:
        images: (N, H, W, C).
        matrices: (N, 3, 3) or (N, 2, 3), position in the result to position in the images, in
            pixels (x, y) from the centre.
    """
    count, height, width, channels = images.shape
    across, down = np.meshgrid(
        np.arange(width, dtype="float32") - (width - 1) / 2,
        np.arange(height, dtype="float32") - (height - 1) / 2,
    )
    grid = np.stack([across.ravel(), down.ravel(), np.ones(height * width, "float32")])
    place = ops.matmul(matrices[:, :2], grid)
    # A border of two empty pixels: whatever falls outside reads them, without any mask.
    x = ops.clip(place[:, 0] + (width - 1) / 2 + 2, 0, width + 2)
    y = ops.clip(place[:, 1] + (height - 1) / 2 + 2, 0, height + 2)
    left, top = ops.floor(x), ops.floor(y)
    right_part, lower_part = (x - left)[..., None], (y - top)[..., None]
    stride, rows = width + 4, height + 4
    padded = ops.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    pixels = ops.reshape(padded, (count * rows * stride, channels))
    first = np.arange(count, dtype="int32")[:, None] * (rows * stride)
    corner = ops.cast(top * stride + left, "int32") + ops.convert_to_tensor(first)

    def seen(offset: int) -> Any:
        return ops.take(pixels, corner + offset, axis=0)

    upper = seen(0) * (1 - right_part) + seen(1) * right_part
    lower = seen(stride) * (1 - right_part) + seen(stride + 1) * right_part
    return ops.reshape(upper * (1 - lower_part) + lower * lower_part, images.shape)


def _matrix(xx: Any, xy: Any, x0: Any, yx: Any, yy: Any, y0: Any) -> Any:
    zero = ops.zeros_like(xx)
    cells = ops.stack([xx, xy, x0, yx, yy, y0, zero, zero, ops.ones_like(xx)], axis=-1)
    return ops.reshape(cells, (-1, 3, 3))
