"""Where a network looks: each original beside its map, over it or on its own."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from kerasvis2.render.colour import paint, paint_over
from kerasvis2.render.mosaic import FRAME, captioned, cell_width
from kerasvis2.render.page import PAPER, legend_of, page
from kerasvis2.render.resize import (
    as_pictures,
    draw_maps,
    fitted,
    resize_maps,
    resize_pictures,
)
from kerasvis2.render.scale import as_float, fit, in_units, overall, with_ranges

SHOWN = 16
_BETWEEN = 2  # Pixels between an original and its map.
_TALLEST = 1.3  # A drawn picture's height at most, in widths of its room.


def attribution_sheet(
    images: Any,
    maps: Any,
    *,
    scale: Any = "nice",
    signed: bool = False,
    frozen: float | None = None,
    title: str,
    captions: Sequence[Sequence[str]] = (),
    wrong: Sequence[bool] | None = None,
    notes: Sequence[str] = (),
) -> tuple[np.ndarray, float]:
    """Originals beside their maps as heat over the grey original.

    Where a map is 0 the grey picture shows untouched, where it is full only the colour does, and
    between them the mixture rises steadily, so that no heat cannot be taken for much of it.

    Args:
        images: Float (N, H, W, C) in [0, 1].
        maps: Float (N, h, w) of any resolution, not normalised; enlarged bilinearly.
        scale: "nice", "image", "run" or a number, see `scale.fit`.
        signed: Whether negative values are drawn, in the other colour.
        frozen: The top to use for `scale="run"`, once there is one.
        title: What it is, such as "Grad-CAM · conv3 · epoch 12".
        captions: For each image its lines, such as ("true cat", "dog 0.93").
        wrong: Which predictions are wrong; these are framed and crossed.
        notes: Further lines below the title.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.

    Raises:
        ValueError: If the shapes or the scale are none of these.
    """
    maps = as_float(maps)
    if maps.ndim != 3:
        raise ValueError(f"maps has shape {maps.shape}; give (N, height, width).")
    return _sheet(images, maps, True, scale, signed, frozen, title, captions, wrong, list(notes))


def pixel_sheet(
    images: Any,
    maps: Any,
    *,
    scale: Any = "nice",
    signed: bool = False,
    frozen: float | None = None,
    title: str,
    captions: Sequence[Sequence[str]] = (),
    wrong: Sequence[bool] | None = None,
    notes: Sequence[str] = (),
) -> tuple[np.ndarray, float]:
    """Originals beside their maps drawn alone: magnitudes on black, signed with a neutral zero.

    As `attribution_sheet`, for maps as fine as the images: (N, H, W) or (N, H, W, C). Of several
    channels signed ones are summed, and of magnitudes the largest is drawn; a note says so.
    """
    maps = as_float(maps)
    notes = list(notes)
    if maps.ndim not in (3, 4):
        raise ValueError(f"maps has shape {maps.shape}; give (N, height, width[, channels]).")
    if maps.ndim == 4 and maps.shape[-1] > 1:
        notes.append(f"{'sum' if signed else 'largest'} of {maps.shape[-1]} channels")
        # Not sum(-1) and max(-1): ten times slower over so short an axis.
        maps = reduce(np.add if signed else np.maximum, np.moveaxis(maps, -1, 0))
    elif maps.ndim == 4:
        maps = maps[..., 0]
    return _sheet(images, maps, False, scale, signed, frozen, title, captions, wrong, notes)


def _sheet(
    images: Any,
    maps: np.ndarray,
    overlay: bool,
    scale: Any,
    signed: bool,
    frozen: float | None,
    title: str,
    captions: Sequence[Sequence[str]],
    wrong: Sequence[bool] | None,
    notes: list[str],
) -> tuple[np.ndarray, float]:
    total = len(maps)
    if len(images) != total or not total:
        raise ValueError(f"There are {len(images)} images and {total} maps; give one map an image.")
    if total > SHOWN:
        notes.append(f"{SHOWN} of {total} images")
    originals = as_pictures(images[:SHOWN])
    maps = maps[:SHOWN]
    scales = fit(maps, scale, signed=signed, frozen=frozen)
    columns = {1: 1, 2: 2, 4: 2}.get(len(maps), 3)
    frames = 2 * FRAME if wrong is not None else 0
    room = (cell_width(columns) - frames - _BETWEEN) // 2
    size = fitted(originals, int(room * _TALLEST), room)
    originals = resize_pictures(originals, size)
    units = (resize_maps if overlay else draw_maps)(in_units(maps, scales), size)
    coloured = paint_over(_grey(originals), units, signed) if overlay else paint(units, signed)
    pairs = np.full((len(maps), size[0], 2 * size[1] + _BETWEEN, 3), PAPER, np.uint8)
    pairs[:, :, : size[1]] = originals
    pairs[:, :, -size[1] :] = coloured
    whole = overall(scales)
    body = captioned(pairs, columns, with_ranges(captions, scales), wrong)
    legend = legend_of(whole, overlay=overlay)
    return page(body, title=title, notes=notes, legend=legend), whole.top


def _grey(pictures: np.ndarray) -> np.ndarray:
    """The luminance of uint8 (…, 3), by the weights of Rec. 601."""
    red, green, blue = np.moveaxis(pictures.astype(np.uint16), -1, 0)
    return ((77 * red + 150 * green + 29 * blue) >> 8).astype(np.uint8)
