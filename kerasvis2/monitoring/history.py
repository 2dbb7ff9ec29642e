"""The logs of a training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Points = list[tuple[int, float]]


class History:
    """Metric name → its values over the epochs, under Keras's own names."""

    def __init__(self) -> None:
        self._points: dict[str, Points] = {}

    def __bool__(self) -> bool:
        return bool(self._points)

    def add(self, epoch: int, logs: Mapping[str, Any], learning_rate: float | None) -> None:
        """Appends an epoch's values; those of the same epoch or later ones are replaced."""
        values = {name: float(value) for name, value in logs.items()}
        if learning_rate is not None:
            values.setdefault("learning_rate", learning_rate)
        for name, value in values.items():
            points = self._points.setdefault(name, [])
            if points and points[-1][0] >= epoch:
                points[:] = [point for point in points if point[0] < epoch]
            points.append((epoch, value))

    def copy(self) -> dict[str, Points]:
        """As it is now, for another thread."""
        return {name: list(points) for name, points in self._points.items()}
