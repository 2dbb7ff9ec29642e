"""Random numbers inside a traced loop that take no random state from anyone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops

# Odd numbers whose bits look random, as every mixing of integers multiplies by (Steele & Vigna,
# "Computationally easy, spectrally good multipliers for congruential pseudorandom number
# generators", 2021); int32 wraps around on every backend.
_FIRST, _SECOND, _THIRD = (
    np.uint32(number).view(np.int32) for number in (0x915F77F5, 0x93D765DD, 0x9E3779B9)
)
_LOWEST = 2.0**-24  # of the 24 bits that float32 holds exactly


class Draws:
    """The random numbers of one step of an ascent, a function of `(seed, step)` alone.

    Every number is a hash of the seed, the step, which draw of the step it belongs to, and its
    place in it, worked out in whole numbers of 32 bits. So the draws change with the step, repeat
    with the seed, are the same on every backend (normal numbers to the last bits of a logarithm),
    and nothing outside is read or moved. A longer draw begins with the numbers of a shorter one.

    Args:
        seed: int or int tensor (), chosen by the user.
        step: int or int tensor (), the turn of the loop.
        copies: how often each number is repeated along the first axis. The images of all units
            that are climbed together see the same views, so that a unit's picture does not depend
            on which others were in its batch.
    """

    def __init__(self, seed: Any, step: Any, copies: int = 1) -> None:
        self.copies = copies
        # Two that are not both alike for two (seed, step) of any use.
        seed, step = _whole(seed), _whole(step)
        self._inner = seed * _FIRST + step * _SECOND
        self._outer = seed * _SECOND + step * _THIRD
        self._drawn = 0

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> Any:
        """Uniform float32 numbers in [low, high)."""
        found = _fraction(self._next(self._own(shape)))
        return self._repeated(found * (high - low) + low)

    def normal(self, shape: tuple[int, ...], deviation: Any = 1.0) -> Any:
        """Normal float32 numbers around 0."""
        first = self._next(self._own(shape))
        far = ops.sqrt(-2.0 * ops.log(_fraction(first) + _LOWEST))  # Box and Muller
        found = far * ops.cos(_fraction(_mixed(first)) * (2 * math.pi))
        return self._repeated(found * deviation)

    def _next(self, shape: tuple[int, ...]) -> Any:
        """Whole numbers of the next draw."""
        self._drawn += 1
        places = np.arange(math.prod(shape), dtype=np.int64) * int(_THIRD)
        places = (places + self._drawn * int(_FIRST)).astype(np.int32)  # wraps around
        inner = ops.convert_to_tensor(places.reshape(shape)) + self._inner
        return _mixed(_mixed(inner) + self._outer)

    def _own(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0] // self.copies, *shape[1:])

    def _repeated(self, numbers: Any) -> Any:
        return numbers if self.copies == 1 else ops.repeat(numbers, self.copies, axis=0)


def _whole(number: Any) -> Any:
    if isinstance(number, int):
        number = np.int64(number).astype(np.int32)
    return ops.convert_to_tensor(number, "int32")


def _mixed(numbers: Any) -> Any:
    """int32 numbers, each bit of which depends on all bits of the given ones; no two alike."""
    for shift, factor in ((16, _FIRST), (15, _SECOND), (16, None)):
        # The bits that a shift of a negative number brings in from the left are cut off.
        moved = ops.bitwise_right_shift(numbers, np.int32(shift))
        moved = ops.bitwise_and(moved, np.int32(2 ** (32 - shift) - 1))
        numbers = ops.bitwise_xor(numbers, moved)
        numbers = numbers if factor is None else numbers * factor
    return numbers


def _fraction(numbers: Any) -> Any:
    """The upper 24 bits as float32 in [0, 1)."""
    upper = ops.bitwise_and(ops.bitwise_right_shift(numbers, np.int32(8)), np.int32(2**24 - 1))
    return ops.cast(upper, "float32") * _LOWEST
