"""Signals over time, each with what its values add: a line above a strip of colours."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import paint
from kerasvis2.render.given import Given
from kerasvis2.render.page import INNER, LINE, PAPER
from kerasvis2.render.plot import strokes
from kerasvis2.render.resize import resize_maps, shrink
from kerasvis2.render.scale import as_float, in_units, number

SHOWN_CHANNELS = 4

_LINE_HEIGHT = 72
_STRIP = 16
_BETWEEN = 6  # Pixels between channels.
_LEFT = 56  # Room for the ends of the values.


def signal_sheet(
    signals: Any,
    maps: Any,
    *,
    signed: bool = True,
    channels: Sequence[str] = (),
    **given: Any,
) -> tuple[np.ndarray, float]:
    """Each signal as a line, time to the right, its attribution as a strip below it.

    All signals share the range of a channel's values, which stands at the left.

    Args:
        signals: Float (N, T) or (N, T, C); of C the first 4 are drawn, one below the other.
        maps: Float (N, t), one strip a signal, of any length, such as a class activation map of a
            one-dimensional convolution; or (N, T, C), one strip a channel.
        channels: Their names.
        signed: Whether negative values are drawn, in the other colour.
        **given: `Given`'s.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.

    Raises:
        ValueError: If the shapes or the scale are none of these.
    """
    sheet = Given(signed=signed, **given)
    signals, maps = as_float(signals), as_float(maps)
    signals = signals[..., None] if signals.ndim == 2 else signals
    if signals.ndim != 3 or maps.ndim not in (2, 3) or len(signals) != len(maps) or not len(maps):
        raise ValueError(
            f"signals has shape {signals.shape} and maps {maps.shape}; give (N, T[, C]) and (N, t) "
            "or (N, T, C)."
        )
    if 0 in signals.shape or 0 in maps.shape:
        raise ValueError(f"signals {signals.shape} and maps {maps.shape}: nothing to draw.")
    scales = sheet.fit(maps)
    units = in_units(maps, scales)
    apart = units.ndim == 3
    total = signals.shape[-1]
    notes = list(sheet.notes)
    if total > SHOWN_CHANNELS:
        notes = [*notes, f"{SHOWN_CHANNELS} of {total} channels"]
    if max(maps.shape[1], signals.shape[1]) > INNER - _LEFT:
        notes = [*notes, "of each strip's values that share a pixel, the largest magnitude"]
    ends = [_ends(signals[..., channel]) for channel in range(min(total, SHOWN_CHANNELS))]

    def draw(index: int) -> np.ndarray:
        rows = []
        for channel, (low, high) in enumerate(ends):
            if channel:
                rows.append(np.full((_BETWEEN, INNER, 3), PAPER, np.uint8))
            name = channels[channel] if channel < len(channels) else ""
            rows.append(_line(signals[index, :, channel], low, high, name))
            if apart:
                rows.append(_strip(units[index, :, channel], signed))
        if not apart:
            rows.append(_strip(units[index], signed))
        return np.concatenate(rows)

    return sheet.stacked(maps, scales, draw, what="signals", notes=notes)


def _ends(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if high > low else (low - 1, high + 1)


def _line(values: np.ndarray, low: float, high: float, name: str) -> np.ndarray:
    """One signal; where it is not finite the line has a gap."""
    width = INNER - _LEFT
    row = np.full((_LINE_HEIGHT, INNER, 3), PAPER, np.uint8)
    area = row[:, _LEFT:]
    area[[0, -1]] = LINE
    across = (np.arange(len(values)) + 0.5) / len(values) * width
    down = 4 + (1 - (values - low) / (high - low)) * (_LINE_HEIGHT - 9)
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(across.tolist(), down.tolist()):
        if np.isfinite(y):
            runs[-1].append((x, y))
        elif runs[-1]:
            runs.append([])
    joined = [run if len(run) > 1 else [run[0], (run[0][0] + 2, run[0][1])] for run in runs if run]
    text.stamp(area, 0, 0, strokes((_LINE_HEIGHT, width), joined, 1.5), text.INK)
    height = text.line_height(text.SMALL)
    for top, end in ((0, high), (_LINE_HEIGHT - height, low)):
        text.write(
            row, 0, top, _end(end, _LEFT - 6), width=_LEFT - 6, size=text.SMALL, colour=text.FAINT
        )
    if name:
        middle = (_LINE_HEIGHT - height) // 2
        text.write(row, 0, middle, name, width=_LEFT - 6, size=text.SMALL)
    return row


def _end(value: float, width: int) -> str:
    """A number with as many digits as there is room for: one with a gap would be another one."""
    words = [number(value, digits) for digits in (3, 2, 1)]
    return next((word for word in words if text.width_of(word, text.SMALL) <= width), words[-1])


def _strip(units: np.ndarray, signed: bool) -> np.ndarray:
    """Values in units of the scale, as a row of colours under their places in time."""
    width = INNER - _LEFT
    line = units[None, None]
    line = shrink(line, (1, width)) if len(units) > width else resize_maps(line, (1, width))
    row = np.full((_STRIP + 4, INNER, 3), PAPER, np.uint8)
    row[2:-2, _LEFT:] = paint(line[0], signed)
    return row
