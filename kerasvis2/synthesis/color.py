"""From uncorrelated channels without bounds to colours that the model's input can have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from kerasvis2.synthesis.canvas import Canvas


def painter(canvas: Canvas) -> Callable[[Any], Any]:
    """Function from uncorrelated channels (U, H, W, C) to display units in 0 … 1.

    Channels of mean 0 and deviation 1 become colours of the canvas's mean and, near it, its
    covariance; a sigmoid keeps them within the range.
    """
    middle = np.clip(canvas.mean, 0.05, 0.95)
    offset = np.log(middle / (1 - middle)).astype(np.float32)
    # Divided by the sigmoid's slope at the mean, which is what makes the covariance come out.
    colors = (canvas.colors / (middle * (1 - middle))).astype(np.float32)

    def paint(plain: Any) -> Any:
        return ops.sigmoid(ops.matmul(plain, colors) + ops.convert_to_tensor(offset))

    return paint
