"""How far explanations and representations move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasvis2.diagnostics import tensors
from kerasvis2.diagnostics.similarity import gram, gram_cka
from kerasvis2.keys import Key, apart, as_key, parts
from kerasvis2.layers import LayerInfo, LayerSpec, is_convolution, is_dense, spread
from kerasvis2.views.base import About, Arrays, Drawing, Picture, Reduced, Request, View
from kerasvis2.views.cam import has_places
from kerasvis2.views.grad_cam import GradCAM
from kerasvis2.views.track import Track

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

MOST = 16
IMAGES = 128  # their inner products are n × n numbers a layer
FEATURES = "features"  # keys are of this, or of the view whose maps they are, by layer
_PANELS = {
    "moved": "moved since last",
    "moved_since_first": "moved since first",
    "cka": "1 − CKA with last",
}


class Drift(View):
    """How far each explanation moved, and how much each layer still sees alike.

    An explanation's way is 1 − Spearman's rank correlation of its raw map with that of the last
    look, and of the first: 0 for the same order of places, 1 for none in common, up to 2 for the
    opposite. The target is the true label throughout, so that a changed prediction alone moves
    nothing. Maps that are the same everywhere have no order; such images are left out, and where
    no image is left, a dash is drawn.

    A layer's likeness is the debiased linear CKA of its answers to the probe, averaged over space,
    with its own answers at the last look: 1 for the same representation up to rotation and scale,
    about 0 for a new one. The inner products it is made of are logged as well, so that
    `kerasvis2.similarity(run_a, run_b)` can compare the layers of two runs. Of more than 128 images
    128 are followed, evenly spread over the probe.

    Kornblith et al., "Similarity of Neural Network Representations Revisited", ICML 2019,
    https://arxiv.org/abs/1905.00414; debiased: Nguyen et al., ICLR 2021,
    https://arxiv.org/abs/2010.15327.

    Tags: the scalars `drift/moved/<view>/<layer>`, `drift/moved_since_first/<view>/<layer>` and
    `drift/cka/<layer>` from the second look on, and the picture `drift/00_layers`, layers by
    epochs. Cost: none on top of the passes that the explanations need. `compute` gives
    `features/<layer>`: (N, C), and `<view>/<layer>`: the maps.

    Args:
        views: the explanations to follow, class activation maps or attributions to the input;
            `[GradCAM()]` by default, `[]` for none.
        layers: the layers to follow; by default convolutions and Dense layers, at most 16, spread
            over the depth. Class activation maps are drawn of those that are spatial.
        freq: look every so many epochs instead of the monitor's, 0 for never, or a callable `epoch
            -> bool`.

    Raises:
        ValueError: for other views, for views with layers or a target of their own, where the
            probe has no labels, and for a probe of fewer than 4 images.

    Examples:
        >>> monitor = kv.Monitor("runs/new", probe, [kv.Drift(layers=["conv1", "conv2"])])
        >>> history = model.fit(x, y, epochs=2, verbose=0, callbacks=[monitor])
        >>> steps, cka = kv.read("runs/new")["new"].scalars("drift/cka/conv2")
    """

    title = "Drift"
    needs_training = "it draws how far layers moved from epoch to epoch"

    def __init__(
        self,
        views: Sequence[View] | None = None,
        *,
        layers: LayerSpec = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.views = [GradCAM()] if views is None else list(views)
        self.layers = layers
        for view in self.views:
            if view.shows != "map":
                raise ValueError(f"Drift(views=): {view!r} is no explanation such as GradCAM().")
            if getattr(view, "layers", None) is not None:
                raise ValueError("Drift(views=): give layers= to Drift, not to its views.")
            if getattr(view, "target", "label") != "label" or getattr(view, "targets", None):
                raise ValueError("Drift(views=): their target is the true label; leave it out.")

    def needs(self, model: Any, probe: Probe | None) -> Request:
        if probe is not None and probe.size < 4:
            raise ValueError(f"Drift compares 4 images or more; the probe has {probe.size}.")
        if self.views and probe is not None and probe.labels is None:
            raise ValueError(
                "Drift follows explanations of the true label: give the probe labels, or "
                "Drift(views=[])."
            )
        asked = [view.needs(model, probe) for view in self.views]
        return Request(
            layers=self.layers,
            fits=lambda info: len(info.shape or ()) > 1,
            default=_layers,
            what="layer with an output of channels",
            outputs=True,
            gradients=any(each.gradients for each in asked),
            input_gradient=any(each.input_gradient for each in asked),
            own_pass=any(each.own_pass for each in asked),
            targets=("label",) if asked else (),
        )

    def reduce(self, seen: Seen) -> dict[str, Any]:
        found: dict[str, Any] = {
            Key(FEATURES, key): tensors.pooled(v) for key, v in seen.activations.items()
        }
        spatial = {key for key in seen.activations if has_places(seen.facts[key.path].grid)}
        here = replace(
            seen,
            activations={key: v for key, v in seen.activations.items() if key in spatial},
            gradients={key: v for key, v in seen.gradients.items() if key in spatial},
        )
        for view in self.views:
            reduced = view.reduce(here)
            maps = parts(reduced.arrays if isinstance(reduced, Reduced) else reduced)
            found |= {Key(view.name, key): values for key, values in maps.items()}
        return found

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        drawing = Drawing(keep={**about.kept})
        rows: dict[tuple[str, Key], float] = {}
        for key, array in ((as_key(key), _some(array)) for key, array in arrays.items()):
            if key.path == FEATURES:
                products = gram(array)
                drawing.numbers[f"gram/{key.part}"] = products.astype("float32")
                before = about.kept.get(key)
                if before is not None and before.shape == products.shape:
                    rows["cka", key] = gram_cka(products, before)
                drawing.keep[key] = products
                continue
            before = about.kept.get(f"last/{key}")
            if before is None or before.shape != array.shape:  # new, or another model's
                drawing.keep[f"first/{key}"] = array
            else:
                rows["moved", key] = _moved(array, before)
                rows["moved_since_first", key] = _moved(array, about.kept[f"first/{key}"])
            drawing.keep[f"last/{key}"] = array
        for (quantity, key), value in rows.items():
            if np.isfinite(value):
                drawing.scalars[f"{quantity}/{_words(key)}"] = value
        if rows:
            size = max(map(len, arrays.values()))
            self._draw_layers(drawing, about, rows, size)
        return drawing

    def _draw_layers(
        self, drawing: Drawing, about: About, found: dict[tuple[str, Key], float], size: int
    ) -> None:
        rows = list(dict.fromkeys(self._row(key, quantity) for quantity, key in found))
        column = np.full((len(_PANELS), len(rows)), np.nan)
        for (quantity, key), value in found.items():
            place = list(_PANELS).index(quantity), rows.index(self._row(key, quantity))
            column[place] = 1 - value if quantity == "cka" else value
        track = about.kept.get("track", Track()).then(about.step or 0, column)
        drawing.keep["track"] = track
        if not about.drawn:
            return
        from kerasvis2.render.heatmap import Panel, heatmap_sheet

        panels = [
            Panel(words, table, (0.0, 1.0), 0.0, absent=~np.isfinite(table))
            for quantity, words, table in zip(_PANELS, _PANELS.values(), track.table)
            if any(quantity == each for each, _ in found)
        ]
        flat = not all(np.isfinite(value) for value in found.values())
        if panels:
            pixels = heatmap_sheet(
                panels,
                rows,
                track.steps,
                title=about.title(self.title, ""),
                unit=about.unit,
                notes=[
                    "white: nothing changed · red: another map, another representation",
                    *(
                        ["a dash: no map, or the same everywhere: nothing to compare"]
                        if flat
                        else []
                    ),
                    *([f"{IMAGES} of {size} images"] if size > IMAGES else []),
                ],
            )
            drawing.pictures[apart("layers")] = Picture(pixels)

    def _row(self, key: Key, quantity: str) -> str:
        """Where a number stands: by its layer, and by its view too where there are several."""
        alone = quantity == "cka" or len(self.views) == 1
        return key.part if alone else f"{key.path} · {key.part}"


def _some(array: np.ndarray) -> np.ndarray:
    """The images that are followed."""
    if len(array) <= IMAGES:
        return array
    return array[np.linspace(0, len(array) - 1, IMAGES).round().astype(int)]


def _words(key: Key) -> str:
    """What a scalar is of: the layer, and of a map the view before it."""
    return key.part if key.path == FEATURES else str(key)


def _layers(infos: Sequence[LayerInfo]) -> list[LayerInfo]:
    chosen = [i for i in infos if is_convolution(i) or is_dense(i)]
    return spread(chosen or list(infos), MOST)


def _moved(maps: np.ndarray, before: np.ndarray) -> float:
    """The mean over the images whose maps have an order; NaN where none has."""
    from kerasvis2.metrics import spearman

    found = 1 - spearman(maps, before)
    known = found[np.isfinite(found)]
    return float(known.mean()) if known.size else float("nan")
