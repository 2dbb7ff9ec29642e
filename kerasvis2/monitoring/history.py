"""The logs of a training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Points = list[tuple[int, float]]
MANY = 20  # values of a metric that has one for each class, of which each has a curve


class History:
    """Metric name → its values over the epochs, under Keras's own names."""

    def __init__(self) -> None:
        self._points: dict[str, Points] = {}

    def __bool__(self) -> bool:
        return bool(self._points)

    def add(self, epoch: int, logs: Mapping[str, Any], learning_rate: float | None) -> None:
        """Appends an epoch's values; those of the same epoch or later ones are replaced."""
        values = {
            str(each): one for name, value in logs.items() for each, one in _numbers(name, value)
        }
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


def _numbers(name: Any, value: Any) -> list[tuple[Any, float]]:
    """A log's number; of a metric that has one for each class, such as `F1Score`, one by one.

    Callbacks put into the logs what they like, also words: those have no curve.
    """
    try:
        if np.ndim(value) == 0:
            return [] if isinstance(value, str) else [(name, float(value))]
        values = np.asarray(value, "float64")
    except Exception:  # whatever the value's own type raises
        return []
    if values.size == 1:
        return [(name, values.item())]
    if values.ndim != 1 or values.size > MANY:
        return []
    return [(f"{name}_{index}", one) for index, one in enumerate(values.tolist())]
