"""What the network is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.diagnostics import tensors
from kerasvis2.diagnostics.numbers import Distribution, distribution
from kerasvis2.drawing import Wiring
from kerasvis2.facts import named_weights
from kerasvis2.keys import Key, apart
from kerasvis2.views import table
from kerasvis2.views.base import About, Arrays, Drawing, Picture, Request
from kerasvis2.views.layered import LayeredView

if TYPE_CHECKING:
    from kerasvis2.facts import Layers
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

BINS = 30


class ModelGraph(LayeredView):
    """The layers as a table, as a diagram and as a graph, and how their weights are spread.

    What does not change is logged once: the table of all layers, the diagram that follows one
    forward pass from layer to layer, and the same for TensorBoard's Graphs tab, with models inside
    models as scopes that open. They hold for functional, nested, subclassed and shared layers
    alike, on every backend, as they are read off the traced pass. In the diagram, activations,
    normalisations and dropout are words in the box before them; frozen layers are hatched.
    Graphviz places the boxes where its Python package and `dot` are installed, otherwise a layout
    of our own.

    Without a probe, or where no pass can be made of the model, there is no diagram.

    At every look: each weight's histogram, and a table of its mean, spread, extremes and zeros.

    Tags: texts `model_graph/layers` and `model_graph/weights`, picture `model_graph/00_diagram`,
    histograms `model_graph/<layer path>/<weight>`. Cost: no pass; the weights are copied once, and
    counted into 30 buckets each on the thread that draws. `compute` gives the weights themselves,
    `<path>/<weight>`.

    Args:
        layers: layers whose weights to follow; all by default.
        freq: look every so many epochs instead of the monitor's, 0 for never, or a callable `epoch
            -> bool`.

    Examples:
        >>> pictures = kv.ModelGraph().render(model, probe)
        >>> list(pictures)
        ['model_graph/00_diagram']
    """

    title = "Model"

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return Request(
            layers=self.layers,
            weights=True,
            fits=lambda info: info.layer.built and any(_weights(info.layer)),
            what="layer with weights",
            per_image=False,
            probe=False,
        )

    def whole(self, seen: Seen) -> dict[str, Any]:
        return {
            Key(path, name): ops.convert_to_tensor(weight)
            for path, layer in seen.layers.items()
            for name, weight in _weights(layer)
        }

    def reduce(self, seen: Seen) -> dict[str, Any]:
        return {
            path: tensors.flat([weight for _, weight in _weights(layer)])
            for path, layer in seen.layers.items()
        }

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        drawing = Drawing()
        lines = ["| Weight | Mean | Spread | Lowest | Highest | Zeros | NaN/inf |"]
        lines.append("|---|--:|--:|--:|--:|--:|--:|")
        for path, flat in arrays.items():
            named = about.layers[path].own
            ends = np.cumsum([weight.count for weight in named])
            for weight, values in zip(named, np.split(flat, ends[:-1])):
                found = distribution(values, BINS)
                drawing.histograms[f"{path}/{weight.name}"] = found.buckets
                lines.append(f"| `{path}/{weight.name}` | {_row(found)} |")
        drawing.texts["weights"] = "\n".join(lines)
        words = table.layer_table(about.layers)
        changed = about.kept.get("layers") != words
        owed = changed or about.kept.get("owed", False)
        # Nothing is drawn where nothing went through the model.
        drawn = about.drawn or about.wiring is None
        drawing.keep = {"layers": words, "owed": owed and not drawn}
        if changed:
            drawing.texts["layers"] = words
        if about.wiring is not None:
            if changed and about.wiring.edges:
                drawing.graph = self._graph(about, about.wiring)
            if owed and about.drawn:
                drawing.pictures[apart("diagram")] = Picture(self._diagram(about, about.wiring))
        return drawing

    def _graph(self, about: About, wiring: Wiring) -> bytes:
        from kerasvis2.record.graphs import layer_graph

        shape = about.input_shape
        known = {} if shape is None else {"input": (None, *shape)}
        return layer_graph(wiring.edges, about.layers, known)

    def _diagram(self, about: About, wiring: Wiring) -> np.ndarray:
        from kerasvis2.render.diagram import Box, diagram_sheet

        groups = fold(wiring.edges, about.layers)
        place = {path: i for i, group in enumerate(groups) for path in group}
        edges = {(place[a], place[b]) for a, b in wiring.edges if place[a] != place[b]}
        boxes = []
        for first, *rest in groups:
            info = about.layers.get(first)
            if info is None:
                given = about.input_shape if first == "input" else None
                boxes.append(Box(first, ("×".join(map(str, given)),) if given else (), "input"))
                continue
            lines = [info.words]
            if rest:
                lines.append("+ " + ", ".join(about.layers[path].kind for path in rest))
            count = sum(about.layers[path].parameters for path in (first, *rest))
            size = f"{table.short(count)} weights" if count else ""
            shape = about.layers[rest[-1] if rest else first].shape
            lines.append(" · ".join(filter(None, [table.shape_words(shape), size])))
            kind = "weights" if count else "plain"
            if info.frozen:
                kind, lines[-1] = "frozen", lines[-1] + " · frozen"
            inside = info.parents[-1] if info.parents else ""
            boxes.append(Box(first.rsplit("/", 1)[-1], tuple(lines), kind, inside))
        return diagram_sheet(boxes, sorted(edges), title=self.title)


def fold(edges: Sequence[tuple[str, str]], layers: Layers) -> list[list[str]]:
    """Groups of paths that share a box: a layer and the small ones that only it feeds.

    Args:
        edges: (from, to) paths.
        layers: every layer by path; what is not among them is an input.
    """
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for start, end in edges:
        before.setdefault(end, []).append(start)
        after.setdefault(start, []).append(end)
    groups: dict[str, list[str]] = {}
    for path in dict.fromkeys(path for edge in edges for path in edge):
        sources = before.get(path, [])
        joins = (
            len(sources) == 1
            and sources[0] in layers
            and len(after[sources[0]]) == 1
            and path in layers
            and table.is_small(layers[path])
        )
        group = groups[sources[0]] if joins and sources[0] in groups else []
        group.append(path)
        groups[path] = group
    return list({id(group): group for group in groups.values()}.values())


def _row(found: Distribution) -> str:
    numbers = (found.mean, found.spread, found.lowest, found.highest)
    words = [f"{value:.3g}" for value in numbers]
    return " | ".join([*words, f"{found.zeros:.1%}", str(found.broken)])


def _weights(layer: Any) -> Iterator[tuple[str, Any]]:
    """(name, weight) of a layer's own float weights, not those of the layers inside it."""
    for name, weight, inner in named_weights(layer):
        if not inner and "float" in str(weight.dtype):
            yield name, weight
