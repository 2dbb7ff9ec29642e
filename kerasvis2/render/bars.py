"""Rows of a table: which of its features speak for the answer, as bars with their names."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import NOT_A_NUMBER, paint
from kerasvis2.render.given import Given
from kerasvis2.render.page import INNER, LINE, PAPER
from kerasvis2.render.scale import as_float, in_units, number

SHOWN = 12

_ROW = 20
_NAMES = (60, 250)
_NUMBER = 66  # Room for a bar's own number.


def bars_sheet(
    rows: Any,
    maps: Any,
    *,
    names: Sequence[str] = (),
    signed: bool = True,
    shown: int = SHOWN,
    **given: Any,
) -> tuple[np.ndarray, float]:
    """Each example as bars: the features in the order of their columns, their values beside them.

    Of more than 12 features those are drawn whose attributions are largest over all examples, the
    same for each, so that examples and epochs compare.

    Args:
        rows: (N, F) values, numbers or words; None for none.
        maps: Float (N, F).
        names: The features' names; "feature 3" where there is none.
        shown: How many features are drawn at most.
        signed: Whether negative values are drawn, in the other colour.
        **given: `Given`'s.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.

    Raises:
        ValueError: If the shapes or the scale are none of these.
    """
    sheet = Given(signed=signed, **given)
    maps = as_float(maps)
    rows = None if rows is None else np.asarray(rows)
    if maps.ndim != 2 or 0 in maps.shape or (rows is not None and rows.shape != maps.shape):
        shape = None if rows is None else rows.shape
        raise ValueError(f"rows has shape {shape} and maps {maps.shape}; give (N, F) of both.")
    features = maps.shape[1]
    kept = np.arange(features)
    notes = list(sheet.notes)
    if features > shown:
        sizes = np.where(np.isfinite(maps), np.abs(maps), 0).max(axis=0)
        kept = np.sort(np.argsort(-sizes, kind="stable")[:shown])
        notes = [*notes, f"the {shown} of {features} features with the largest attributions"]
    scales = sheet.fit(maps)
    units = in_units(maps, scales)
    words = [names[i] if i < len(names) else f"feature {i}" for i in kept.tolist()]

    def draw(index: int) -> np.ndarray:
        labels = words
        if rows is not None:
            labels = [f"{word} = {_value(rows[index, i])}" for word, i in zip(words, kept)]
        return _bars(labels, units[index, kept], maps[index, kept], signed)

    return sheet.stacked(maps, scales, draw, what="rows", notes=notes)


def _bars(labels: Sequence[str], units: np.ndarray, values: np.ndarray, signed: bool) -> np.ndarray:
    """Bars from 0 to the right, and below 0 to the left, in the colours of the scale."""
    widest = max(text.width_of(text.clean(label), text.SMALL) for label in labels) + 10
    left = int(np.clip(widest, *_NAMES))
    room = INNER - left - _NUMBER
    zero = left + (room // 2 if signed else 0)
    length = room // 2 if signed else room
    picture = np.full((_ROW * len(labels), INNER, 3), PAPER, np.uint8)
    picture[:, zero] = LINE
    colours = paint(units, signed)
    down = (_ROW - text.line_height(text.SMALL)) // 2
    for place, (label, unit, value) in enumerate(zip(labels, units.tolist(), values.tolist())):
        row = picture[place * _ROW : (place + 1) * _ROW]
        text.write(row, 0, down, label, width=left - 8, size=text.SMALL)
        if np.isnan(unit):
            row[4:-4, zero : zero + 12] = NOT_A_NUMBER
            end = zero + 12
        else:
            reach = round(abs(unit) * length)
            start, end = (zero - reach, zero) if unit < 0 else (zero, zero + reach)
            row[3:-3, start:end] = text.FAINT  # An outline, for bars as pale as the paper.
            row[4:-4, start + 1 : end - 1] = colours[place]
        text.write(
            row, max(end, zero) + 6, down, number(value, 2), size=text.SMALL, colour=text.FAINT
        )
    return picture


def _value(value: Any) -> str:
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return number(float(value))
    return str(value)
