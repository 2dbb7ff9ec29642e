"""What attention weights say about the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops

from kerasvis2.attribution.tokens import fold


def rollout(layers: Sequence[Any]) -> Any:
    """How much of each input token is in each output token, (N, T, T); rows sum to 1.

    The product, last layer first, of ½·(mean over heads) + ½·identity: the identity stands for
    the residual connection around each attention.

    Args:
        layers: (N, heads, T, T) attention weights, first layer first.
    """
    (_, _, tokens, _) = layers[0].shape
    identity = ops.eye(tokens, dtype="float32")
    found = identity[None]
    for weights in layers:
        found = ops.matmul((ops.mean(weights, axis=1) + identity) / 2, found)
    return found


def from_the_image(weights: Any, grid: tuple[int, int]) -> Any:
    """What the image gets of the attention, (…, T, T) → (…, h, w).

    Of the class token if there is one, the first of those in front of the patches; else the mean
    over all patches that look.
    """
    extra = weights.shape[-1] - grid[0] * grid[1]
    looking = weights[..., 0, :] if extra else ops.mean(weights, axis=-2)
    lead = looking.shape[:-1]
    folded = fold(ops.reshape(looking, (-1, looking.shape[-1])), grid)
    return ops.reshape(folded, (*lead, *grid))
