"""Where the heads of an attention layer look: each original with one map a head beside it."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.render.captions import with_reach
from kerasvis2.render.colour import paint
from kerasvis2.render.given import Given
from kerasvis2.render.lettering import Words
from kerasvis2.render.mosaic import FRAME, GAP, captioned, cell_width
from kerasvis2.render.page import LONGEST, MARGIN, PAPER, head_height, legend_of, page
from kerasvis2.render.resize import as_pictures, draw_maps, fitted, resize_pictures
from kerasvis2.render.scale import as_float, in_units, overall

_ABREAST = 8  # Heads in a row at most.
_EDGE = 96  # A map's longer edge at most.
_ALONE = 200  # The same where there is no original: tokens look at tokens.
_BETWEEN = 2


def head_sheet(
    images: Any,
    maps: Any,
    *,
    names: Sequence[str],
    quantity: str = "attention",
    **given: Any,
) -> tuple[np.ndarray, float]:
    """Originals, each with its heads' maps to the right, in rows of 8 at most.

    Args:
        images: Float (N, H, W, C) in [0, 1]; None where the examples are no pictures.
        maps: Float (N, h, w, heads), not negative; drawn with their pixels kept apart.
        names: Words that say which heads they are, in order.
        quantity: What the scale measures.
        **given: `Given`'s.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.
    """
    maps = as_float(maps)
    count, height, width, heads = maps.shape
    rows = math.ceil(heads / _ABREAST)
    abreast = math.ceil(heads / rows)
    columns = {1: 3, 2: 2}.get(heads, 1)
    room = (cell_width(columns) - abreast * _BETWEEN) // (abreast + (images is not None))
    edge = min(_ALONE if images is None else _EDGE, room)
    down, across = size = fitted(maps, edge, edge)
    thumbs = (
        np.zeros((count, 0, 0, 3), np.uint8)
        if images is None
        else _thumbs(images, size, edge, (height, width))
    )
    sheet = Given(quantity=quantity, **given)
    scales = sheet.fit(maps)
    apart = np.moveaxis(in_units(maps, scales), -1, 1).reshape(-1, height, width)
    tiles = paint(draw_maps(apart, size), False).reshape(count, heads, down, across, 3)
    left = thumbs.shape[2] + _BETWEEN if thumbs.size else 0
    shape = rows * (down + _BETWEEN) - _BETWEEN, left + abreast * (across + _BETWEEN) - _BETWEEN
    strips = np.full((count, *shape, 3), PAPER, np.uint8)
    strips[:, : thumbs.shape[1], : thumbs.shape[2]] = thumbs
    for head in range(heads):
        top = head // abreast * (down + _BETWEEN)
        start = left + head % abreast * (across + _BETWEEN)
        strips[:, top : top + down, start : start + across] = tiles[:, head]
    captions = with_reach(sheet.captions, maps, scales)
    legend = legend_of(overall(scales), quantity=quantity)
    order = f", in rows of {abreast}" if rows > 1 else ", left to right" if heads > 1 else ""
    notes = [" ".join(names) + order, *sheet.notes]
    lettering, _ = Words(captions, sheet.wrong).fitting(strips.shape[2], cell_width(columns))
    each = strips.shape[1] + lettering.foot + GAP
    space = LONGEST - head_height(sheet.title, sheet.how, [*notes, ""], legend) - MARGIN - 2 * FRAME
    shown = min(count, max(1, space // each) * columns)
    if shown < count:
        notes.append(f"{shown} of {count} images")
    body = captioned(strips[:shown], columns, captions[:shown], sheet.wrong, lettering=lettering)
    picture = page(body, title=sheet.title, how=sheet.how, notes=notes, legend=legend, bleed=FRAME)
    return picture, overall(scales).top


def _thumbs(images: Any, size: tuple[int, int], edge: int, grid: tuple[int, int]) -> np.ndarray:
    """The originals, of the maps' size where they are of the shape of their grid."""
    originals = as_pictures(images)
    alike = grid[0] * originals.shape[2] == grid[1] * originals.shape[1]
    return resize_pictures(originals, size if alike else fitted(originals, size[0], edge))
