"""Loops inside a traced pass, one turn after the other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from keras import ops

# Of the gradients that are taken at once, so many pixels: 128 images of 32 × 32. Small images are
# a third faster so; of large ones a probe is a full batch by itself, and more would be memory.
_PIXELS = 128 * 32 * 32


def copies_at_once(shape: tuple[int, ...], count: int) -> int:
    """How many of `count` copies of a batch (N, H, W, C) to differentiate in one turn."""
    most = min(count, max(1, _PIXELS // math.prod(shape[:3])))
    return least_waste(most, count)


def least_waste(most: int, count: int) -> int:
    """How many to do at once, more than half of `most`, such that the fewest are done in vain.

    Every turn does as many, the last one too; of several such numbers the largest.
    """
    return min(range(most, most // 2, -1), key=lambda some: math.ceil(count / some) * some)


def in_turns(step: Callable[[Any, Any], Any], count: int, state: Any) -> Any:
    """`state = step(i, state)` for i = 0 … count − 1.

    A traced loop starts turns before those in front of them have ended, where it can; here each
    looks at a whole batch, and several at a time would multiply the memory. So each turn's index
    is made to wait for the state.

    Args:
        step: gives a state of the same structure, shapes and dtypes.
        count: number of turns.
        state: a tuple of float tensors.
    """

    def turn(i: Any, *state: Any) -> tuple[Any, ...]:
        never = ops.reshape(state[0], (-1,))[0] < -float("inf")
        return (i + 1, *step(i + ops.cast(never, "int32"), state))

    start = (ops.convert_to_tensor(0, "int32"), *state)
    return ops.while_loop(lambda i, *_: i < count, turn, start)[1:]
