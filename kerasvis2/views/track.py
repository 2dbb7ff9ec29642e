"""What a view remembers of each look, so that one picture shows the whole training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST = 512


@dataclass(frozen=True)
class Track:
    """Arrays of one shape, one a step, the steps ascending.

    Of more than 512 every second one is dropped, so that a training of any length fits; the first
    and the last stay.
    """

    steps: tuple[int, ...] = ()
    values: tuple[np.ndarray, ...] = ()

    def then(self, step: int, value: np.ndarray) -> Track:
        """With one more. Whatever was there at this step or later was another training's."""
        before = sum(known < step for known in self.steps)
        if before and self.values[0].shape != np.shape(value):
            before = 0  # another model: its rows are not these
        steps = (*self.steps[:before], step)
        values = (*self.values[:before], np.asarray(value))
        if len(steps) > MOST:
            kept = [*range(0, len(steps) - 1, 2), len(steps) - 1]
            steps = tuple(steps[i] for i in kept)
            values = tuple(values[i] for i in kept)
        return Track(steps, values)

    @property
    def table(self) -> np.ndarray:
        """(…, steps): the values side by side."""
        return np.stack(self.values, axis=-1)
