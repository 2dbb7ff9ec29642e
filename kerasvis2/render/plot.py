"""Axes and strokes for the curves: ranges, round ticks, smooth lines as ink."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from kerasvis2.render.scale import nice, number

_FINE = 3  # Strokes are drawn this much larger, then averaged, to be smooth.
_DECADES = 2  # A positive axis that spans more is logarithmic.


@dataclass(frozen=True)
class Axis:
    """From values to pixels: `low` is drawn at 0 and `high` at `length`."""

    low: float
    high: float
    length: int
    log: bool = False

    def at(self, value: float) -> float:
        """The distance in pixels of a finite value from the axis's beginning."""
        if self.log:
            low, high, value = math.log10(self.low), math.log10(self.high), math.log10(value)
        else:
            low, high = self.low, self.high
        return (value - low) / (high - low) * self.length


def value_axis(values: Sequence[float], length: int) -> Axis:
    """An axis that holds all finite values with a little air, logarithmic over two decades."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if low > 0 and high / low > 10**_DECADES:
        air = (high / low) ** 0.06
        return Axis(low / air, high * air, length, log=True)
    air = (high - low) * 0.06 or abs(high) or 1.0
    return Axis(low - air, high + air, length)


def step_axis(steps: Sequence[int], length: int) -> Axis:
    """An axis from the first to the last step with a little air, and never shorter than two."""
    low, high = (min(steps), max(steps)) if steps else (0, 1)
    high = max(high, low + 2)
    air = (high - low) * 0.03
    return Axis(low - air, high + air, length)


def ticks(axis: Axis, count: int) -> list[tuple[float, str]]:
    """At most `count` round values on the axis, hardly fewer than half, and their print."""
    if axis.log:
        first, last = math.ceil(math.log10(axis.low)), math.floor(math.log10(axis.high))
        every = max(1, -(-(last - first + 1) // count))
        values = [10.0**power for power in range(first, last + 1, every)]
        return [(value, number(value)) for value in values]
    step = nice((axis.high - axis.low) / count)
    places = range(math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9) + 1)
    return [(place * step, _round(place * step, step)) for place in places]


def step_ticks(axis: Axis, count: int) -> list[tuple[float, str]]:
    """As `ticks`, but whole numbers only."""
    step = max(1, round(nice((axis.high - axis.low) / count)))
    first = math.ceil(axis.low / step) * step
    return [(value, str(value)) for value in range(first, math.floor(axis.high) + 1, step)]


def strokes(
    size: tuple[int, int], lines: Iterable[Sequence[tuple[float, float]]], width: float = 2
) -> np.ndarray:
    """Smooth lines through points (x, y) in pixels, as ink: uint8 (height, width)."""
    height, across = size
    image = Image.new("L", (across * _FINE, height * _FINE))
    pen = ImageDraw.Draw(image)
    for line in lines:
        points = [(x * _FINE, y * _FINE) for x, y in line]
        # Rounded joints cost a hundred times a segment, and cannot be seen where there are many.
        joint = "curve" if len(points) < 500 else None
        pen.line(points, fill=255, width=round(width * _FINE), joint=joint)
    return np.asarray(image.reduce(_FINE))


def dots(size: tuple[int, int], points: Iterable[tuple[float, float]], radius: float) -> np.ndarray:
    """Round dots at (x, y) in pixels, as ink: uint8 (height, width)."""
    height, across = size
    image = Image.new("L", (across * _FINE, height * _FINE))
    pen = ImageDraw.Draw(image)
    for x, y in points:
        pen.circle((x * _FINE, y * _FINE), radius * _FINE, fill=255)
    return np.asarray(image.reduce(_FINE))


def _round(value: float, step: float) -> str:
    """As many decimals as the step between two ticks needs."""
    if not value:
        return "0"
    if step < 1e-4 or abs(value) >= 1e5:
        return number(value)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{decimals}f}".replace("-", "−")
