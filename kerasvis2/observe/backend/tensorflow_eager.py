"""TensorFlow without graphs, for models that cannot be traced: passes are run as they are written.

Slower, and less is known: logits where a Keras activation tells them, no ReLU rules.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasvis2.observe.backend.loops import looping, within
from kerasvis2.observe.backend.naming import named
from kerasvis2.observe.backend.protocol import Edges, Hook
from kerasvis2.observe.backend.tensorflow import TensorFlow


class KerasNotes:
    """What Keras's own activations leave on what they return."""

    def logits(self, value: Any) -> tuple[Any, str, tuple[Any, ...]]:
        """See `kerasvis2.observe.backend.protocol.Notes`."""
        before = getattr(value, "_keras_logits", None)
        if before is None:
            return value, "linear", (value,)
        single = np.allclose(tf.sigmoid(before).numpy(), value.numpy(), atol=1e-3)
        return before, "sigmoid" if single else "softmax", (value, before)

    def rectified(self, tensor: Any) -> Any | None:
        """See `kerasvis2.observe.backend.protocol.Notes`."""
        return None


class TensorFlowEager(TensorFlow):
    """See `kerasvis2.observe.backend.protocol.Backend`."""

    eager = True

    def compile(
        self, function: Callable[..., Any], variables: Sequence[Any], examples: Sequence[Any]
    ) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            with untouched():
                return function((), *arguments)

        return run

    def trace(self, run: Callable[[Any, Hook], None], inputs: Any) -> Edges:
        batch = tf.nest.map_structure(tf.convert_to_tensor, inputs)
        leaves = dict(named(batch))
        whole = [label for label, each in leaves.items() if not each.dtype.is_floating]
        noted: list[tuple[str, Any]] = []
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            for leaf in leaves.values():
                tape.watch(leaf)

            def note(label: str, tensor: Any) -> Any:
                # What comes after depends on this leaf and on nothing before it.
                noted.append((label, tensor))
                leaf = tf.identity(tf.stop_gradient(tensor))
                tape.watch(leaf)
                if hasattr(tensor, "_keras_logits"):
                    leaf._keras_logits = tensor._keras_logits
                leaves[label] = leaf
                return leaf

            with untouched():
                run(batch, note)
        edges = []
        for place, (label, tensor) in enumerate(noted):
            before = list(leaves)[: len(leaves) - len(noted) + place]
            found = tape.gradient(tensor, [leaves[one] for one in before])
            sources = [one for one, gradient in zip(before, found) if gradient is not None]
            edges += [(one, label) for one in sources or whole]
        return tuple(edges)

    def reachable(self) -> Callable[[Any], bool]:
        return lambda tensor: isinstance(tensor, tf.Tensor) and not within()

    def inline(self, call: Callable[..., Any]) -> Callable[..., Any] | None:
        plain = super().inline(call)
        layer = getattr(call, "__self__", None)
        return looping(plain or call) if isinstance(layer, keras.layers.RNN) else plain

    @contextlib.contextmanager
    def notes(self) -> Iterator[Any]:
        yield KerasNotes()

    def relu_rule(
        self, rule: str | None, layers: Sequence[Any]
    ) -> contextlib.AbstractContextManager[None]:
        if rule is not None:
            raise ValueError(
                "The model runs eagerly only, where gradients of a ReLU cannot be changed. Use a "
                "view that takes gradients as they are, such as IntegratedGradients."
            )
        return contextlib.nullcontext()

    def tick(self, callback: Callable[[], None], values: Any) -> Any:
        callback()
        return values


@contextlib.contextmanager
def untouched() -> Iterator[None]:
    """Whatever Python and NumPy draw inside, their states are as before afterwards."""
    ours, theirs = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)  # noqa: NPY002


BACKEND = TensorFlowEager()
