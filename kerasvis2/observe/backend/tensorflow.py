"""TensorFlow: passes are `tf.function`s, gradients come from a tape."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kerasvis2.observe.backend import tensorflow_graph as graphs
from kerasvis2.observe.backend.edges import edges
from kerasvis2.observe.backend.naming import named
from kerasvis2.observe.backend.protocol import Edges, Hook, Recorded
from kerasvis2.observe.backend.tensorflow_relu import relu_rule

__all__ = ["BACKEND", "TensorFlow"]


# What is said of an operation that a device has no kernel for, or none in that order of the axes.
_XLA_ONLY = ("NHWC", "NCHW", "NDHWC", "No OpKernel was registered", "only supports")


class GraphNotes:
    """A graph remembers everything by itself."""

    logits = staticmethod(graphs.logits)
    rectified = staticmethod(graphs.rectified)


class TensorFlow:
    """See `kerasvis2.observe.backend.protocol.Backend`."""

    name = "tensorflow"
    eager = False

    def compile(
        self, function: Callable[..., Any], variables: Sequence[Any], examples: Sequence[Any]
    ) -> Callable[..., Any]:
        # Read by the graph anew at each call, wherever they are kept: nothing stands for them.
        def run(*arguments: Any) -> Any:
            return function((), *arguments)

        found: Callable[..., Any] = tf.function(run, autograph=False).get_concrete_function(
            *examples
        )

        def call(*arguments: Any) -> Any:
            nonlocal found
            try:
                return found(*arguments)
            except tf.errors.OpError as error:
                if not any(word in str(error) for word in _XLA_ONLY):
                    raise
            # Without XLA a CPU has no kernels for maps whose channels come first.
            compiled = tf.function(run, autograph=False, jit_compile=True)
            found = compiled.get_concrete_function(*arguments)
            return found(*arguments)

        return call

    def trace(self, run: Callable[[Any, Hook], None], inputs: Any) -> Edges:
        noted: list[tuple[str, Any]] = []
        given: dict[str, Any] = {}

        def note(label: str, tensor: Any) -> Any:
            noted.append((label, tensor))
            return tensor

        def symbolic(batch: Any) -> None:
            given.update(named(batch))
            run(batch, note)

        specs = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), inputs)
        traced = tf.function(symbolic, autograph=False).get_concrete_function(specs)
        found = edges(noted, given, lambda tensor: tensor.op.inputs)
        del traced  # not before: its graph goes with it
        return found

    def reachable(self) -> Callable[[Any], bool]:
        graph = tf.compat.v1.get_default_graph()
        # A ragged or a sparse tensor is no array that could be drawn.
        return lambda tensor: isinstance(tensor, tf.Tensor) and tensor.graph is graph

    def inline(self, call: Callable[..., Any]) -> Callable[..., Any] | None:
        # A call that is itself a tf.function would keep its tensors in a graph of its own.
        return getattr(call, "python_function", None)

    @contextlib.contextmanager
    def notes(self) -> Iterator[GraphNotes]:
        yield GraphNotes()

    def relu_rule(
        self, rule: str | None, layers: Sequence[Any]
    ) -> contextlib.AbstractContextManager[None]:
        return relu_rule(rule, layers)

    def record(
        self,
        run: Callable[[Any, Any, Hook], tuple[list[Any], Any, Any]],
        images: Any,
        weights: Any,
        *,
        layers: bool,
        inputs: bool,
        ruled: bool,
    ) -> Recorded:
        captured: dict[Any, Any] = {}
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:

            def hook(key: Any, tensor: Any) -> Any:
                # A frozen layer above would otherwise end the tape's record here.
                if (layers or inputs) and tensor.dtype.is_floating:
                    tape.watch(tensor)
                captured[key] = tensor
                return tensor

            if inputs:
                tape.watch(images)
            for weight in tf.nest.flatten(weights):
                tape.watch(weight)
            totals, loss, rest = run(images, weights, hook)
        sources = (list(captured.values()) if layers else []) + ([images] if inputs else [])
        # A tape does not honour a rule, `tf.gradients` does.
        backward = tf.gradients if ruled else tape.gradient
        found = [_dense(backward(total, sources)) for total in totals] if sources else []
        return Recorded(
            rest,
            captured,
            [dict(zip(captured, each)) for each in found] if layers else [],
            [each[-1] for each in found] if inputs else [],
            None if loss is None else _dense(tape.gradient(loss, weights)),
        )

    def differentiate(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def value_and_gradients(params: Any, *rest: Any) -> Any:
            flat = tf.nest.flatten(params)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                for leaf in flat:
                    tape.watch(leaf)
                value, aux = function(params, *rest)
            found = tape.gradient(value, flat, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return (value, aux), tf.nest.pack_sequence_as(params, found)

        return value_and_gradients

    def tick(self, callback: Callable[[], None], values: Any) -> Any:
        with tf.control_dependencies([values]):
            tf.numpy_function(callback, [], [])
        return values

    def read(self, variable: Any) -> Any:
        # Of the copies that a MirroredStrategy keeps, converting takes the first.
        return tf.convert_to_tensor(getattr(variable, "value", variable))

    def number(self, variable: Any) -> float:
        return float(np.asarray(self.read(variable)))

    def first(self) -> bool:
        return True  # Keras trains under strategies of one process only

    def spread(self, variables: Sequence[Any]) -> bool:
        return False


def _dense(gradients: Any) -> Any:
    """What is looked up has its gradient in slices; here all of it is wanted."""
    return tf.nest.map_structure(
        lambda each: tf.convert_to_tensor(each) if isinstance(each, tf.IndexedSlices) else each,
        gradients,
    )


BACKEND = TensorFlow()
