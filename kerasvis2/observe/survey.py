"""What a model looks like from inside: its layers, what they give, its outputs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from kerasvis2.layers import LayerInfo, Wiring, children, tree
from kerasvis2.observe.capture import watching
from kerasvis2.observe.outputs import Output, outputs_of
from kerasvis2.observe.wiring import wiring


@dataclass(frozen=True)
class Survey:
    """A model seen through one symbolic forward pass; nothing is computed for it.

    Attributes:
        layers: every layer, with the shape it gives.
        keys: the capture keys of each path, one per call of the layer.
        outputs: the model's outputs (symbolic: their names, shapes and heads are what counts).
        half: whether some of it computes in float16.
        wiring: which layer feeds which, or None where there is no probe.
    """

    layers: list[LayerInfo]
    keys: dict[str, list[str]]
    outputs: list[Output]
    half: bool
    wiring: Wiring | None = None


def build(model: Any, inputs: Any) -> None:
    """Builds a model that has not seen data yet, by calling it once on one image."""
    if not model.built or any(not info.layer.built for info in tree(model)):
        model(tf.nest.map_structure(lambda x: tf.convert_to_tensor(x[:1]), inputs), training=False)


def survey(model: Any, inputs: Any) -> Survey:
    """Surveys a built model.

    Args:
        model: a Keras model.
        inputs: a batch for it, arrays in the structure that it is called with; None where
            there is no probe, then shapes and outputs stay unknown.
    """
    infos = tree(model)
    if inputs is None:
        return Survey(infos, {info.path: [info.path] for info in infos}, [], False)
    build(model, inputs)
    infos = tree(model)
    shapes: dict[str, tuple[int | None, ...]] = {}
    found: list[Output] = []
    called: list[tuple[str, Any]] = []
    given: dict[str, Any] = {}
    innermost = {info.path for info in infos if not children(info.layer)}

    def note(key: str, tensor: Any) -> None:
        path = key.rsplit(":", 1)[0] if key not in innermost else key
        if path in innermost:
            called.append((path, tensor))
        if tensor.shape.rank is not None:
            shapes[key] = (None, *tensor.shape[1:])

    def run(batch: Any) -> None:
        given.update(_named(batch))
        # Keras's stateless scope: whatever the call would assign (statistics, random seeds,
        # metrics, losses) is dropped with it.
        with keras.StatelessScope(), watching(model, infos, note):
            found.extend(outputs_of(model, model(batch, training=False)))

    specs = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), inputs)
    traced = tf.function(run, autograph=False).get_concrete_function(specs)
    keys: dict[str, list[str]] = {}
    for info in infos:
        calls = [info.path] if info.path in shapes else []
        while calls and f"{info.path}:{len(calls) + 1}" in shapes:
            calls.append(f"{info.path}:{len(calls) + 1}")
        keys[info.path] = calls
    layers = [dataclasses.replace(info, shape=shapes.get(info.path)) for info in infos]
    half = any(getattr(info.layer, "compute_dtype", "") == "float16" for info in infos)
    return Survey(layers, keys, found, half, wiring(called, given, traced.graph))


def _named(batch: Any) -> dict[str, Any]:
    """A batch's tensors by name: "input", or the names or places of several."""
    if isinstance(batch, dict):
        return {str(key): tensor for key, tensor in batch.items()}
    if isinstance(batch, (list, tuple)):
        return {f"input {i}": tensor for i, tensor in enumerate(batch)}
    return {"input": batch}
