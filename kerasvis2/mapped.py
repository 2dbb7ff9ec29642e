"""What a view draws as pictures, as the numbers they were drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Maps:
    """Maps over the probe's images, for the run's log.

    Attributes:
        values: (N, h, w) or (N, h, w, C) float32, as `compute` gives them.
        signed: whether values below 0 are drawn as such.
        overlay: whether they are drawn over the images, enlarged smoothly, or alone.
        view: what the view is called.
        layer: the layer's path, or "input".
        target: what was scored, "" for the default.
        unit: what a value is, "" where that is not known.
        of: for each image what its map is of, such as its class's name; empty where that is
            not known.
        top: the value at the end of the picture's colours.
        channels: which channels of the layer the last axis is, where it is some of them.
        how: by which settings they were made, in one line.
        why: what it means where a map is 0 everywhere.
        pictured: whether they lie over pictures; those of signals, tables, tokens and volumes are
            numbers to read and nothing to draw over an image.
    """

    values: np.ndarray
    signed: bool = False
    overlay: bool = False
    view: str = ""
    layer: str = ""
    target: str = ""
    unit: str = ""
    of: tuple[str, ...] = ()
    top: float | None = None
    channels: tuple[int, ...] = ()
    how: str = ""
    why: str = ""
    pictured: bool = True
