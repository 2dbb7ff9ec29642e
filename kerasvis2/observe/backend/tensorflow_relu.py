"""Other rules than the chain rule's for gradients that pass a ReLU."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from kerasvis2.observe.backend.relu_units import NO_RELU, RULES, Unit, as_units, below

_OPS = ("Relu", "Relu6", "LeakyRelu")
_INNER_GRAPHS = (
    *("PartitionedCall", "StatefulPartitionedCall", "While", "StatelessWhile"),
    *("If", "StatelessIf", "Case", "StatelessCase"),
)


@contextlib.contextmanager
def relu_rule(rule: str | None, layers: Sequence[Any]) -> Iterator[None]:
    """See `kerasvis2.observe.backend.protocol.Backend.relu_rule`.

    It holds for every ReLU operation on the way, wherever it was written: in an activation
    argument, a layer, or a call in a model's own code; and for `ReLU` layers with a threshold and
    `PReLU`, which Keras composes of other operations. Hard sigmoid and hard swish have a ReLU6
    inside, which is one too. Thresholds given to `keras.activations.relu` in a function of the
    user's own are not seen, nor are ReLUs that a rematerialised layer calls again.

    Gradients must be taken with `tf.gradients`; a `GradientTape` does not honour the rule.
    """
    if rule is None:
        yield
        return
    graph = tf.compat.v1.get_default_graph()
    before = len(graph.get_operations())
    carried: list[str] = []
    names = {kind: f"Kerasvis{rule}{kind}" for kind in _OPS}
    with (
        graph.gradient_override_map(names),
        as_units(layers, lambda layer, unit: _carrying(rule, layer, unit, carried)),
    ):
        yield
    made = {op.type for op in graph.get_operations()[before:]}
    inner = made.intersection(_INNER_GRAPHS) and _holds_relu(graph)
    if inner:
        raise ValueError(
            "The model calls a ReLU inside a loop or a branch, where its gradient cannot be "
            "changed. Use a view that takes gradients as they are, such as IntegratedGradients."
        )
    if not carried and not made.intersection(_OPS):
        raise ValueError(NO_RELU)


def _register(rule: str, kind: str) -> None:
    @tf.RegisterGradient(f"Kerasvis{rule}{kind}")
    def gradient(op: Any, dy: Any) -> Any:
        slope = op.get_attr("alpha") if kind == "LeakyRelu" else 0.0
        return below(rule, dy, op.inputs[0], slope, 6.0 if kind == "Relu6" else None)


for _rule in RULES:
    for _kind in _OPS:
        _register(_rule, _kind)


def _carrying(rule: str, layer: Any, unit: Unit, carried: list[str]) -> Callable[[Any], Any]:
    original = layer.call

    def call(inputs: Any) -> Any:
        slope, threshold, top = unit()
        carried.append(layer.name)

        @tf.custom_gradient
        def carry(x: Any, y: Any) -> Any:
            def gradient(dy: Any) -> Any:
                beyond = None if top is None else top - threshold
                passed = below(rule, dy, x - threshold, tf.cast(slope, dy.dtype), beyond)
                return passed, tf.zeros_like(dy)

            return tf.identity(y), gradient

        return carry(inputs, original(inputs))

    return call


def _holds_relu(graph: Any) -> bool:
    """Whether a function that the graph calls has a ReLU in it."""
    functions = graph.as_graph_def().library.function
    return any(node.op in _OPS for function in functions for node in function.node_def)
