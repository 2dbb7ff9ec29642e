"""The parametrizations by name."""

from __future__ import annotations

from collections.abc import Callable

from kerasvis2.synthesis.canvas import Canvas
from kerasvis2.synthesis.fourier import fourier
from kerasvis2.synthesis.maco import maco
from kerasvis2.synthesis.parametrization import Parametrization
from kerasvis2.synthesis.pixels import pixels

Parametrize = Callable[[Canvas], Parametrization]

PARAMETRIZATIONS: dict[str, Parametrize] = {"pixels": pixels, "fourier": fourier, "maco": maco}


def check_parametrization(given: str | Parametrize) -> None:
    """Raises `ValueError` for what is neither a known name nor a function."""
    if not callable(given) and given not in PARAMETRIZATIONS:
        known = ", ".join(PARAMETRIZATIONS)
        raise ValueError(
            f"parametrization must be one of {known}, or a function of the canvas; got {given!r}"
        )


def parametrize(given: str | Parametrize, canvas: Canvas) -> Parametrization:
    """The parametrization of a canvas, by name or of one's own.

    Raises:
        ValueError: if there is none of that name.
    """
    check_parametrization(given)
    return given(canvas) if callable(given) else PARAMETRIZATIONS[given](canvas)
