"""Training curves, a panel a metric, training against validation."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import NOT_A_NUMBER
from kerasvis2.render.mosaic import GAP, cell_width, grid
from kerasvis2.render.page import LINE, PAPER, page
from kerasvis2.render.plot import Axis, dots, step_axis, step_ticks, strokes, ticks, value_axis
from kerasvis2.render.scale import number

Points = Sequence[tuple[int, float]]
History = Mapping[str, Points]

PANELS = 6
TRAIN = (0, 92, 175)
VALIDATION = (0, 128, 92)  # not orange: that is what is wrong

_LEFT = 54  # Room for the words at the axis of values.
_FOOT = 20
_HEADS = 3  # Lines of text above each panel.
_FEW = 15  # So few points are drawn as dots too.

_RATES = ("learning_rate", "lr")
_LOWER = re.compile(
    "loss|err|mae|mse|mape|msle|entropy|divergence|hinge|perplexity|poisson|distance|false"
)
_HIGHER = re.compile(
    "acc|auc|precision|recall|f1|f_?beta|iou|io_u|dice|r2|psnr|ssim|similarity|top_k|sensitivity"
    "|specificity|kappa|score|true"
)


def curves_sheet(history: History, *, title: str, x_label: str = "epoch") -> np.ndarray:
    """A panel for each metric with its training curve, its validation curve and the best of these.

    An axis that spans more than two decades of positive values is logarithmic and says so. Values
    that are not finite leave a gap, are marked below it and counted.

    Args:
        history: Metric name → (step, value) pairs; "val_" and a name is that name's validation.
            Of more than six metrics the others are named in a note.
        title: What it is, such as "Curves · epoch 12".
        x_label: What a step is.

    Returns:
        uint8 (height, width, 3).
    """
    panels = _panels(history)
    notes = [f"{x_label} along the bottom"]
    if len(panels) > PANELS:
        others = ", ".join(panel.name for panel in panels[PANELS:])
        notes.append(f"{PANELS} of {len(panels)} metrics; not drawn: {others}")
    panels = panels[:PANELS]
    if not panels:
        return page(np.empty((0, 1, 3), np.uint8), title=title, notes=["nothing logged yet"])
    columns = 1 if len(panels) == 1 else 2
    size = (210 if columns == 1 else 130, cell_width(columns))
    drawn = np.stack([_draw(panel, size, x_label) for panel in panels])
    return page(grid(drawn, columns, GAP), title=title, notes=notes)


@dataclass(frozen=True)
class _Panel:
    name: str
    train: list[tuple[int, float]]
    validation: list[tuple[int, float]]

    @property
    def best(self) -> tuple[int, float] | None:
        """The first best point of validation, if it is known which way is better."""
        finite = [point for point in self.validation if math.isfinite(point[1])]
        if not finite:
            return None
        if _LOWER.search(self.name):
            return min(finite, key=lambda point: point[1])
        if _HIGHER.search(self.name):
            return max(finite, key=lambda point: point[1])
        return None


def _panels(history: History) -> list[_Panel]:
    """Each metric with its validation: the loss first, the learning rate last."""
    names = list(dict.fromkeys(name.removeprefix("val_") for name in history))
    names.sort(key=lambda name: (name != "loss") + 2 * (name in _RATES))
    return [_Panel(name, _points(history, name), _points(history, f"val_{name}")) for name in names]


def _points(history: History, name: str) -> list[tuple[int, float]]:
    return sorted((int(step), float(value)) for step, value in history.get(name, ()))


def _draw(panel: _Panel, size: tuple[int, int], x_label: str) -> np.ndarray:
    height, width = size
    every = panel.train + panel.validation
    up = value_axis([value for _, value in every], height)
    marks = ticks(up, 6 if height < 200 else 8)
    left = max([_LEFT, *(text.width_of(label, text.SMALL) + 8 for _, label in marks)])
    across = step_axis([step for step, _ in every], width - left - 10)
    head = _HEADS * text.line_height() + 6
    picture = np.full((head + height + _FOOT, width, 3), PAPER, np.uint8)
    _write_head(picture, panel, x_label, up.log)
    for value, label in marks:
        row = head + height - round(up.at(value))
        picture[row, left:] = LINE
        start = left - 6 - text.width_of(label, text.SMALL)
        text.write(picture, start, row - 10, label, size=text.SMALL, colour=text.FAINT)
    for value, label in step_ticks(across, max(2, across.length // 45)):
        column = left + round(across.at(value))
        picture[head : head + height, column] = LINE
        wide = text.width_of(label, text.SMALL)
        start = min(column - wide // 2, width - wide)
        text.write(picture, start, head + height + 3, label, size=text.SMALL, colour=text.FAINT)
    picture[head + height, left:] = text.FAINT
    area = picture[head : head + height + 1, left:]
    for points, colour in ((panel.train, TRAIN), (panel.validation, VALIDATION)):
        _draw_points(area, points, across, up, colour)
    if panel.best:
        place = [_place(panel.best, across, up)]
        text.stamp(area, 0, 0, dots((height + 1, width - left), place, 6.5), (PAPER,) * 3)
        text.stamp(area, 0, 0, dots((height + 1, width - left), place, 5), VALIDATION)
    return picture


def _write_head(picture: np.ndarray, panel: _Panel, x_label: str, log: bool) -> None:
    width = picture.shape[1]
    name = panel.name + (" (log)" if log else "")
    text.write(picture, 0, 0, name, width=width, bold=True)
    left, top = 0, text.line_height()
    series = [
        ("last" if panel.name in _RATES else "train", panel.train, TRAIN),
        ("val", panel.validation, VALIDATION),
    ]
    for word, points, colour in series:
        if points:
            picture[top + 10 : top + 13, left : left + 14] = colour
            label = f"{word} {number(points[-1][1])}"
            text.write(picture, left + 20, top, label, colour=colour)
            left += text.width_of(label) + 36
    left, top = 0, 2 * top
    if panel.best:
        label = f"● best {number(panel.best[1])} at {x_label} {panel.best[0]}"
        text.write(picture, 0, top, label, width=width, colour=VALIDATION)
        left = text.width_of(label) + 14
    bad = sum(not math.isfinite(value) for _, value in panel.train + panel.validation)
    if bad:
        picture[top + 5 : top + 16, left : left + 3] = NOT_A_NUMBER
        text.write(picture, left + 8, top, f"{bad} NaN/inf", colour=text.FAINT)


def _draw_points(
    area: np.ndarray, points: Points, across: Axis, up: Axis, colour: tuple[int, int, int]
) -> None:
    """Lines between neighbours, dots where they are few or alone, ticks for what is not finite."""
    runs = [
        [_place(point, across, up) for point in run]
        for finite, run in groupby(points, key=lambda point: math.isfinite(point[1]))
        if finite
    ]
    size = (area.shape[0], area.shape[1])
    joined = [run for run in runs if len(run) > 1]
    if joined:
        text.stamp(area, 0, 0, strokes(size, joined), colour)
    if len(points) <= _FEW:
        alone = [place for run in runs for place in run]
    else:
        alone = [run[0] for run in runs if len(run) == 1]
    if alone:
        text.stamp(area, 0, 0, dots(size, alone, 3), colour)
    for step, value in points:
        if not math.isfinite(value):
            column = round(across.at(step))
            area[-9:-1, max(0, column - 1) : column + 2] = NOT_A_NUMBER


def _place(point: tuple[int, float], across: Axis, up: Axis) -> tuple[float, float]:
    return across.at(point[0]), up.length - up.at(point[1])
