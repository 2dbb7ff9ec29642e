"""How a probe's inputs are drawn, and what is drawn in the model's units."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasvis2.probing import kinds, layout
from kerasvis2.probing.display import Display, to_picture
from kerasvis2.probing.fixed import Fixed
from kerasvis2.probing.scales import DisplayError, Layout


class Pictured(Fixed):
    """The part of a `Probe` that knows its display."""

    images: np.ndarray | None
    kind: str
    shown: kinds.Shown
    display_note: str | None
    _display: Display | None

    def to_display(self, x: Any) -> np.ndarray:
        """Pictures (N, H, W, 1 or 3) float32 in [0, 1] of a batch in the model's units.

        Raises:
            DisplayError: the probe's examples are no pictures.
        """
        batch = np.asarray(x)
        if self._display is None or self.kind not in kinds.PICTURED:
            raise DisplayError(f"The probe's inputs are {self.kind}, of which there is no picture.")
        if self.kind == "volumes":
            batch = batch[:, batch.shape[1] // 2]
        return to_picture(self._display, batch, channels=self.drawn.ndim >= 4)

    def from_display(self, shown: Any) -> np.ndarray:
        """What the model takes for what is shown: 0 is black, 1 is white.

        Args:
            shown: a number, or values in [0, 1] of any shape; where `display` is a callable, an
                array's last axis is the shown channels, or its last three are the whole picture.

        Returns:
            float32 in the model's units, of the shape of `shown`; where `display` is a callable
            what broadcasts to an example: (C,) or the example's shape for a number.

        Raises:
            DisplayError: it cannot be told; the message says what to give instead.
        """
        if self._display is None:
            raise DisplayError(
                f'The probe\'s inputs are {self.kind}, and what is "black" in them is not known. '
                "Give the probe display=(low, high), or the value in the model's units."
            )
        return np.asarray(self._display.backward(np.asarray(shown)), np.float32)

    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and highest value in the model's units, each to broadcast to an example.

        Those of black and white where the display says them, else the probe's own in each channel.
        """
        try:
            low, high = self.from_display(0.0), self.from_display(1.0)
        except DisplayError:
            values = self.drawn.reshape(-1, self.drawn.shape[-1])
            low, high = (values.min(axis=0), values.max(axis=0))
        return np.minimum(low, high).astype(np.float32), np.maximum(low, high).astype(np.float32)

    def arrange(self, maps: Any) -> np.ndarray | None:
        """A map (N, …) over the drawn input's values as (N, H, W, C), laid out as it is drawn.

        None where that is not known: the examples are no pictures, or the display does more than
        move and scale them.
        """
        return layout.arranged(self._display, np.asarray(maps), self.drawn, self.images)

    @property
    def channels_first(self) -> bool:
        """Whether what is drawn are pictures whose channels come before their places."""
        shape = self.drawn.shape[1:]
        if self.images is None or self.kind != "pictures" or len(shape) != 3:
            return False
        if isinstance(self._display, Layout):
            moved = np.moveaxis(np.arange(int(np.prod(shape))).reshape(shape), 0, -1)
            return np.array_equal(self._display.source[..., :1], moved[..., :1])
        size = self.images.shape[1:3]
        return shape[:2] != size and shape[1:] == size

    def places(self) -> np.ndarray | None:
        """(H, W, C) which value of an example is drawn where; None where it is as it lies.

        Of flat pictures and those whose channels come first, so that they can be turned upright.
        """
        if self.kind != "pictures":
            return None
        found = layout.places(self._display, self.drawn)
        if found is None and self.channels_first:  # of which not all are drawn
            shape = self.drawn.shape[1:]
            found = np.moveaxis(np.arange(int(np.prod(shape))).reshape(shape), 0, -1)
        return found
