"""How much a map looks at the object, where the probe's masks say where that is."""

from __future__ import annotations

import numpy as np

from kerasvis2.views.base import About


def on_object(key: str, maps: np.ndarray, about: About) -> dict[str, float]:
    """Scalars for `Drawing.scalars`; empty where the probe has no masks.

    `energy_on_object/<key>` is the mean share of the maps' energy that lies on the object, and
    `points_at_object/<key>` the share of the images whose map is highest on it. A map that knows
    nothing gets the object's share of the image, which is `energy_on_object/chance`. Images
    without an object, and maps that are not finite, are left out.

    Args:
        key: the picture's key: a layer path or `input`.
        maps: (N, h, w), or (N, H, W, C) of which the channels are summed; of signals, tables and
            tokens (N, t) or (N, T, C); of volumes those of the masks' own size.
        about: knows the masks.
    """
    if about.masks is None:
        return {}
    masks, maps = _flat(about.masks, maps)
    if masks is None:
        return {}
    from kerasvis2.metrics import energy_pointing_game, pointing_game

    covered = masks.reshape(len(masks), -1).mean(axis=1)
    finite = np.isfinite(maps.reshape(len(maps), -1)).all(axis=1)
    used = (covered > 0) & finite
    if not used.any():
        return {}
    return {
        f"energy_on_object/{key}": float(energy_pointing_game(maps[used], masks[used]).mean()),
        f"points_at_object/{key}": float(pointing_game(maps[used], masks[used]).mean()),
        "energy_on_object/chance": float(covered[used].mean()),
    }


def _flat(masks: np.ndarray, maps: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """Both as of flat pictures: signals are one pixel high, volumes lie slice below slice."""
    if masks.ndim == 2 and maps.ndim in (2, 3):
        return masks[:, None], maps[:, None]
    if masks.ndim == 4 and maps.shape[:4] == masks.shape:
        count, depth, height, width = masks.shape
        stacked = (count, depth * height, width)
        return masks.reshape(stacked), maps.reshape(*stacked, *maps.shape[4:])
    return (masks, maps) if masks.ndim == 3 else (None, maps)
