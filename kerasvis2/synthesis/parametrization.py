"""What a parametrization is: the variables an ascent moves, and the image they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from kerasvis2.draws import Draws


class Parametrization(NamedTuple):
    """Parameters are one float32 tensor (U, …), so that each unit's can be kept or replaced.

    Attributes:
        start: `(units, draws) -> params`, a random start.
        rest: the params of the background alone, around which starts are random.
        image: `params -> images (U, H, W, C)` in display units.
        project: `params -> params`, called after each step: back to where they are valid.
    """

    start: Callable[[int, Draws], Any]
    image: Callable[[Any], Any]
    project: Callable[[Any], Any] = lambda params: params
    rest: Any = 0.0
