"""Maps over the probe's images, as pictures and scalars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from kerasvis2.keys import Key, as_key
from kerasvis2.mapped import Maps
from kerasvis2.views.base import About, Drawing, Picture, View
from kerasvis2.views.objects import on_object


def draw_maps(
    maps: Mapping[str, np.ndarray],
    about: About,
    view: View,
    *,
    overlay: bool,
    signed: bool = False,
    remarks: Callable[[Key], Sequence[Sequence[str]]] | None = None,
    notes: Sequence[str] = (),
) -> Drawing:
    """A picture of each map, and how much of it lies on the object where that is known.

    Args:
        maps: (N, h, w) by key; (N, H, W, C) too without an overlay.
        about: the moment and the probe.
        view: whose title and scale are taken.
        overlay: as heat over the grey images, or drawn alone.
        signed: whether negative values are drawn.
        remarks: further lines below each image, by key.
        notes: further lines below the title.
    """
    from kerasvis2.render import attribution_sheet, pixel_sheet

    sheet = attribution_sheet if overlay else pixel_sheet
    drawing = Drawing()
    for key, each in maps.items():
        captions = about.captions()
        explained = about.explained.get(as_key(key).target)
        if explained is not None:
            captions = [
                [*words, f"map of: {what}"] for words, what in zip(captions, explained.words)
            ]
        if remarks is not None:
            captions = [[*words, *more] for words, more in zip(captions, remarks(as_key(key)))]
        pixels, top = sheet(
            about.images,
            each,
            signed=signed,
            scale=view.scale,
            frozen=about.frozen.get(key),
            title=about.title(view.title, key),
            captions=captions,
            wrong=about.wrong(),
            notes=notes,
        )
        drawing.pictures[key] = Picture(pixels, top)
        drawing.maps[key] = Maps(
            each,
            signed=signed,
            overlay=overlay,
            view=view.title,
            layer=as_key(key).at(""),
            target=as_key(key).target,
            of=() if explained is None else explained.words,
            top=top,
        )
        drawing.scalars |= on_object(key, each, about)
    return drawing
