"""Images whose spectrum's magnitude is a real picture's, and whose phase alone is free."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from kerasvis2.draws import Draws
from kerasvis2.synthesis.canvas import Canvas
from kerasvis2.synthesis.color import painter
from kerasvis2.synthesis.parametrization import Parametrization


def maco(canvas: Canvas) -> Parametrization:
    """The parameters are the phases of the spectrum whose magnitude the canvas has measured.

    No frequency can be added, so there is no high-frequency trick to be found, and no regulariser
    is needed. Fel, Boissin, Boutin et al. 2023, "Unlocking Feature Visualization for Deeper
    Networks with MAgnitude Constrained Optimization", NeurIPS.

    Phases are angles in radians, (U, H, W, C). A real image's are antisymmetric, so the phase of a
    wave is its parameter minus the opposite wave's.
    """
    magnitude = canvas.spectrum.transpose(2, 0, 1).copy()
    # The mean is the canvas's mean colour, and cannot be turned in phase.
    magnitude[:, 0, 0] = 0.0
    magnitude = np.sqrt(canvas.shape[0] * canvas.shape[1], dtype=np.float32) * magnitude
    paint = painter(canvas)

    def start(units: int, draws: Draws) -> Any:
        return draws.uniform((units, *canvas.shape), -np.pi / 2, np.pi / 2)

    def image(params: Any) -> Any:
        flipped = ops.flip(ops.flip(params, axis=1), axis=2)  # one axis a time: Keras 3.12
        opposite = ops.roll(flipped, (1, 1), axis=(1, 2))
        phase = ops.transpose(params - opposite, (0, 3, 1, 2))
        size = ops.convert_to_tensor(magnitude)
        real, _ = ops.ifft2((size * ops.cos(phase), size * ops.sin(phase)))
        return paint(ops.transpose(real, (0, 2, 3, 1)))

    return Parametrization(start=start, image=image)
