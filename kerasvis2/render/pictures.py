"""Pictures in a grid, with words: the probe, or what a unit wants to see."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.render.mosaic import FRAME, captioned, cell_width
from kerasvis2.render.page import page
from kerasvis2.render.resize import as_pictures, fitted, resize_pictures


def image_sheet(
    images: Any,
    *,
    title: str,
    captions: Sequence[Sequence[str]] = (),
    wrong: Sequence[bool] | None = None,
    notes: Sequence[str] = (),
    shown: int = 16,
) -> np.ndarray:
    """A grid of captioned pictures, tiny ones enlarged by a whole factor.

    Args:
        images: Float (N, H, W, C) in [0, 1].
        title: What it is.
        captions: For each image its lines.
        wrong: Which predictions are wrong; these are framed and crossed.
        notes: Further lines below the title.
        shown: How many are drawn at most.

    Returns:
        uint8 (height, width, 3).

    Raises:
        ValueError: If the shape is another.
    """
    notes = list(notes)
    total = len(images)
    if total > shown:
        notes.append(f"{shown} of {total} images")
    images = np.asarray(images)[:shown]
    bad = int(images.size - np.count_nonzero(np.isfinite(images)))
    if bad:
        notes.append(f"{bad} NaN or infinite values, drawn in magenta")
    pictures = as_pictures(images)
    columns = _columns(len(pictures))
    room = cell_width(columns) - (2 * FRAME if wrong is not None else 0)
    size = fitted(pictures, int(room * 1.3), room)
    body = captioned(resize_pictures(pictures, size), columns, captions, wrong)
    return page(body, title=title, notes=notes)


def _columns(count: int) -> int:
    """Few pictures are drawn large; ten, the commonest number of classes, fill two rows."""
    if count in (1, 2, 4, 10):
        return {1: 1, 2: 2, 4: 2, 10: 5}[count]
    return 3 if count <= 9 else 4 if count <= 16 else 6 if count <= 36 else 8
