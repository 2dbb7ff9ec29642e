"""What networks answer that is no class: numbers, label maps, pictures, boxes."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.arrange import BETWEEN, arrange
from kerasvis2.render.captions import with_reach
from kerasvis2.render.colour import NOT_A_NUMBER, RIGHT, paint
from kerasvis2.render.given import Given
from kerasvis2.render.lettering import Words
from kerasvis2.render.mosaic import FRAME, GAP, captioned, cell_width, grid
from kerasvis2.render.page import INNER, LINE, PAPER, Legend, head_height, legend_of, page
from kerasvis2.render.plot import dots, strokes, ticks, value_axis
from kerasvis2.render.resize import as_pictures, resize_pictures
from kerasvis2.render.scale import as_float, in_units, overall

SHOWN = 16
PANELS = 6

_VOID, _NONE = (-1, 255), -2

# Told apart by most colour-blind readers; none is the colour of what is wrong, or of NaN.
LABELS = (
    (40, 40, 44),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 92, 175),
    (204, 121, 167),
    (160, 160, 166),
    (122, 82, 40),
    (120, 220, 190),
    (150, 110, 220),
    (190, 210, 110),
    (240, 240, 242),
)


_NOTHING = (224, 224, 228)  # where each class says no


def values_sheet(
    predicted: Any,
    true: Any,
    *,
    title: str,
    names: Sequence[str] = (),
    how: str = "",
    quantity: str = "",
    notes: Sequence[str] = (),
) -> np.ndarray:
    """Predicted values over true ones, a dot an example; on the diagonal both agree.

    Args:
        predicted, true: Float (N,) or (N, units); of more than 6 units the first are drawn.
        title: What it is.
        names: The units' names.
        how: By which settings it was made, in one line.
        quantity: What is predicted, and in which unit.
        notes: Further lines below the title.

    Returns:
        uint8 (height, width, 3).

    Raises:
        ValueError: If the shapes differ.
    """
    predicted, true = (np.asarray(each, np.float64) for each in (predicted, true))
    if predicted.shape != true.shape or not predicted.size:
        raise ValueError(
            f"predicted has shape {predicted.shape} and true {true.shape}; give the same of both."
        )
    predicted, true = (each.reshape(len(each), -1) for each in (predicted, true))
    units = predicted.shape[1]
    notes = [*notes, "predicted upwards, true to the right; on the line both agree"]
    if units > PANELS:
        notes.append(f"{PANELS} of {units} units")
    shown = min(units, PANELS)
    columns = {1: 1, 2: 2, 4: 2}.get(shown, 3)
    edge = {1: 400, 2: 250}.get(columns, 160)
    panels = [
        _panel(true[:, i], predicted[:, i], names[i] if i < len(names) else "", edge, columns)
        for i in range(shown)
    ]
    if quantity:
        notes.insert(0, quantity)
    return page(grid(np.stack(panels), columns, GAP), title=title, how=how, notes=notes)


def _panel(
    true: np.ndarray, predicted: np.ndarray, name: str, edge: int, columns: int
) -> np.ndarray:
    left, foot = 56, 22
    finite = np.isfinite(true) & np.isfinite(predicted)
    head = 2 * text.line_height(text.SMALL) + 6
    picture = np.full((head + edge + foot, cell_width(columns), 3), PAPER, np.uint8)
    width = min(edge, picture.shape[1] - left)
    both = np.concatenate([true[finite], predicted[finite]])
    axis = value_axis(both.tolist(), width)
    if axis.log:  # a regression is judged by differences
        axis = value_axis([*both.tolist(), 0.0], width)
    off = np.abs(predicted - true)[finite]
    said = f"mean error {off.mean():.2g}" if off.size else "nothing finite"
    if not finite.all():
        said += f" · {int((~finite).sum())} NaN/inf"
        picture[4:14, -10:] = NOT_A_NUMBER
    text.write(picture, 0, 0, name, width=picture.shape[1] - 14, size=text.SMALL, bold=True)
    line = text.line_height(text.SMALL)
    text.write(picture, 0, line, said, width=picture.shape[1], size=text.SMALL, colour=text.FAINT)
    area = picture[head : head + width, left : left + width]
    most = max(3, width // 60)
    few = [ticks(axis, count) for count in range(most, most + 4)]
    for value, label in next((each for each in few if len(each) > 1), few[0]):  # one says no unit
        place = round(axis.at(value))
        if 0 <= place < width:
            area[width - 1 - place] = LINE
            area[:, place] = LINE
            across = left - 6 - text.width_of(label, text.SMALL)
            text.write(
                picture,
                across,
                head + width - place - 10,
                label,
                size=text.SMALL,
                colour=text.FAINT,
            )
            across = left + place - text.width_of(label, text.SMALL) // 2
            text.write(picture, across, head + width + 3, label, size=text.SMALL, colour=text.FAINT)
    size = (width, width)
    text.stamp(area, 0, 0, strokes(size, [[(0, width), (width, 0)]], 1), text.FAINT)
    points = [(axis.at(x), width - axis.at(y)) for x, y in zip(true[finite], predicted[finite])]
    text.stamp(area, 0, 0, dots(size, points, 3.5), (PAPER,) * 3)
    text.stamp(area, 0, 0, dots(size, points, 2.6), RIGHT)
    return picture


def mask_sheet(
    images: Any,
    predicted: Any,
    true: Any = None,
    *,
    title: str,
    names: Sequence[str] = (),
    how: str = "",
    captions: Sequence[Sequence[str]] = (),
    notes: Sequence[str] = (),
) -> np.ndarray:
    """Each image, its true label map where that is known, and the predicted one.

    Args:
        images: Float (N, H, W, C) in [0, 1].
        predicted, true: int (N, h, w), the class of each pixel; −1 and 255 where it is not
            labelled, −2 where it is none of the classes.
        title: What it is.
        names: The classes' names.
        how: By which settings it was made, in one line.
        captions: For each image its lines, such as its IoU.
        notes: Further lines below the title.

    Returns:
        uint8 (height, width, 3).
    """
    maps = [np.asarray(each) for each in (true, predicted) if each is not None]
    order = "image, true, predicted" if true is not None else "image, predicted"
    count = len(images)
    present = sorted({int(c) for each in maps for c in np.unique(each[:SHOWN])})
    legend = [_name(c, names) for c in present]
    panels = [as_pictures(images[:SHOWN]), *(each[:SHOWN] for each in maps)]
    key = _key(present, legend)
    return _beside(panels, count, captions[:SHOWN], title, how, [order, *notes], None, key)


def reconstruction_sheet(
    targets: Any,
    outputs: Any,
    *,
    quantity: str = "absolute difference",
    wanted: str = "wanted",
    **given: Any,
) -> tuple[np.ndarray, float]:
    """Pictures that a network puts out, beside what they should be, and how far they are off.

    Args:
        targets: Float (N, H, W, C), black 0 and white 1: the input, or what it should become.
        outputs: Float, of the same shape.
        quantity: What the scale measures.
        wanted: What the targets are called.
        **given: `Given`'s.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.
    """
    targets, outputs = as_float(targets), as_float(outputs)
    if targets.shape != outputs.shape:
        raise ValueError(f"targets has shape {targets.shape} and outputs {outputs.shape}.")
    count = len(targets)
    targets, outputs = targets[:SHOWN], outputs[:SHOWN]
    off = np.abs(outputs - targets)
    off = off.max(-1) if off.ndim == 4 else off
    sheet = Given(quantity=quantity, **given)
    scales = sheet.fit(off)
    whole = overall(scales)
    panels = [as_pictures(targets), as_pictures(outputs), paint(in_units(off, scales), False)]
    legend = legend_of(whole, quantity=quantity)
    notes = [f"{wanted}, put out, difference", *sheet.notes]
    words = with_reach(sheet.captions, off, scales)
    return _beside(panels, count, words, sheet.title, sheet.how, notes, legend), whole.top


def _name(label: int, names: Sequence[str]) -> str:
    if label in _VOID:
        return "not labelled"
    if label == _NONE:
        return "none"
    return names[label] if label < len(names) else f"class {label}"


def _labelled(maps: np.ndarray) -> np.ndarray:
    """Label maps in the labels' colours, those of more than there are colours taken in turn."""
    rest = len(LABELS) - 1
    table = np.array([*LABELS, (PAPER,) * 3, _NOTHING], np.uint8)
    places = np.where(maps > 0, 1 + (maps - 1) % rest, 0)
    places = np.where(np.isin(maps, _VOID), len(LABELS), places)
    return table[np.where(maps == _NONE, len(LABELS) + 1, places).astype(np.intp)]


