"""Objects that a detector found: their boxes on the picture, beside the true ones."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.arrange import arrange
from kerasvis2.render.colour import RIGHT
from kerasvis2.render.lettering import Words
from kerasvis2.render.mosaic import FRAME, captioned
from kerasvis2.render.page import head_height, page
from kerasvis2.render.resize import as_pictures, resize_pictures

SHOWN = 16

Box = Sequence[float]


def boxes_sheet(
    images: Any,
    found: Sequence[Sequence[Box]],
    *,
    words: Sequence[Sequence[str]] = (),
    true: Sequence[Sequence[Box]] = (),
    title: str,
    how: str = "",
    captions: Sequence[Sequence[str]] = (),
    wrong: Sequence[bool] | None = None,
    notes: Sequence[str] = (),
) -> np.ndarray:
    """Each image with the boxes that were found, black and white, over the true ones, blue.

    Args:
        images: Float (N, H, W, C) in [0, 1].
        found: For each image its boxes, (top, left, bottom, right) in parts of the image, 0 to 1.
            What lies outside is cut; boxes that are not finite are left out and counted.
        words: For each image the words on each box, such as "cat 0.93".
        true: For each image its true boxes.
        title, how, captions, wrong, notes: As for `attribution_sheet`.

    Returns:
        uint8 (height, width, 3).
    """
    count = len(images)
    pictures = as_pictures(np.asarray(images)[:SHOWN])
    boxes = [np.asarray(each, np.float64).reshape(-1, 4) for each in found[:SHOWN]]
    truth = [np.asarray(each, np.float64).reshape(-1, 4) for each in true[:SHOWN]]
    bad = sum(int((~np.isfinite(each).all(1)).sum()) for each in boxes)
    notes = [*notes, *([f"{bad} boxes NaN/inf"] if bad else [])]
    if true:
        notes.append("blue: the true boxes")
    plan = arrange(
        len(pictures),
        (pictures.shape[1], pictures.shape[2]),
        words=Words(captions[:SHOWN], wrong),
        head=partial(head_height, title, how, [*notes, ""], None),
    )
    if plan.shown < count:
        notes.append(f"{plan.shown} of {count} images")
    tiles = resize_pictures(pictures[: plan.shown], plan.size).copy()
    for index, tile in enumerate(tiles):
        if index < len(truth):
            for box in truth[index]:
                _outline(tile, box, [(3, RIGHT)])
        labels = words[index] if index < len(words) else ()
        for place, box in enumerate(boxes[index]):
            corner = _outline(tile, box, [(3, text.LIGHT), (2, text.INK), (1, text.LIGHT)])
            if corner and place < len(labels):
                _label(tile, corner, labels[place])
    body = captioned(tiles, plan.columns, captions[: plan.shown], wrong, plan.inner, plan.lettering)
    return page(body, title=title, how=how, notes=notes, bleed=FRAME)


def _outline(
    tile: np.ndarray, box: np.ndarray, strokes: Sequence[tuple[int, tuple[int, int, int]]]
) -> tuple[int, int] | None:
    """A frame of nested strokes, in place; its upper left corner, or None where there is none."""
    if not np.isfinite(box).all():
        return None
    height, width = tile.shape[:2]
    ends = np.clip(box, 0, 1) * (height - 1, width - 1, height - 1, width - 1)
    top, left, bottom, right = (round(end) for end in ends.tolist())
    if bottom < top or right < left:
        return None
    inside = tile[top : bottom + 1, left : right + 1].copy()
    for thick, colour in strokes:
        tile[top : bottom + 1, left : right + 1][: max(1, thick)] = colour
        tile[top : bottom + 1, left : right + 1][-thick:] = colour
        tile[top : bottom + 1, left : right + 1][:, :thick] = colour
        tile[top : bottom + 1, left : right + 1][:, -thick:] = colour
    edge = max(thick for thick, _ in strokes)
    if inside.shape[0] > 2 * edge and inside.shape[1] > 2 * edge:
        core = inside[edge:-edge, edge:-edge]
        tile[top + edge : bottom + 1 - edge, left + edge : right + 1 - edge] = core
    return top, left


def _label(tile: np.ndarray, corner: tuple[int, int], word: str) -> None:
    top, left = corner
    shown = text.shorten(word, max(8, tile.shape[1] - left - 6), text.SMALL)
    height, width = text.line_height(text.SMALL), text.width_of(shown, text.SMALL) + 6
    top = min(top, max(0, tile.shape[0] - height))
    tile[top : top + height, left : left + width] = text.INK
    text.write(tile, left + 3, top, shown, size=text.SMALL, colour=text.LIGHT)
