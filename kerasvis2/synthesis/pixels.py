"""Images parametrised by their pixels."""

from __future__ import annotations

from typing import Any

from keras import ops

from kerasvis2.draws import Draws
from kerasvis2.synthesis.canvas import Canvas
from kerasvis2.synthesis.parametrization import Parametrization


def pixels(canvas: Canvas) -> Parametrization:
    """The parameters are the pixels in display units, clipped to 0 … 1 after each step.

    Clipping, not a sigmoid, because it lets a pixel be exactly background, as most of a digit's
    picture is. Right for small images; large ones come out noisy: see `fourier`.
    """

    background = ops.convert_to_tensor(canvas.background)

    def start(units: int, draws: Draws) -> Any:
        return draws.normal((units, *canvas.shape), 0.01) + background

    def project(params: Any) -> Any:
        return ops.clip(params, 0.0, 1.0)

    # The derivative of a clip is 0 outside, and `project` keeps the pixels inside.
    return Parametrization(
        start=start, image=lambda params: params, project=project, rest=background
    )