def _labels_at(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Label maps (N, h, w) as pictures of a size: of each pixel the label in its middle, as a mean
    of two labels' colours would be that of a third."""
    down, across = (
        ((np.arange(wanted) + 0.5) * own / wanted).astype(int)
        for wanted, own in zip(size, maps.shape[1:])
    )
    return _labelled(maps[:, down[:, None], across])


def _key(present: Sequence[int], names: Sequence[str]) -> np.ndarray | None:
    """What the colours mean, in as many lines as that takes."""
    height = text.line_height(text.SMALL) + 2
    rows = [np.full((height, INNER, 3), PAPER, np.uint8)]
    left = 0
    for label, name in zip(present[:24], names):
        shown = text.shorten(name, 160, text.SMALL)
        wide = 18 + text.width_of(shown, text.SMALL) + 14
        if left and left + wide > INNER:
            rows.append(np.full((height, INNER, 3), PAPER, np.uint8))
            left = 0
        swatch = rows[-1][3:16, left : left + 13]
        swatch[:] = text.FAINT
        swatch[1:-1, 1:-1] = _labelled(np.array([[label]]))[0, 0]
        text.write(rows[-1], left + 18, 0, shown, size=text.SMALL)
        left += wide
    return np.concatenate(rows) if present else None


def _beside(
    panels: Sequence[np.ndarray],
    total: int,
    captions: Sequence[Sequence[str]],
    title: str,
    how: str,
    notes: Sequence[str],
    legend: Legend | None,
    key: np.ndarray | None = None,
) -> np.ndarray:
    """Cells of pictures and label maps side by side, all drawn at the size of the first."""
    above = 0 if key is None else len(key) + 8
    head = partial(head_height, title, how, [*notes, ""], legend)
    plan = arrange(
        len(panels[0]),
        (panels[0].shape[1], panels[0].shape[2]),
        panels=len(panels),
        words=Words(captions),
        head=lambda width: head(width) + above,
        beside=True,
    )
    if plan.shown < total:
        notes = [*notes, f"{plan.shown} of {total} images"]
    drawn = [
        (_labels_at if each.ndim == 3 else resize_pictures)(each[: plan.shown], plan.size)
        for each in panels
    ]
    height, width = plan.size
    cells = np.full(
        (plan.shown, height, len(drawn) * (width + BETWEEN) - BETWEEN, 3), PAPER, np.uint8
    )
    for place, each in enumerate(drawn):
        cells[:, :, place * (width + BETWEEN) :][:, :, :width] = each
    body = captioned(cells, plan.columns, captions[: plan.shown], None, plan.inner, plan.lettering)
    if key is not None:
        space = np.full((above, body.shape[1], 3), PAPER, np.uint8)
        space[: len(key), FRAME : FRAME + key.shape[1]] = key[:, : body.shape[1] - FRAME]
        body = np.concatenate([space, body])
    return page(body, title=title, how=how, notes=notes, legend=legend, bleed=FRAME)
