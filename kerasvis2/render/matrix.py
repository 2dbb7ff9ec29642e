"""A matrix of numbers between 0 and 1, each written into its cell."""

from collections.abc import Sequence

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import paint
from kerasvis2.render.page import INNER, PAPER, legend_of, page
from kerasvis2.render.scale import Scale

SHOWN = 48

_NAMES = 170
_EDGE = (16, 56)
_TALL = 900  # Rows share this height.
_READABLE = 34  # A cell narrower than this carries no number.


def matrix_sheet(
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    how: str = "",
    quantity: str = "",
    notes: Sequence[str] = (),
) -> np.ndarray:
    """Rows down, columns across, their names on their side.

    Of more than 48 rows or columns those between are left out evenly.

    Args:
        values: Float (rows, columns), drawn from 0 to 1.
        rows, columns: Their names.
        title: What it is.
        how: By which settings it was made, in one line.
        quantity: What the numbers are.
        notes: Further lines below the title.

    Returns:
        uint8 (height, width, 3).
    """
    notes = list(notes)
    for axis, word in enumerate(("rows", "columns")):
        count = values.shape[axis]
        if count > SHOWN:
            kept = np.unique(np.linspace(0, count - 1, SHOWN).round().astype(int))
            values = np.take(values, kept, axis=axis)
            rows, columns = (
                [names[i] for i in kept] if axis == place else names
                for place, names in enumerate((rows, columns))
            )
            notes.append(f"{len(kept)} of {count} {word}, evenly spread")
    left = min(_NAMES, max(text.width_of(name, text.SMALL) for name in rows)) + 10
    edge = min((INNER - left) // len(columns), _TALL // len(rows))
    edge = int(np.clip(edge, *_EDGE))
    head = min(_NAMES, max(text.width_of(name, text.SMALL) for name in columns)) + 8
    width = max(INNER, left + edge * len(columns))
    body = np.full((head + edge * len(rows), width, 3), PAPER, np.uint8)
    scale = Scale(1.0, False, bad=int(np.isnan(values).sum()))
    colours = paint(scale.unit(values), False)
    for place, name in enumerate(columns):
        ink = np.rot90(text.mask(text.shorten(name, head - 8, text.SMALL), text.SMALL))
        across = left + place * edge + (edge - ink.shape[1]) // 2
        text.stamp(body, across, head - 6 - len(ink), ink, text.INK)
    for row, name in enumerate(rows):
        top = head + row * edge
        down = top + (edge - text.line_height(text.SMALL)) // 2
        text.write(body, 0, down, name, width=left - 8, size=text.SMALL)
        for column, value in enumerate(values[row]):
            start = left + column * edge
            body[top : top + edge - 1, start : start + edge - 1] = colours[row, column]
            if edge >= _READABLE and np.isfinite(value):
                shown = f"{value:.2f}"
                across = start + (edge - text.width_of(shown, text.SMALL)) // 2
                text.write(
                    body,
                    across,
                    down,
                    shown,
                    size=text.SMALL,
                    colour=text.ink_on(colours[row, column]),
                )
    return page(body, title=title, how=how, notes=notes, legend=legend_of(scale, quantity=quantity))
