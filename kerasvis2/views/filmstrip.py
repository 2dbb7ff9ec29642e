"""The whole training in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasvis2.keys import Key, as_key, parts
from kerasvis2.layers import LayerInfo
from kerasvis2.schedule import log_spaced
from kerasvis2.views.base import About, Arrays, Drawing, Picture, Reduced, Request, View
from kerasvis2.views.grad_cam import GradCAM
from kerasvis2.views.maps import as_fine, how_of, quantity_of
from kerasvis2.views.track import Track

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

MOST = 8
SIDE = 64  # pixels of a map that is kept


class Filmstrip(View):
    """Another view's maps with the key epochs as columns and the probe's images as rows.

    TensorBoard keeps a few pictures of a tag; this one holds the story of the training in each of
    them. It is drawn anew whenever it is due, by default after the epochs 0, 1, 2, 5, 9, 17, 31, …
    (`log_spaced(4)`), and when training ends; it holds at most ten columns, spaced by the logarithm
    of the epoch. All columns share one scale. Images that were predicted wrongly then are framed
    and crossed.

    Tag: `filmstrip/<NN>_<layer>`, or `filmstrip/00_input`. Cost: none where the same view, or one
    with the same target, is watched as well, as it shares their pass; views that run passes of
    their own run them again. `compute` gives what the other view's gives.

    Args:
        view: the view to follow: a class activation map, an attribution to the input, or
            `ActivationMaximization`; `GradCAM()` by default. Where it does not name its layers,
            the last of them is shown.
        images: how many images to show, the first ones; 8 at most.
        freq: how often instead of `log_spaced(4)`.
        scale: what the full colour stands for: "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each
            image's own), "run" (as at the first look) or a number.

    Raises:
        ValueError: for a view of another kind, or a number of images not between 1 and 8.

    Examples:
        >>> views = [kv.GradCAM(), kv.Filmstrip(kv.GradCAM(), images=4)]
        >>> monitor = kv.Monitor("runs/new", probe, views)
        >>> history = model.fit(x, y, epochs=2, verbose=0, callbacks=[monitor])
        >>> kv.read("runs/new")["new"].steps("filmstrip/02_conv2")
        [0, 1]
    """

    title = "Filmstrip"
    at_end = True
    needs_training = "it draws another view's pictures side by side, epoch by epoch"

    def __init__(
        self, view: View | None = None, images: int = MOST, *, freq: Any = None, **common: Any
    ) -> None:
        super().__init__(freq=log_spaced(4) if freq is None else freq, **common)
        self.view = GradCAM() if view is None else view
        if self.view.shows == "other":
            raise ValueError(
                f"Filmstrip(view={view!r}): give a view of one map an image, such as "
                "GradCAM() or Saliency(), or ActivationMaximization()."
            )
        if not 1 <= int(images) <= MOST:
            raise ValueError(f"Filmstrip(images={images!r}): give a number from 1 to {MOST}.")
        self.images = int(images)

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return self.view.needs(model, probe)

    def memory(self, layers: Sequence[LayerInfo], probe: Probe | None) -> Arrays:
        return self.view.memory(layers, probe)

    def whole(self, seen: Seen) -> dict[str, Any] | Reduced:
        return self.view.whole(seen)

    def reduce(self, seen: Seen) -> dict[str, Any] | Reduced:
        found = self.view.reduce(seen)
        if isinstance(found, Reduced):
            return replace(found, arrays=self.view.last(found.arrays))
        return self.view.last(found)

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        from kerasvis2.render.attribution import shrunk
        from kerasvis2.render.filmstrip import filmstrip_sheet

        drawing = Drawing()
        evolving = self.view.shows == "pictures"
        maps = self._pictures(arrays, about) if evolving else parts(arrays)
        count = self.images
        wrong = None if evolving else about.wrong()
        missed = np.zeros(count, bool) if wrong is None else np.array(wrong[:count])
        step = about.step or 0
        drawing.keep["wrong"] = marks = about.kept.get("wrong", Track()).then(step, missed)
        for key, each in maps.items():
            if each.ndim < 3:  # a number an image, such as how well a fit holds
                continue
            if not evolving and each.ndim == 4:  # colours, as the view's own picture joins them
                each = each.sum(axis=-1) if self.view.signed else each.max(axis=-1)
            small = _small(each[:count], evolving)
            film = about.kept.get(key, Track()).then(step, small)
            drawing.keep[key] = film
            films = np.stack(film.values)
            fine = not evolving and not self.view.overlay and as_fine(each.shape[1:3], about)
            notes = [] if evolving else _explained(as_key(key), about)
            if fine and small.shape[1:] != each.shape[1:]:
                notes.append(shrunk(each.shape[1:], small.shape[1:]))
            pixels, top = filmstrip_sheet(
                None if evolving else about.images,
                films,
                film.steps,
                title=about.title(f"{self.title} · {self.view.title}", key),
                names=self.view.row_names(arrays, key, about)[:count],
                unit=about.unit,
                signed=self.view.draws_signs(films),
                overlay=self.view.overlay,
                fine=fine,
                pictures=evolving,
                wrong=None if wrong is None else np.stack(marks.values),
                scale=self.scale,
                frozen=about.frozen.get(key),
                previous=about.scales.get(key),
                how=how_of(self.view, as_key(key), about),
                quantity=quantity_of(self.view, as_key(key), about),
                notes=notes,
            )
            drawing.pictures[key] = Picture(pixels, top)
        return drawing

    def _pictures(self, arrays: Arrays, about: About) -> Arrays:
        """The ascent's images as they are shown."""
        assert about.to_display is not None, "a probe is asked for"
        found = parts(arrays).items()
        return {path: np.clip(about.to_display(images), 0, 1) for path, images in found}


def _explained(key: Key, about: About) -> list[str]:
    """What all maps of a strip are of, as far as it is the same at every step."""
    known = about.explained.get(key.target)
    if known is None:
        return []
    target = key.target or known.target
    if target.isdecimal():
        what = about.called(int(target))
    elif about.task is not None and not about.task.classes:
        what = target or "the output"
    elif target == "predicted" or (not target and about.label_indices is None):
        what = "what was predicted then"
    else:
        what = target or "the true class"
    return [f"maps of: {what}"]


def _small(maps: np.ndarray, pictures: bool) -> np.ndarray:
    """(n, h, w[, C]) no larger than 64 on its longer side.

    Of each block of pixels the mean in pictures, and the largest magnitude in maps.
    """
    from kerasvis2.render.resize import shrink

    block = -(-max(maps.shape[1:3]) // SIDE)
    if block == 1:
        return maps
    if not pictures:
        height, width = (-(-size // block) for size in maps.shape[1:3])
        return shrink(maps, (height, width))
    height, width = (size // block for size in maps.shape[1:3])
    cut = maps[:, : height * block, : width * block]
    blocks = cut.reshape(len(maps), height, block, width, block, *maps.shape[3:])
    return blocks.mean(axis=(2, 4))
