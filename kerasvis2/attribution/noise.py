"""Gradients around an image instead of at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from kerasvis2.attribution.turns import in_turns
from kerasvis2.synthesis.draws import Draws


def noisy_gradients(
    gradient: Callable[[Any], Any], images: Any, deviation: Any, samples: int, seed: int
) -> tuple[Any, Any]:
    """Mean and sample variance of the gradient at the images plus normal noise.

    The noise is a function of the seed and the sample alone, the same for every image, so that an
    image's result does not depend on what else is looked at. Both moments are updated as the
    samples come (Welford), one batch in memory at a time.

    Args:
        gradient: (N, H, W, C) images → gradient of the same shape.
        images: (N, H, W, C).
        deviation: of the noise, a number or (C,).
        samples: how many.
        seed: an int.
    """

    def step(i: Any, state: Any) -> tuple[Any, Any]:
        mean, squares = state
        noise = Draws(seed, i, copies=images.shape[0]).normal(images.shape)
        found = gradient(images + deviation * noise)
        off = found - mean
        mean = mean + off / ops.cast(i + 1, "float32")
        return mean, squares + off * (found - mean)

    zeros = ops.zeros_like(images)
    mean, squares = in_turns(step, samples, (zeros, zeros))
    return mean, squares / max(samples - 1, 1)
