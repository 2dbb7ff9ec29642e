"""What an image under ascent pays for being noisy or bright.

Each is a function of images (U, H, W, C) in display units relative to the background, and gives
one number an image (U,), summed over its pixels, so that a weight is "per pixel" at any size.
"""

from __future__ import annotations

from typing import Any

from keras import ops


def total_variation(images: Any) -> Any:
    """Sum over pixels of the length of the colour's step to the right and down.

    Rudin, Osher & Fatemi 1992, "Nonlinear total variation based noise removal algorithms".
    """
    right = images[:, :-1, 1:] - images[:, :-1, :-1]
    down = images[:, 1:, :-1] - images[:, :-1, :-1]
    # The small number keeps the gradient finite where the image is flat.
    return ops.sum(ops.sqrt(right * right + down * down + 1e-6), axis=(1, 2, 3))


def lp_norm(images: Any, power: float) -> Any:
    """Sum of |x|^p over p: 1 empties what is not needed, 2 is L2, 6 only holds back extremes."""
    if power == 1:
        return ops.sum(ops.abs(images), axis=(1, 2, 3))
    return ops.sum(ops.power(ops.abs(images), power), axis=(1, 2, 3)) / power


def l2_norm(images: Any) -> Any:
    """Sum of x² / 2."""
    return ops.sum(images * images, axis=(1, 2, 3)) / 2
