"""The parametrizations by name."""

from __future__ import annotations

from kerasvis2.synthesis.canvas import Canvas
from kerasvis2.synthesis.fourier import fourier
from kerasvis2.synthesis.maco import maco
from kerasvis2.synthesis.parametrization import Parametrization
from kerasvis2.synthesis.pixels import pixels

PARAMETRIZATIONS = {"pixels": pixels, "fourier": fourier, "maco": maco}


def parametrize(name: str, canvas: Canvas) -> Parametrization:
    """The named parametrization of a canvas.

    Raises:
        ValueError: if there is none of that name.
    """
    if name not in PARAMETRIZATIONS:
        known = ", ".join(PARAMETRIZATIONS)
        raise ValueError(f"parametrization must be one of {known}, got {name!r}")
    return PARAMETRIZATIONS[name](canvas)
