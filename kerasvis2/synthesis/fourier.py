"""Images parametrised by their spectrum, so that a step moves all scales alike."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops

from kerasvis2.draws import Draws
from kerasvis2.synthesis.canvas import Canvas, frequencies
from kerasvis2.synthesis.color import painter
from kerasvis2.synthesis.parametrization import Parametrization

FALL = 1.5


def fourier(canvas: Canvas) -> Parametrization:
    """The parameters weigh Fourier waves and uncorrelated colours; a sigmoid bounds the image.

    A wave of frequency f (cycles a pixel) is scaled by 1 / max(f, 1 / max(H, W)) to the power
    `FALL`, so that large shapes come as easily as fine ones, which by pixels they do not. Olah,
    Mordvintsev & Schubert 2017, "Feature Visualization", Distill, with power 1; the steeper fall
    needs no other regulariser against fine noise.

    The waves are cos + sin (Hartley's form of the Fourier basis), whose coefficients are real:
    the image is two matrix products, on any backend.
    """
    height, width, channels = canvas.shape
    falling = 1.0 / np.maximum(frequencies(height, width), 1.0 / max(height, width))
    falling = falling**FALL
    # Coefficients of deviation 1 then make an image of the deviation that the canvas shows.
    falling *= math.sqrt(height * width / np.square(falling).sum())
    weights = falling[..., None].astype(np.float32)
    rows, columns = _waves(height), _waves(width)
    paint = painter(canvas)

    def start(units: int, draws: Draws) -> Any:
        return draws.normal((units, *canvas.shape), 0.1)

    def image(params: Any) -> Any:
        scaled = ops.reshape(
            params * ops.convert_to_tensor(weights), (-1, height, width * channels)
        )
        scaled = ops.reshape(ops.matmul(rows, scaled), (-1, height, width, channels))
        # (H, C, W) × (W, W): one matrix product for every row and channel.
        scaled = ops.matmul(ops.transpose(scaled, (0, 1, 3, 2)), columns)
        plain = ops.transpose(scaled, (0, 1, 3, 2))
        return paint(plain)

    return Parametrization(start=start, image=image)


def _waves(size: int) -> np.ndarray:
    """Orthonormal, symmetric matrix of cos + sin waves (size, size)."""
    angle = 2 * np.pi * np.outer(np.arange(size), np.arange(size)) / size
    return ((np.cos(angle) + np.sin(angle)) / math.sqrt(size)).astype(np.float32)
