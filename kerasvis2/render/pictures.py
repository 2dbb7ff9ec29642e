"""Pictures in a grid, with words: the probe, or what a unit wants to see."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from kerasvis2.render.arrange import arrange
from kerasvis2.render.lettering import Words
from kerasvis2.render.mosaic import FRAME, captioned
from kerasvis2.render.page import head_height, page
from kerasvis2.render.resize import as_pictures, resize_pictures


def image_sheet(
    images: Any,
    *,
    title: str,
    how: str = "",
    captions: Sequence[Sequence[str]] = (),
    wrong: Sequence[bool] | None = None,
    notes: Sequence[str] = (),
    shown: int = 16,
    largest: int = 256,
) -> np.ndarray:
    """A grid of captioned pictures, tiny ones enlarged by a whole factor.

    Args:
        images: Float (N, H, W, C) in [0, 1].
        title: What it is.
        how: By which settings they were made, in one line.
        captions: For each image its lines.
        wrong: Which predictions are wrong; these are framed and crossed.
        notes: Further lines below the title.
        shown: How many are drawn at most.
        largest: A picture's longer side in pixels at most.

    Returns:
        uint8 (height, width, 3).

    Raises:
        ValueError: If the shape is another.
    """
    notes = list(notes)
    total = len(images)
    images = np.asarray(images)[:shown]
    bad = int(images.size - np.count_nonzero(np.isfinite(images)))
    if bad:
        notes.append(f"{bad} NaN or infinite values, drawn in magenta")
    pictures = as_pictures(images)
    plan = arrange(
        len(pictures),
        (pictures.shape[1], pictures.shape[2]),
        words=Words(captions[:shown], wrong),
        head=partial(head_height, title, how, [*notes, ""], None),
        largest=largest,
    )
    if plan.shown < total:
        notes.append(f"{plan.shown} of {total} images")
    tiles = resize_pictures(pictures[: plan.shown], plan.size)
    body = captioned(tiles, plan.columns, captions[: plan.shown], wrong, plan.inner, plan.lettering)
    return page(body, title=title, how=how, notes=notes, bleed=FRAME)
