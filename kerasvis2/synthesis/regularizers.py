"""What an image under ascent pays for being noisy or bright.

A regulariser is a closure `images (U, H, W, C) -> (U,)` on images in display units relative to the
background: what each image pays, summed over its pixels, so that a weight is "per pixel" at any
size. The prices of several are added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

Regularizer = Callable[[Any], Any]


def total_variation(weight: float) -> Regularizer:
    """Sum over pixels of the length of the colour's step to the right and down.

    Rudin, Osher & Fatemi 1992, "Nonlinear total variation based noise removal algorithms".
    """

    def price(images: Any) -> Any:
        right = images[:, :-1, 1:] - images[:, :-1, :-1]
        down = images[:, 1:, :-1] - images[:, :-1, :-1]
        # The small number keeps the gradient finite where the image is flat.
        length = ops.sqrt(right * right + down * down + 1e-6)
        return weight * ops.sum(length, axis=(1, 2, 3))

    return price


def lp_norm(weight: float, power: float = 1.0) -> Regularizer:
    """Sum of |x|^p over p: 1 empties what is not needed, 2 is L2, 6 only holds back extremes."""

    def price(images: Any) -> Any:
        size = ops.abs(images) if power == 1 else ops.power(ops.abs(images), power) / power
        return weight * ops.sum(size, axis=(1, 2, 3))

    return price
