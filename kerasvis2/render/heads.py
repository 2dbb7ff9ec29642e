"""Where the heads of an attention layer look: each original with one map a head beside it."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.render.colour import paint
from kerasvis2.render.mosaic import FRAME, captioned, cell_width
from kerasvis2.render.page import PAPER, legend_of, page
from kerasvis2.render.resize import as_pictures, draw_maps, fitted, resize_pictures
from kerasvis2.render.scale import as_float, fit, in_units, overall, with_ranges

_ABREAST = 8  # Heads in a row at most.
_EDGE = 96  # A map's longer edge at most.
_BETWEEN = 2


def head_sheet(
    images: Any,
    maps: Any,
    *,
    names: Sequence[str],
    scale: Any = "nice",
    frozen: float | None = None,
    title: str,
    captions: Sequence[Sequence[str]] = (),
    wrong: Sequence[bool] | None = None,
    notes: Sequence[str] = (),
) -> tuple[np.ndarray, float]:
    """Originals, each with its heads' maps to the right, in rows of 8 at most.

    Args:
        images: Float (N, H, W, C) in [0, 1].
        maps: Float (N, h, w, heads), not negative; drawn with their pixels kept apart.
        names: Words that say which heads they are, in order.
        scale: "nice", "image", "run" or a number, see `scale.fit`.
        frozen: The top to use for `scale="run"`, once there is one.
        title: What it is, such as "Attention · block_3 · epoch 12".
        captions: For each image its lines.
        wrong: Which predictions are wrong; these are framed and crossed.
        notes: Further lines below the title.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.
    """
    maps, originals = as_float(maps), as_pictures(images)
    count, height, width, heads = maps.shape
    rows = math.ceil(heads / _ABREAST)
    abreast = math.ceil(heads / rows)
    columns = {1: 3, 2: 2}.get(heads, 1)
    frames = 2 * FRAME if wrong is not None else 0
    room = (cell_width(columns) - frames - abreast * _BETWEEN) // (abreast + 1)
    edge = min(_EDGE, room)
    down, across = size = fitted(maps, edge, edge)
    alike = height * originals.shape[2] == width * originals.shape[1]
    thumbs = resize_pictures(originals, size if alike else fitted(originals, down, edge))
    scales = fit(maps, scale, signed=False, frozen=frozen)
    apart = np.moveaxis(in_units(maps, scales), -1, 1).reshape(-1, height, width)
    tiles = paint(draw_maps(apart, size), False).reshape(count, heads, down, across, 3)
    left = thumbs.shape[2] + _BETWEEN
    shape = rows * (down + _BETWEEN) - _BETWEEN, left + abreast * (across + _BETWEEN) - _BETWEEN
    strips = np.full((count, *shape, 3), PAPER, np.uint8)
    strips[:, : thumbs.shape[1], : thumbs.shape[2]] = thumbs
    for head in range(heads):
        top = head // abreast * (down + _BETWEEN)
        start = left + head % abreast * (across + _BETWEEN)
        strips[:, top : top + down, start : start + across] = tiles[:, head]
    if columns == 1:  # as wide as a page
        captions = [[" · ".join(words)] for words in captions]
    body = captioned(strips, columns, with_ranges(captions, scales), wrong)
    whole = overall(scales)
    order = f", in rows of {abreast}" if rows > 1 else ", left to right" if heads > 1 else ""
    said = " ".join(names) + order
    return page(body, title=title, notes=[said, *notes], legend=legend_of(whole)), whole.top
