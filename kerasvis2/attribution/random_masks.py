"""The random masks of RISE: coarse grids of visible cells, enlarged softly and shifted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from kerasvis2.attribution.upsample import hat
from kerasvis2.draws import Draws


@dataclass(frozen=True)
class RandomMasks:
    """`count` masks over an image; only their coarse grids are ever in memory together.

    Each is a grid of `grid` × `grid` cells, visible with probability `keep`, enlarged bilinearly
    to one cell more than the image on each axis and cropped at a random place.

    Attributes:
        count: number of masks.
        grid: cells along each axis.
        keep: probability that a cell is visible.
        image: (H, W).
        seed: the same seed gives the same masks, whatever is looked at and however.
    """

    count: int
    grid: int
    keep: float
    image: tuple[int, int]
    seed: int

    def draw(self) -> Callable[[Any], Any]:
        """The function `(k,) indices → (1, k, H, W)` of the masks, for `masked_scores`."""
        cells = self.grid * self.grid
        numbers = Draws(self.seed, 0).uniform((self.count, cells + 2))
        visible = ops.cast(numbers[:, :cells] < self.keep, "float32")
        visible = ops.reshape(visible, (self.count, self.grid, self.grid))

        def masks(indices: Any) -> Any:
            shifts = ops.take(numbers[:, cells:], indices, axis=0)
            down = self._along(self.image[0], shifts[:, 0])
            right = self._along(self.image[1], shifts[:, 1])
            coarse = ops.take(visible, indices, axis=0)
            tall = ops.einsum("kyi,kij->kyj", down, coarse)
            return ops.einsum("kyj,kxj->kyx", tall, right)[None]

        return masks

    def _along(self, side: int, shifts: Any) -> Any:
        """(k,) shifts in [0, 1) of a cell → (k, side, grid) weights along one axis."""
        cell = math.ceil(side / self.grid)
        places = ops.arange(side, dtype="float32")[None] + ops.floor(shifts * cell)[:, None]
        return hat((places + 0.5) * (self.grid / ((self.grid + 1) * cell)) - 0.5, self.grid)
