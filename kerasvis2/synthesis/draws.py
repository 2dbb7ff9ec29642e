"""Random numbers inside a traced loop that take no random state from anyone."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class Draws(keras.random.SeedGenerator):
    """The random numbers of one step of an ascent, a function of `(seed, step)` alone.

    `keras.random` takes an int or a `SeedGenerator` as seed. An int is a constant of the trace, so
    that every turn of a loop would draw the same numbers, and Keras's own generator holds a
    variable. This one computes its seed pairs from tensors, so the draws change with the step,
    repeat with the seed, and nothing outside is read or moved.

    Args:
        seed: int or int tensor (), chosen by the user.
        step: int or int tensor (), the turn of the loop.
        copies: how often each number is repeated along the first axis. The images of all units
            that are climbed together see the same views, so that a unit's picture does not depend
            on which others were in its batch.
    """

    # Without `super().__init__`, which would create the variable.
    def __init__(self, seed: Any, step: Any, copies: int = 1) -> None:
        self.copies = copies
        self._seed = ops.cast(seed, "int32")
        self._step = ops.cast(step, "int32")
        self._drawn = 0

    def next(self, ordered: bool = True) -> Any:
        """Seed pair (2,) of the next draw within this step."""
        self._drawn += 1
        # Odd multipliers keep (seed, draw) pairs of small numbers apart; int32 wraps around.
        mixed = self._seed * 1000003 + self._drawn * 7919
        return ops.stack([mixed, self._step])

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> Any:
        """Uniform float32 numbers in [low, high)."""
        own = self._own(shape)
        return self._repeated(keras.random.uniform(own, low, high, dtype="float32", seed=self))

    def normal(self, shape: tuple[int, ...], deviation: float = 1.0) -> Any:
        """Normal float32 numbers around 0."""
        own = self._own(shape)
        return self._repeated(keras.random.normal(own, 0.0, deviation, dtype="float32", seed=self))

    def _own(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0] // self.copies, *shape[1:])

    def _repeated(self, numbers: Any) -> Any:
        return numbers if self.copies == 1 else ops.repeat(numbers, self.copies, axis=0)
