"""Activation maximization: what a unit would like to see. Pure `keras.ops`, no model inside.

What an ascent is made of, to be given to `kerasvis2.ActivationMaximization` and put together with
functions of one's own:

- transforms, the random views that an image has to hold in: `warp` of the movements `jitter`,
  `rotate`, `scale`, `shear` and `crop`; `noise`; `compose`;
- regularisers, what an image pays: `total_variation`, `lp_norm`;
- parametrizations, what is moved: `pixels`, `fourier`, `maco`; one's own is a function of a
  `Canvas` that gives a `Parametrization`.
"""

from kerasvis2.draws import Draws
from kerasvis2.synthesis.canvas import Canvas
from kerasvis2.synthesis.fourier import fourier
from kerasvis2.synthesis.maco import maco
from kerasvis2.synthesis.parametrization import Parametrization
from kerasvis2.synthesis.pixels import pixels
from kerasvis2.synthesis.regularizers import lp_norm, total_variation
from kerasvis2.synthesis.transforms import (
    compose,
    crop,
    jitter,
    noise,
    rotate,
    scale,
    shear,
    warp,
)

__all__ = [
    "Canvas",
    "Draws",
    "Parametrization",
    "compose",
    "crop",
    "fourier",
    "jitter",
    "lp_norm",
    "maco",
    "noise",
    "pixels",
    "rotate",
    "scale",
    "shear",
    "total_variation",
    "warp",
]
