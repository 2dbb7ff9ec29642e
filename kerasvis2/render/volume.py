"""Volumes as a row of their slices, what was found in them below."""

from typing import Any

import numpy as np

from kerasvis2.render.colour import paint_fine
from kerasvis2.render.given import Given
from kerasvis2.render.overlay import overlay
from kerasvis2.render.page import INNER, PAPER
from kerasvis2.render.resize import as_pictures, draw_maps, fitted, resize_maps, resize_pictures
from kerasvis2.render.scale import as_float, in_units

SHOWN = 8  # slices

_GAP = 3
_LARGEST = 120


def volume_sheet(
    volumes: Any,
    maps: Any,
    *,
    over: bool = True,
    **given: Any,
) -> tuple[np.ndarray, float]:
    """Each volume as at most 8 slices along its first axis, evenly spread, the map of each below.

    Args:
        volumes: Float (N, D, H, W) or (N, D, H, W, C) in [0, 1].
        maps: Float (N, d, h, w) of any resolution; a slice shows the map's at the same depth.
        over: Whether the maps lie over the grey slices, or are drawn alone.
        **given: `Given`'s.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.

    Raises:
        ValueError: If the shapes or the scale are none of these.
    """
    sheet = Given(**given)
    volumes, maps = as_float(volumes), as_float(maps)
    volumes = volumes[..., None] if volumes.ndim == 4 else volumes
    fits = volumes.ndim == 5 and maps.ndim == 4 and len(volumes) == len(maps)
    if not fits or 0 in volumes.shape or 0 in maps.shape:
        raise ValueError(
            f"volumes has shape {volumes.shape} and maps {maps.shape}; give (N, D, H, W[, C]) and "
            "(N, d, h, w)."
        )
    depth = volumes.shape[1]
    count = min(SHOWN, depth)
    kept = np.unique(np.linspace(0, depth - 1, count).round().astype(int))
    at = np.minimum((kept + 0.5) * maps.shape[1] / depth, maps.shape[1] - 1).astype(int)
    words = ", ".join(map(str, kept.tolist()))
    notes = [f"slices {words} of {depth}" if depth > 1 else "one slice", *sheet.notes]
    scales = sheet.fit(maps, fine=not over)
    units = in_units(maps, scales)
    edge = min(_LARGEST, (INNER - (len(kept) - 1) * _GAP) // len(kept))
    size = fitted(volumes[0, ..., 0], edge, edge)

    def draw(index: int) -> np.ndarray:
        slices = resize_pictures(as_pictures(volumes[index, kept]), size)
        found = units[index, at]
        if over:
            heat = overlay(slices, resize_maps(found, size), sheet.signed)
        else:
            heat = paint_fine(draw_maps(found, size), sheet.signed)
        return np.concatenate([_row(slices), _row(heat)[:-_GAP]])

    return sheet.stacked(maps, scales, draw, what="volumes", notes=notes, over=over, fine=not over)


def _row(slices: np.ndarray) -> np.ndarray:
    count, height, width = slices.shape[:3]
    row = np.full((height + _GAP, count, width + _GAP, 3), PAPER, np.uint8)
    row[:height, :, :width] = slices.swapaxes(0, 1)
    return row.reshape(height + _GAP, -1, 3)[:, :-_GAP]
