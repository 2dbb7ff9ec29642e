"""Loops inside a traced pass, one turn after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops


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
