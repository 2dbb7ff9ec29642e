"""Is each layer learning?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.diagnostics import tensors
from kerasvis2.diagnostics.report import Subject, judge, report, speak
from kerasvis2.diagnostics.weights import has_matrix, rectifies
from kerasvis2.facts import count_weights, own_weights
from kerasvis2.keys import Key, apart
from kerasvis2.layers import LayerInfo, LayerSpec, children, kind_of, spread
from kerasvis2.views.base import About, Arrays, Drawing, Reduced, Request, View
from kerasvis2.views.layer_sheet import column, layer_sheet
from kerasvis2.views.measured import (
    CHANGE,
    FALLING,
    GRADIENT,
    HIGHEST,
    LOGITS,
    LOWEST,
    POOLED,
    POSITIVE,
    SIZE,
    STEPS,
    facts_of,
)
from kerasvis2.views.track import Track

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

MOST = 48  # layers by default
FEW = 24  # up to so many, all of them are ranked
# only in the memory
_BEFORE, _CHANGES, _ELAPSED, _WEIGHTS = "steps_before", "changes", "elapsed", "weights"
_MEASURES = ("update_ratio", "dead", "sparsity", "rank", "weight_norm", "gradient_norm")


class LayerHealth(View):
    """What is going wrong in which layer, in numbers, in one picture and in plain words.

    Of every layer with weights, at every look:

    - update ratio: log10(‖ΔW‖ / ‖W‖) a step, ΔW what became of its weights since the last look. −3
      is healthy; a layer that did not move has −∞ and is called frozen.
    - dead: the share of its channels whose largest answer to the whole probe is ≤ 0; sparsity: the
      share of its answers that are. Only of layers that rectify (ReLU, GELU, SiLU, …), or that
      nothing but a ReLU reads.
    - effective rank: exp of the entropy of the singular values of its answers to the probe,
      averaged over space. 1 where all images look the same. In models of more than 24 such layers
      not of those whose answers only a batch normalisation reads: see that one.
    - ‖W‖, and with `gradients` ‖∂L/∂W‖, L the model's own loss on the probe.

    The words follow the rules in `kerasvis2/diagnostics/rules`, each with its limit: dead and
    frozen layers, steps that are too large, numbers that are not finite, inputs in the wrong range,
    training that is no better than guessing, a class that is missing. Rules that cannot be judged,
    as the probe has no labels or no step was counted, are named under "Not known". Without a probe,
    or where no pass can be made of the model, it looks at the weights alone.

    Roy & Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO 2007.

    Tags: the text `layer_health/report`; the picture `layer_health/00_layers`, layers by epochs;
    the scalars `layer_health/update_ratio/<layer>`, `…/dead/…`, `…/sparsity/…`, `…/rank/…`,
    `…/weight_norm/…`, `…/gradient_norm/…`. Cost: no pass of its own, and the weights of the last
    look once more in the device's memory; with `gradients` one backward pass, and their gradients.
    `compute` gives for each layer `<path>/pooled` and `<path>/positive`: (N, C), the mean over
    space and the share of it that is above 0, and as single numbers `<path>/size`: ‖W‖²,
    `<path>/change`: ‖ΔW‖², `<path>/gradient`.

    Args:
        layers: layers with weights; by default the innermost ones, at most 48, spread over the
            depth.
        gradients: also the gradient norms.
        freq: look every so many epochs instead of the monitor's, 0 for never, or a callable `epoch
            -> bool`.

    Raises:
        ValueError: with `gradients`, where the probe has no labels or the model no loss.

    Examples:
        >>> monitor = kv.Monitor("runs/new", probe, [kv.LayerHealth()])
        >>> history = model.fit(x, y, epochs=2, verbose=0, callbacks=[monitor])
        >>> print(kv.read("runs/new")["new"].text("layer_health/report", 1))
        ### Layer health, epoch 1
        ...
    """

    title = "Layer health"
    needs_training = "it draws weights, gradients and updates from epoch to epoch"

    def __init__(self, *, layers: LayerSpec = None, gradients: bool = False, **common: Any) -> None:
        super().__init__(**common)
        self.layers = layers
        self.gradients = bool(gradients)

    def needs(self, model: Any, probe: Probe | None) -> Request:
        if probe is None:
            return Request(
                layers=self.layers,
                fits=lambda info: info.layer.built and bool(own_weights(info.layer)),
                default=_layers,
                what="layer with weights",
                weights=True,
                loss=self.gradients,
                probe=False,
            )
        return Request(
            layers=self.layers,
            fits=lambda info: len(info.shape or ()) > 1,
            default=_layers,
            what="layer with weights",
            outputs=True,
            weights=True,
            loss=self.gradients,
            targets=("label",),
        )

    def memory(self, layers: Sequence[LayerInfo], probe: Probe | None) -> Arrays:
        """The weights as they are now, to be compared with; and those of what may be the head."""
        rows = [info for info in layers if own_weights(info.layer)]
        kept: Arrays = {
            _BEFORE: np.full((), -1, "int32"),
            _ELAPSED: np.zeros((), "int32"),
            _CHANGES: np.zeros(len(rows), "float32"),
            _WEIGHTS: _host(_weights_of([info.layer for info in rows])),
        }
        for info in rows:
            for i, weight in own_weights(info.layer):
                if self.gradients and weight.trainable:
                    kept[_sum(info.path, i)] = np.zeros(weight.shape, "float32")
        matrices = [info for info in rows if has_matrix(info.layer)]
        return kept | {_start(info.path): _host(info.layer.kernel) for info in matrices[-1:]}

    def reduce(self, seen: Seen) -> Reduced:
        rows = [path for path, layer in seen.layers.items() if own_weights(layer)]
        found: dict[str, Any] = {}
        entry = seen.inputs
        normalised = self._normalised(rows, seen)
        for key, values in seen.activations.items():
            if key.path in normalised:
                continue
            if key.path in rows:
                found |= _answers(key, values, seen.layers[key.path], seen.rectified.get(key))
            else:
                entry = values  # what prepares the images stands before the first row
        if entry is not None and (entry is not seen.inputs or _is_numbers(seen.probe)):
            axes = tuple(range(1, len(entry.shape)))
            found[LOWEST] = ops.min(entry, axis=axes)
            found[HIGHEST] = ops.max(entry, axis=axes)
        if seen.logits is not None and len(seen.logits.shape) == 2:
            found[LOGITS] = seen.logits
        weights = self._weights(seen, rows)
        found |= weights.arrays
        memory = weights.memory
        for path in rows if self.gradients else ():
            sums = _gradients(path, seen)
            memory |= sums
            if sums:
                found[Key(path, GRADIENT)] = tensors.squares(list(sums.values()))
        return Reduced(found, memory)

    def _normalised(self, rows: Sequence[str], seen: Seen) -> set[str]:
        """Rows of a large model that only the batch normalisation in another row reads.

        What that gives says as much of them. To look at both would cost as much again, also
        because TensorFlow could not put the normalisation in the place of what it reads.
        """
        if self.layers is not None or len(rows) <= FEW:
            return set()
        norms = [(p,) for p in rows if kind_of(seen.layers[p]) == "BatchNormalization"]
        return {path for path in rows if seen.feeds.get(path) in norms}

    def _weights(self, seen: Seen, rows: Sequence[str]) -> Reduced:
        """How far the weights went, measured at the first chunk of the probe."""
        found: dict[str, Any] = {}
        kept: dict[str, Any] = {}
        memory, first = seen.memory, seen.chunk.first
        for path in rows:
            if Key(path) in seen.heads and _start(path) in memory:
                fell = _falling(seen.layers[path].kernel, memory[_start(path)])
                # A row an image, so that the chunks of the probe can be joined.
                found[FALLING] = ops.broadcast_to(fell, (seen.inputs.shape[0], fell.shape[0]))
        if rows:
            # All as one vector: of hundreds of weights, hundreds of small steps take longer.
            layers = [seen.layers[path] for path in rows]
            sizes = [count_weights(layer) for layer in layers]
            kept[_WEIGHTS] = weights = _weights_of(layers)
            size = tensors.squares_of_parts(weights, sizes)
            change = tensors.squares_of_parts(weights - memory[_WEIGHTS], sizes)
            kept[_CHANGES] = moved = ops.where(first, change, memory[_CHANGES])
            found |= {Key(path, SIZE): size[i] for i, path in enumerate(rows)}
            found |= {Key(path, CHANGE): moved[i] for i, path in enumerate(rows)}
        steps = seen.chunk.iterations
        elapsed = steps - ops.where(memory[_BEFORE] < 0, 0, memory[_BEFORE])
        kept[_ELAPSED] = found[STEPS] = ops.where(first, elapsed, memory[_ELAPSED])
        kept[_BEFORE] = steps
        return Reduced(found, kept)

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        step = about.step or 0
        facts = facts_of(arrays, about)
        findings = judge(facts, step, about.kept.get("findings", ()))
        said = speak(findings, facts, about.unit)
        past = _past(about, said)
        drawing = Drawing(keep={"findings": findings, "said": said, "past": past, "step": step})
        drawing.texts["report"] = report(said, past, facts, step, about.unit)
        for key, layer in facts.layers.items():
            for measure in _MEASURES:
                value = getattr(layer, measure)
                if not math.isnan(value):
                    drawing.scalars[f"{measure}/{key}"] = value
        track = about.kept.get("track", Track()).then(step, column(facts, findings))
        drawing.keep["track"] = track
        if about.drawn:
            drawing.pictures[apart("layers")] = layer_sheet(self.title, track, facts, about)
        return drawing


def _layers(infos: Sequence[LayerInfo]) -> list[LayerInfo]:
    """Those with weights, the innermost of each, and what comes right before the first one."""
    weighted = [info for info in infos if own_weights(info.layer)]
    outer = {path for info in weighted for path in info.parents}
    rows = spread([info for info in weighted if info.path not in outer], MOST)
    before = [i for i in infos if i.place < rows[0].place and not children(i.layer)] if rows else []
    return [*before[-1:], *rows]


def _is_numbers(probe: Probe | None) -> bool:
    """Whether the examples have a range: what is looked up, words and ids, has none."""
    return probe is not None and (probe.images is not None or probe.drawn.dtype.kind == "f")


def _answers(key: Key, values: Any, layer: Any, rectified: Any | None) -> dict[str, Any]:
    cut = rectifies(layer, rectified is not None)
    values = values if rectified is None else rectified
    found = {key.of(POOLED): tensors.pooled(values)}
    return found | ({key.of(POSITIVE): tensors.positive_share(values)} if cut else {})


def _gradients(path: str, seen: Seen) -> dict[str, Any]:
    """The loss's gradients, summed over the chunks of the probe so far."""
    layer = seen.layers[path]
    gradients = dict(zip([id(w) for w in layer.trainable_weights], seen.loss_gradients[path]))
    found: dict[str, Any] = {}
    for i, weight in own_weights(layer):
        key = _sum(path, i)
        if key in seen.memory and id(weight) in gradients:
            so_far = ops.where(seen.chunk.first, 0.0, seen.memory[key])
            found[key] = so_far + seen.chunk.share * gradients[id(weight)]
    return found


def _falling(kernel: Any, start: Any) -> Any:
    """(units,) which share of the changed weights of each unit is lower than at the start."""
    change = ops.cast(kernel, "float32") - start
    changed = ops.sum(ops.cast(ops.not_equal(change, 0), "float32"), axis=0)
    return ops.sum(ops.cast(change < 0, "float32"), axis=0) / ops.maximum(changed, 1.0)


def _past(about: About, said: Mapping[Subject, tuple[str, str]]) -> dict[Subject, str]:
    """What was said at earlier looks and is over, in the words it was last said in."""
    before = {
        key: f"{words}; until {about.unit} {about.kept['step']}"
        for key, (words, _) in about.kept.get("said", {}).items()
    }
    past = {**about.kept.get("past", {}), **before}
    return {key: words for key, words in past.items() if key not in said}


def _host(weight: Any) -> np.ndarray:
    # Of the copies that a strategy keeps, NumPy takes one only with a warning.
    return np.asarray(ops.convert_to_numpy(ops.copy(weight)), "float32")


def _weights_of(layers: Sequence[Any]) -> Any:
    weights = [weight for layer in layers for _, weight in own_weights(layer)]
    return tensors.flat(weights) if weights else ops.zeros(0, "float32")


def _sum(path: str, i: int) -> Key:
    return Key(path, f"sum {i}")


def _start(path: str) -> Key:
    return Key(path, "start")
