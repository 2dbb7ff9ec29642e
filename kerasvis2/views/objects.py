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
        maps: (N, h, w), or (N, H, W, C) of which the channels are summed.
        about: knows the masks.
    """
    masks = about.masks
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
