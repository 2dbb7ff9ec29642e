"""The display of a probe: what a user's `display` argument means, and the pictures it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from kerasvis2.probing.fit import fit_affine, fit_layout
from kerasvis2.probing.guess import laid_out
from kerasvis2.probing.scales import Affine, Bounds, DisplayError, Layout, Range


@dataclass(frozen=True, eq=False)
class Function:
    """A user's callable from a batch in the model's units to a batch in [0, 1].

    Attributes:
        function: the callable.
        sample: the probe's inputs, to learn from what the function does to a pixel.
    """

    function: Callable[[np.ndarray], Any]
    sample: np.ndarray

    @property
    def bounds(self) -> Bounds | None:
        return None

    @cached_property
    def layout(self) -> Layout | None:
        """Where each value of an example is shown, if the function only moves and scales them."""
        try:
            return fit_layout(self.forward, self.sample)
        except Exception:  # a user's function need not take values that we think of
            return None

    @cached_property
    def affine(self) -> Affine | None:
        """The one map of each pixel's channels that the function is, or None."""
        function: Callable[[np.ndarray], np.ndarray] = self.forward
        sample = self.sample
        if sample.ndim == 3:  # grey without a channel axis, neither here nor in the result
            function, sample = (lambda x: self.forward(x[..., 0])), sample[..., np.newaxis]
        try:
            return fit_affine(function, sample)
        except Exception:  # as above
            return None

    def forward(self, x: np.ndarray) -> np.ndarray:
        # A copy, since Keras's own preprocessing functions write into what they are given.
        return np.asarray(self.function(np.array(x)), np.float32)

    def backward(self, shown: np.ndarray) -> np.ndarray:
        shown = np.asarray(shown)
        grey = self.sample.ndim == 3
        if self.affine is not None:
            found = self.affine.backward(shown[..., np.newaxis] if grey else shown)
            return found[..., 0] if grey else found
        if self.layout is None:
            raise DisplayError(
                "display is a callable that does more than move and scale single values, so what "
                "is black in the model's own units cannot be worked out from it. Give "
                "display=(low, high), or the wanted value or array in the model's units."
            )
        return self.layout.backward(shown)


Display = Range | Affine | Layout | Function


def make_display(display: Any, drawn: np.ndarray, first: bool | None = None) -> Display:
    """The display for a user's `display` argument, which is not "auto", and the drawn input."""
    if isinstance(display, str):
        raise ValueError(
            f'display={display!r}; give "auto", a (low, high) range, or a callable to [0, 1].'
        )
    if isinstance(display, (Affine, Layout, Range)):
        return display
    if callable(display):
        return Function(display, drawn)
    try:
        low, high = (float(value) for value in display)
    except (TypeError, ValueError):
        raise ValueError(
            f'display={display!r}; give "auto", a (low, high) range of two numbers, '
            "or a callable to [0, 1]."
        ) from None
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"display=({low:g}, {high:g}): low must be less than high, both finite.")
    return laid_out(Range(low, high), drawn.shape[1:], first)


def to_picture(display: Display, x: np.ndarray, *, channels: bool) -> np.ndarray:
    """Pictures (N, H, W, 1 or 3) float32 in [0, 1].

    Two channels are drawn as red against cyan, grey where they agree; of more than three, the
    first three are red, green and blue.

    Args:
        display: the transform.
        x: (N, H, W, C), or (N, H, W) without `channels`; anything that a callable makes that of.
        channels: whether x has a channel axis; a callable's result is told by its rank.
    """
    shown = _shown(display, x)
    if isinstance(display, (Function, Layout)):
        channels = shown.ndim == 4
        if shown.ndim not in (3, 4) or len(shown) != len(x):
            raise ValueError(
                f"display: the callable must return (N, H, W) or (N, H, W, channels) for the "
                f"{len(x)} images; it returned {shown.shape} for {x.shape}."
            )
    if not channels:
        shown = shown[..., np.newaxis]
    count = shown.shape[-1]
    if count == 2:
        shown = shown[..., [0, 1, 1]]
    elif count > 3:
        shown = shown[..., :3]
    # float32 division can leave a 1 at 1.0000001, and a callable need not clip.
    return np.clip(np.nan_to_num(shown, nan=0.0), 0.0, 1.0).astype(np.float32)


def _shown(display: Display, x: np.ndarray) -> np.ndarray:
    if not isinstance(display, Function):
        return display.forward(x)
    try:
        return display.forward(x)
    except Exception as error:  # whatever a user's own function raises
        raise DisplayError(
            f"display: the callable failed on inputs of shape {x.shape}: "
            f"{type(error).__name__}: {error}"
        ) from error
