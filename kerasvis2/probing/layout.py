"""Maps over an input's values, laid out as the input is drawn."""

from __future__ import annotations

import numpy as np

from kerasvis2.probing.display import Display, Function
from kerasvis2.probing.scales import Layout


def arranged(
    display: Display | None, maps: np.ndarray, drawn: np.ndarray, images: np.ndarray | None
) -> np.ndarray | None:
    """(N, H, W, C) of maps of the drawn input's shape, or None; see `Probe.arrange`."""
    if display is None or images is None or maps.shape[1:] != drawn.shape[1:]:
        return None
    size = images.shape[1:3]
    found = display.layout if isinstance(display, Function) else display
    if isinstance(found, Layout):
        return found.arrange(maps)
    if drawn.ndim not in (3, 4) or drawn.shape[1:3] != size:
        return None
    return maps if maps.ndim == 4 else maps[..., np.newaxis]
