"""When a picture is due: `freq` is an int, or a function from a step to a bool."""

import math
from collections.abc import Callable
from numbers import Integral

Freq = int | Callable[[int], bool]


def check_freq(freq: Freq) -> Freq:
    """Returns `freq` unchanged, or raises if it is neither an int >= 0 nor a callable.

    Raises:
        TypeError: `freq` is of another type, a bool included.
        ValueError: `freq` is negative.
    """
    if callable(freq):
        return freq
    if isinstance(freq, bool) or not isinstance(freq, Integral):
        raise TypeError(
            f"freq={freq!r} is a {type(freq).__name__}; give an int (1 = every step, 0 = off) "
            "or a callable step -> bool such as kerasvis2.log_spaced(10)."
        )
    if freq < 0:
        raise ValueError(f"freq={freq} is negative; give 0 to switch off, or n for every nth step.")
    return freq


def due(freq: Freq, step: int) -> bool:
    """Whether something of frequency `freq` is due at the 0-based `step`.

    Args:
        freq: n for steps 0, n, 2n, …; 0 for never; or a callable step -> bool.
        step: the epoch, or the batch counted over the whole training.

    Raises:
        TypeError: `freq` is neither an int nor a callable.
        ValueError: `freq` is negative.
    """
    freq = check_freq(freq)
    if callable(freq):
        return bool(freq(step))
    return freq != 0 and step % freq == 0


def log_spaced(n: int = 10) -> Callable[[int], bool]:
    """A schedule that is dense at the start and thins out: about `n` steps a decade.

    Networks change most in their first steps. Due are the 0-based steps round(10^(k/n)) - 1 for
    k = 0, 1, 2, …: every step at first, then n in each tenfold. `log_spaced(10)` gives
    0, 1, 2, 3, 4, 5, 7, 9, 12, 15, 19, 24, 31, 39, 49, 62, 78, 99, 125, …

    Args:
        n: steps in a decade, an int >= 1.

    Raises:
        TypeError: `n` is not an int.
        ValueError: `n` is less than 1.

    Examples:
        >>> due = kv.log_spaced(4)
        >>> [epoch for epoch in range(40) if due(epoch)]
        [0, 1, 2, 5, 9, 17, 31]
    """
    if isinstance(n, bool) or not isinstance(n, Integral):
        raise TypeError(f"log_spaced(n={n!r}): n is the number of steps in a decade, an int.")
    if n < 1:
        raise ValueError(f"log_spaced(n={n}): n is the number of steps in a decade, 1 or more.")
    return _LogSpaced(int(n))


class _LogSpaced:
    """A class and not a closure, so that it pickles and prints as what it is."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __call__(self, step: int) -> bool:
        k = math.floor(self.n * math.log10(step + 1))
        return step + 1 in (round(10 ** (j / self.n)) for j in (k, k + 1))

    def __repr__(self) -> str:
        return f"log_spaced({self.n})"
