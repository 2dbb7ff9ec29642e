"""Where a network looks: each original beside its map, over it or on its own."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import Any

import numpy as np

from kerasvis2.render.arrange import BETWEEN, Plan, arrange
from kerasvis2.render.captions import reasons, with_reach
from kerasvis2.render.colour import paint_fine
from kerasvis2.render.given import Given
from kerasvis2.render.lettering import Words
from kerasvis2.render.mosaic import FRAME, captioned
from kerasvis2.render.overlay import overlay
from kerasvis2.render.page import PAPER, head_height, legend_of, page
from kerasvis2.render.resize import as_pictures, draw_maps, resize_maps, resize_pictures
from kerasvis2.render.scale import as_float, in_units, overall

SHOWN = 16


def attribution_sheet(
    images: Any,
    maps: Any,
    **given: Any,
) -> tuple[np.ndarray, float]:
    """Originals beside their maps as heat over the grey original.

    The photograph lies in a range of middle greys that narrows as the heat rises, so that a larger
    value is brighter whatever lies beneath (see `overlay`), with lines at ¼, ½ and ¾ of the scale.
    Below each image stands how far its own values go.

    Args:
        images: Float (N, H, W, C) in [0, 1].
        maps: Float (N, h, w) of any resolution, not normalised; enlarged bilinearly.
        **given: `Given`'s.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.

    Raises:
        ValueError: If the shapes or the scale are none of these.
    """
    maps = as_float(maps)
    if maps.ndim != 3:
        raise ValueError(f"maps has shape {maps.shape}; give (N, height, width).")
    return _sheet(images, maps, Given(**given), over=True)


def pixel_sheet(
    images: Any,
    maps: Any,
    **given: Any,
) -> tuple[np.ndarray, float]:
    """Originals beside their maps drawn alone on black: the brighter, the larger; blue is negative.

    As `attribution_sheet`, for maps as fine as the images: (N, H, W) or (N, H, W, C). Of several
    channels signed ones are summed, and of magnitudes the largest is drawn; a note says so. Maps
    are drawn at their own size or a multiple of it: fewer images, on a wider sheet, rather than
    smaller ones. Where not even four fit, each drawn pixel is the largest magnitude of those it
    stands for, and a note says so.
    """
    sheet, maps = Given(**given), as_float(maps)
    if maps.ndim not in (3, 4):
        raise ValueError(f"maps has shape {maps.shape}; give (N, height, width[, channels]).")
    if maps.ndim == 4 and maps.shape[-1] > 1:
        note = f"{'sum' if sheet.signed else 'largest'} of {maps.shape[-1]} channels"
        sheet = replace(sheet, notes=[*sheet.notes, note])
        # Not sum(-1) and max(-1): ten times slower over so short an axis.
        with np.errstate(invalid="ignore"):  # ∞ − ∞, which is drawn as what it is
            maps = reduce(np.add if sheet.signed else np.maximum, np.moveaxis(maps, -1, 0))
    elif maps.ndim == 4:
        maps = maps[..., 0]
    return _sheet(images, maps, sheet, over=False)


def _sheet(images: Any, maps: np.ndarray, given: Given, over: bool) -> tuple[np.ndarray, float]:
    total = len(maps)
    if len(images) != total or not total:
        raise ValueError(f"There are {len(images)} images and {total} maps; give one map an image.")
    originals, maps = as_pictures(images[:SHOWN]), maps[:SHOWN]
    scales = given.fit(maps, fine=not over)
    whole = overall(scales)
    legend = legend_of(whole, over=over, fine=not over, quantity=given.quantity)
    captions = with_reach(given.captions, maps, scales)
    noted = [*given.notes, *reasons(maps, given.why)]
    # What lies over photographs is coarse: a little smaller it is the same.
    finest = maps.shape[1] // (2 if over else 1), maps.shape[2] // (2 if over else 1)
    fewer = Plan(1, (finest[0] - 1, finest[1] - 1), False, SHOWN)
    room = _remarks(10 * SHOWN, maps.shape[1:], finest, fewer)  # as many lines as there may be
    plan = arrange(
        len(maps),
        (originals if over else maps).shape[1:3],
        panels=2,
        words=Words(captions, given.wrong),
        head=partial(head_height, given.title, given.how, [*noted, *room], legend),
        native=not over,
    )
    notes = [*noted, *_remarks(total, maps.shape[1:], finest, plan)]
    originals = resize_pictures(originals[: plan.shown], plan.size)
    units = in_units(maps, scales)[: plan.shown]
    units = (resize_maps if over else draw_maps)(units, plan.size)
    drawn = overlay(originals, units, given.signed) if over else paint_fine(units, given.signed)
    tiles = _joined(originals, drawn, plan)
    body = captioned(
        tiles, plan.columns, captions[: plan.shown], given.wrong, plan.inner, plan.lettering
    )
    sheet = page(body, title=given.title, how=given.how, notes=notes, legend=legend, bleed=FRAME)
    return sheet, whole.top


def _joined(originals: np.ndarray, drawn: np.ndarray, plan: Plan) -> np.ndarray:
    """Each original with its map at its right or below it."""
    axis = 1 if plan.stacked else 2
    shape = list(originals.shape)
    shape[axis] = BETWEEN
    return np.concatenate([originals, np.full(shape, PAPER, np.uint8), drawn], axis=axis)


def _remarks(total: int, shape: Sequence[int], finest: Sequence[int], plan: Plan) -> list[str]:
    """What a sheet must say of images that are not on it, and of what is not on smaller pixels."""
    said = [f"{plan.shown} of {total} images"] if plan.shown < total else []
    if plan.size[0] < finest[0] or plan.size[1] < finest[1]:
        said.append(shrunk(shape, plan.size))
    return said


def shrunk(shape: Sequence[int], size: Sequence[int]) -> str:
    """What is said of maps (h, w) that are drawn on fewer pixels."""
    sizes = f"{shape[0]}×{shape[1]} values drawn as {size[0]}×{size[1]} pixels"
    return f"{sizes}, each the largest magnitude of its block"
