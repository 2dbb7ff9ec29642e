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
    found = _laid_out(display)
    if found is not None:
        return found.arrange(maps)
    if drawn.ndim not in (3, 4) or drawn.shape[1:3] != size:
        return None
    return maps if maps.ndim == 4 else maps[..., np.newaxis]


def places(display: Display | None, drawn: np.ndarray) -> np.ndarray | None:
    """(H, W, C) which value of the flattened example is shown where, each of them once, or None."""
    found = _laid_out(display)
    if found is None or found.source.size != np.prod(drawn.shape[1:]):
        return None
    return found.source if len(np.unique(found.source)) == found.source.size else None


def _laid_out(display: Display | None) -> Layout | None:
    found = display.layout if isinstance(display, Function) else display
    return found if isinstance(found, Layout) else None
