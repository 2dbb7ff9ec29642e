"""Sequences of image patches, folded back onto the image's grid."""

from __future__ import annotations

from typing import Any

from keras import ops

MOST_EXTRA = 8  # class, distillation and register tokens in front of the patches


def token_grid(tokens: int, height: int, width: int) -> tuple[int, int] | None:
    """The (h, w) of the patches that an image was cut into, or None if `tokens` are no such cut.

    Patches are square and cover the image, so h and w divide its height and width by the same
    number. What is left over, at most 8, are tokens in front of the patches (the class token,
    registers); of several ways the one with the fewest is taken.
    """
    for extra in range(min(MOST_EXTRA, tokens - 2) + 1):
        for patch in range(1, min(height, width) + 1):
            if height % patch or width % patch:
                continue
            if (height // patch) * (width // patch) == tokens - extra > 1:
                return height // patch, width // patch
    return None


def fold(values: Any, grid: tuple[int, int]) -> Any:
    """(N, T, …) → (N, h, w, …) of the patches, without the tokens in front of them."""
    height, width = grid
    patches = values[:, values.shape[1] - height * width :]
    return ops.reshape(patches, (values.shape[0], height, width, *values.shape[2:]))
