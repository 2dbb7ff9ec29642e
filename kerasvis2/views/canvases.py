"""What an ascent paints on: the probe's examples as pictures (H, W, C), and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.synthesis.canvas import Canvas, measure
from kerasvis2.views.pixels import as_taken

if TYPE_CHECKING:
    from kerasvis2.probe import Probe


@dataclass(frozen=True)
class Easel:
    """A canvas, and how what is painted on it becomes an input.

    Attributes:
        canvas: size, range and colours.
        lower: (n, H, W, C) → (n, …) as the model takes it.
    """

    canvas: Canvas
    lower: Callable[[Any], Any]


def easel_of(probe: Probe) -> Easel:
    """The probe's examples to paint on, in the model's input units.

    Pictures with their channels first or without an axis for them, flat ones, and signals, which
    are pictures one pixel wide.

    Raises:
        ValueError: where the examples are none of these.
    """
    shape = probe.drawn.shape[1:]
    lift, lower = _ways(probe, shape)
    low, high = probe.limits()
    corners = [lift(np.broadcast_to(end, shape)[None])[0].mean(axis=(0, 1)) for end in (low, high)]
    bottom, top = corners
    top = np.where(top > bottom, top, bottom + 1)  # a channel that never varies
    return Easel(measure(lift(probe.drawn), bottom, top), lower)


def _ways(
    probe: Probe, shape: tuple[int, ...]
) -> tuple[Callable[[np.ndarray], np.ndarray], Callable[[Any], Any]]:
    """From the model's layout to pictures (n, H, W, C), and the way back on the device."""
    if probe.kind == "signals":
        channels = shape[1] if len(shape) > 1 else 1
        return (
            lambda x: x.reshape(len(x), shape[0], 1, channels),
            lambda x: ops.reshape(x, (-1, *shape)),
        )
    if probe.kind != "pictures" or probe.images is None:
        raise ValueError(
            f"ActivationMaximization paints pictures or signals; the probe holds {probe.kind}."
        )
    if len(shape) == 2:
        return lambda x: x[..., None], lambda x: x[..., 0]
    places = probe.places()
    if places is not None:
        return lambda x: x.reshape(len(x), -1)[:, places], lambda x: as_taken(x, probe)
    if len(shape) != 3:
        raise ValueError(
            f"ActivationMaximization paints pictures (N, height, width, channels); the model takes "
            f"{probe.drawn.shape}."
        )
    return lambda x: x, lambda x: x


def check_climbable(model: Any) -> None:
    """Raises `ValueError` where the model rounds its input, so that there is no way up."""
    for taken in getattr(model, "inputs", None) or ():
        if "int" in str(taken.dtype) and len(getattr(model, "inputs", ())) == 1:
            raise ValueError(
                f"ActivationMaximization needs an input that can change a little; the model's is "
                f"{taken.dtype}. Give the model a float input."
            )
