"""Is each layer learning?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from kerasvis2.diagnostics import tensors
from kerasvis2.layers import LayerInfo, LayerSpec, children, spread
from kerasvis2.views.base import Arrays, Needs, View

MOST = 64
INPUT = "input"
LOGITS = "logits"
STEPS = "steps"


class LayerHealth(View):
    title = "Layer health"

    def __init__(self, *, layers: LayerSpec = None, gradients: bool = False, **common: Any) -> None:
        super().__init__(**common)
        self.layers = layers
        self.gradients = bool(gradients)

    def needs(self, model: Any, probe: Any) -> Needs:
        return Needs(
            layers=self.layers,
            fits=lambda info: len(info.shape or ()) > 1,
            default=_layers,
            what="layer with weights",
            outputs=True,
            weights=True,
            loss=self.gradients,
            targets=("label",),
        )

    def memory(self, layers: Sequence[LayerInfo], probe: Any) -> Arrays:
        """The weights as they are now, which never leave the device."""
        kept = {
            _was(info.path, i): np.asarray(ops.convert_to_numpy(weight), "float32")
            for info in layers
            for i, weight in own_weights(info.layer)
        }
        kept[STEPS] = np.zeros((), "int32")
        return kept

    def reduce(self, seen: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        memory = seen.memory
        rows = [path for path, layer in seen.layers.items() if own_weights(layer)]
        entry = seen.inputs
        for key, values in seen.activations.items():
            path = next(p for p in seen.layers if key == p or key.startswith(p + ":"))
            if path not in rows:
                entry = values if key == path else entry
                continue
            if rectifies(seen.layers[path], key in seen.rectified):
                values = ops.relu(values) if key in seen.rectified else values
                found[f"{key}/maximum"] = tensors.maxima(values)
                found[f"{key}/positive"] = tensors.positive_share(values)
            found[f"{key}/pooled"] = tensors.pooled(values)
        for path in rows:
            weights = [(i, ops.cast(w, "float32")) for i, w in own_weights(seen.layers[path])]
            found[f"{path}/size"] = tensors.norm([w for _, w in weights])
            found[f"{path}/change"] = tensors.norm([w - memory[_was(path, i)] for i, w in weights])
            found |= {_was(path, i): w for i, w in weights}
        flat = tuple(range(1, len(entry.shape)))
        found[f"{INPUT}/lowest"] = ops.min(entry, axis=flat)
        found[f"{INPUT}/highest"] = ops.max(entry, axis=flat)
        if len(seen.logits.shape) == 2:
            found[LOGITS] = seen.logits
        found["elapsed"] = seen.moment.iterations - memory[STEPS]
        found[STEPS] = seen.moment.iterations
        return found


def own_weights(layer: Any) -> list[tuple[int, Any]]:
    """(place in `layer.weights`, weight) of what training changes, of a layer frozen now too."""
    trainable = {id(weight) for weight in layer.trainable_weights}
    return [
        (i, weight)
        for i, weight in enumerate(layer.weights)
        if id(weight) in trainable
        or (not layer.trainable and "float" in str(weight.dtype) and "moving" not in weight.name)
    ]


FLAT = ("relu", "relu6", "gelu", "silu", "hard_silu", "mish")


def rectifies(layer: Any, behind: bool) -> bool:
    if behind:
        return True
    if type(layer).__name__ == "ReLU":
        return not layer.negative_slope
    return getattr(getattr(layer, "activation", None), "__name__", "") in FLAT


def _was(path: str, i: int) -> str:
    return f"{path}/was/{i}"


def _layers(infos: Sequence[LayerInfo]) -> list[LayerInfo]:
    """Those with weights, the innermost of each, and what comes right before the first one."""
    weighted = [info for info in infos if own_weights(info.layer)]
    outer = {path for info in weighted for path in info.parents}
    rows = spread([info for info in weighted if info.path not in outer], MOST)
    before = [i for i in infos if i.place < rows[0].place and not children(i.layer)] if rows else []
    return [*before[-1:], *rows]
