"""Maps over the probe's examples, as pictures and scalars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

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
    remarks: Callable[[Key], Sequence[Sequence[str]]] | None = None,
    notes: Sequence[str] = (),
    quantity: str = "",
    how: Callable[[Key], str] | str = "",
    why: str = "",
) -> Drawing:
    """A picture of each map, and how much of it lies on the object where that is known.

    Args:
        maps: (N, h, w) by key; (N, H, W, C) too without an overlay; of signals, tables, tokens
            and volumes the same with their own axes.
        about: the moment and the probe.
        view: whose title and scale are taken, and whether it draws negative values, and over the
            grey images.
        remarks: further lines below each image, by key.
        notes: further lines below the title.
        quantity: what a value is, for the legend.
        how: by which settings the map was made, in one line.
        why: what it means where a map is 0 everywhere.
    """
    drawing, overlay = Drawing(), view.overlay
    for given, each in maps.items():
        key, signed = as_key(given), view.draws_signs(each)
        explained = about.explained.get(key.target)
        measure = quantity if explained is None else explained.in_words(quantity)
        captions = about.captions() or [[] for _ in each]
        if explained is not None:
            captions = [[*c, f"map of: {what}"] for c, what in zip(captions, explained.words)]
        if remarks is not None:
            captions = [[*words, *more] for words, more in zip(captions, remarks(key))]
        # A target that is not the default is said in title and tag.
        named = key if key.target or explained is None else key.at(explained.target)
        laid, top = _laid(about, each, overlay), None
        made = how(key) if callable(how) else how
        if about.drawn:
            pixels, top = _sheet(about, laid, overlay)(
                signed=signed,
                scale=view.scale,
                frozen=about.frozen.get(named),
                previous=about.scales.get(named),
                title=about.title(view.title, named),
                captions=captions,
                wrong=about.wrong(),
                notes=[*notes, *([about.display_note] if about.display_note else [])],
                quantity=measure,
                how=made,
                why=why,
            )
            drawing.pictures[named] = Picture(pixels, top)
        drawing.maps[named] = Maps(
            laid,
            signed=signed,
            overlay=overlay,
            view=view.title,
            layer=str(key.at("")),
            target=named.target,
            unit=measure,
            of=() if explained is None else explained.words,
            top=top,
            how=made,
            why=why,
            pictured=about.pictured,
        )
        drawing.scalars |= on_object(key, each, about)
    return drawing


def _laid(about: About, maps: np.ndarray, overlay: bool) -> np.ndarray:
    """The maps as the pictures lie, where an input is flat or has its channels first."""
    if overlay or not about.pictured or about.images is None or about.arrange is None:
        return maps
    if as_fine(maps.shape[1:3], about):
        return maps
    arranged = about.arrange(maps)
    return maps if arranged is None else arranged


def as_fine(places: tuple[int, ...], about: About) -> bool:
    """Whether a map of so many places has one for each pixel of the images."""
    return about.images is not None and places == about.images.shape[1:3]


def quantity_of(view: View, key: Key, about: About) -> str:
    """What a view's legend measures."""
    quantity: str = getattr(view, "quantity", "")
    explained = about.explained.get(key.target)
    return quantity if explained is None else explained.in_words(quantity)


def how_of(view: View, key: Key, about: About) -> str:
    """By which settings a view's map was made, in one line."""
    how: Callable[[About, Key], str] | None = getattr(view, "how", None)
    return "" if how is None else how(about, key)


def _sheet(about: About, maps: np.ndarray, overlay: bool) -> Callable[..., Any]:
    """What draws maps of the probe's kind of examples; the examples and maps are given already."""
    import functools

    from kerasvis2.render import attribution_sheet, pixel_sheet

    shown = about.shown
    kind = "pictures" if shown is None else shown.kind
    if kind == "volumes" and shown is not None:
        from kerasvis2.render.volume import volume_sheet

        slices = _in_range(shown.values)
        flat = maps.sum(axis=-1) if maps.ndim == 5 else maps
        return functools.partial(volume_sheet, slices, flat, over=overlay)
    if kind == "signals" and shown is not None:
        from kerasvis2.render.signal import signal_sheet

        return functools.partial(signal_sheet, shown.values, maps, channels=shown.names or ())
    if kind in ("tables", "latent") and shown is not None:
        from kerasvis2.render.bars import bars_sheet

        flat = maps.reshape(len(maps), -1)
        return functools.partial(bars_sheet, shown.values, flat, names=shown.names or ())
    if kind == "tokens" and shown is not None:
        from kerasvis2.render.words import words_sheet

        words = shown.words
        if words is None:
            assert shown.values is not None
            words = tuple(tuple(str(token) for token in row) for row in shown.values)
        return functools.partial(words_sheet, words, _per_token(maps, max(map(len, words))))
    assert about.images is not None
    return functools.partial(attribution_sheet if overlay else pixel_sheet, about.images, maps)


def _per_token(maps: np.ndarray, count: int) -> np.ndarray:
    """(N, t) for `count` tokens: of fewer places, as behind a pooling, the nearest one each."""
    flat = maps if maps.ndim == 2 else maps.reshape(*maps.shape[:2], -1).sum(axis=-1)
    if flat.shape[1] >= count:
        return flat
    places = (np.arange(count) * flat.shape[1]) // count
    return flat[:, places]


def _in_range(values: np.ndarray | None) -> np.ndarray:
    assert values is not None
    low, high = float(values.min()), float(values.max())
    return (values - low) / ((high - low) or 1.0)
