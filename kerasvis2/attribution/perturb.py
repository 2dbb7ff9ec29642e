"""Scores of images that are partly covered: the one engine of all perturbation methods.

A mask says how much of each pixel is kept: 1 shows the image, 0 the baseline, between them the
mixture. The masked copies of a batch are made, looked at and thrown away a full batch at a time,
in one loop inside the traced pass, so that memory does not grow with their number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from kerasvis2.attribution.turns import in_turns, least_waste

# How many pixels are looked at in one step: 64 images of 224 × 224, but at most 256 images.
# A larger batch was no faster in the convolutional networks it was tried on.
_PIXELS, _MOST = 64 * 224 * 224, 256


def masked_scores(
    score: Callable[[Any, Any], Any],
    images: Any,
    baseline: Any,
    masks: Callable[[Any], Any],
    count: int,
    turned: Callable[[Any, int], Any] = lambda values, turns: values,
) -> Any:
    """(n, count) scores of every image under every mask.

    Args:
        score: `score(images (m, …), rows (m,)) -> (m,)`; rows says which image of the batch each
            was made of.
        images: (n, H, W, C) or (n, H, W).
        baseline: what is shown where a mask is 0, of a shape that broadcasts to the images.
        masks: `masks(indices (k,)) -> (n, k, H, W)`, what is kept; (1, k, H, W) where all images
            have the same masks. A function of the indices alone.
        count: number of masks.
        turned: `turned(values, turns) -> values`, called with what each step of so many found.
    """
    n, height, width = images.shape[:3]
    at_once = masks_at_once(n, height * width, count)
    blocks = math.ceil(count / at_once)
    rows = np.repeat(np.arange(n, dtype="int32"), at_once)
    # Pixels and channels in one axis: to spread a mask over a last axis of 3 is three times slower.
    difference = ops.reshape(images - baseline, (n, 1, -1))
    baseline = ops.reshape(ops.zeros_like(images) + baseline, (n, 1, -1))
    channels = difference.shape[-1] // (height * width)

    def step(_: Any, block: Any) -> tuple[Any, Any]:
        # The last block may reach over the end; what is too much is cut off below.
        kept = masks(ops.minimum(block * at_once + ops.arange(at_once, dtype="int32"), count - 1))
        kept = ops.repeat(ops.reshape(kept, (-1, at_once, height * width)), channels, axis=-1)
        shown = baseline + kept * difference
        values = score(ops.reshape(shown, (n * at_once, *images.shape[1:])), rows)
        values = turned(ops.reshape(values, (n, at_once)), blocks)
        return values, values

    # A scan, because its turns wait for each other: several at a time would multiply the memory.
    _, values = ops.scan(
        step, ops.zeros((n, at_once), "float32"), ops.arange(blocks, dtype="int32")
    )
    return ops.reshape(ops.transpose(values, (1, 0, 2)), (n, blocks * at_once))[:, :count]


def masks_at_once(n: int, pixels: int, count: int) -> int:
    """How many masks to look n images under in one step.

    At most as many as make a full batch and more than half of that, such that as few as possible
    are looked at twice to fill the last step; of several such numbers the largest.
    """
    most = min(count, max(1, min(_MOST, _PIXELS // pixels) // n))
    return least_waste(most, count)


def sum_of_masks(weights: Any, masks: Callable[[Any], Any], image: tuple[int, int]) -> Any:
    """Σ_k weights_k·mask_k: (n, count) weights of shared masks → (n, H, W).

    The masks are made a second time, which costs next to nothing beside a forward pass; keeping
    them would take as much memory as all the masked images.
    """
    n, count = weights.shape
    at_once = masks_at_once(1, image[0] * image[1], count)
    blocks = math.ceil(count / at_once)
    padded = ops.pad(weights, ((0, 0), (0, blocks * at_once - count)))
    in_blocks = ops.transpose(ops.reshape(padded, (n, blocks, at_once)), (1, 0, 2))

    def step(block: Any, state: Any) -> tuple[Any]:
        kept = masks(ops.minimum(block * at_once + ops.arange(at_once, dtype="int32"), count - 1))
        return (state[0] + ops.einsum("nk,kyx->nyx", ops.take(in_blocks, block, axis=0), kept[0]),)

    return in_turns(step, blocks, (ops.zeros((n, *image), "float32"),))[0]
