"""Gradients around an image instead of at it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from kerasvis2.attribution.turns import copies_at_once, in_turns
from kerasvis2.draws import Draws


def noisy_gradients(
    gradient: Callable[[Any, Any], Any], images: Any, deviation: Any, samples: int, seed: int
) -> tuple[Any, Any]:
    """Mean and sample variance of the gradient at the images plus normal noise.

    The noise is a function of the seed and the sample alone, the same for every image, so that an
    image's result does not depend on what else is looked at. Both moments are updated as the
    samples come (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    sample variances", 1979), few in memory at a time.

    Args:
        gradient: `gradient(batch (m, H, W, C), rows (m,))`, of the shape of the batch; rows says
            which image each is a copy of.
        images: (N, H, W, C).
        deviation: of the noise, a number or (C,).
        samples: how many.
        seed: an int.
    """
    shape = tuple(images.shape)
    at_once = copies_at_once(shape, samples)
    deviation = ops.convert_to_tensor(deviation, "float32")
    rows = np.tile(np.arange(shape[0], dtype="int32"), at_once)

    def step(i: Any, state: Any) -> tuple[Any, Any, Any]:
        mean, squares, before = state
        which = i * at_once + ops.arange(at_once, dtype="int32")
        noise = [Draws(seed, which[j]).normal((1, 1, *shape[1:])) for j in range(at_once)]
        copies = images + deviation * ops.concatenate(noise)
        found = gradient(ops.reshape(copies, (-1, *shape[1:])), rows)
        found = ops.reshape(found, (at_once, *shape))
        # The last turn may have copies to spare.
        real = ops.reshape(which < samples, (at_once, *[1] * len(shape)))
        many = ops.cast(ops.minimum(at_once, samples - which[0]), "float32")
        here = ops.sum(ops.where(real, found, 0.0), axis=0) / many
        inside = ops.sum(ops.where(real, ops.square(found - here), 0.0), axis=0)
        off, after = here - mean, before + many
        squares = squares + inside + ops.square(off) * (before * many / after)
        return mean + off * (many / after), squares, after

    zeros = ops.zeros_like(images)
    start = (zeros, zeros, ops.zeros((), "float32"))
    mean, squares, _ = in_turns(step, math.ceil(samples / at_once), start)
    return mean, squares / max(samples - 1, 1)
