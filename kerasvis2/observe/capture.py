"""Layer outputs, caught on their way through the model."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from kerasvis2.layers import LayerInfo, tree


@contextlib.contextmanager
def watching(
    model: Any, infos: Sequence[LayerInfo], on_output: Callable[[str, Any], None]
) -> Iterator[None]:
    """Calls `on_output(key, tensor)` with the output of every call of the given layers.

    The key of a layer's first call is its path; later calls, where a layer is shared, are
    `path:2`, `path:3`, … in the order in which the model makes them.

    `layer.call` is shadowed in the instance's own dictionary, past Keras's attribute tracking,
    so nothing of the layer changes, and the shadow is gone when the block is left.
    """
    graph = tf.compat.v1.get_default_graph()
    shadowed: list[tuple[dict[str, Any], str, Any]] = []

    def shadow(layer: Any, method: str, replacement: Any) -> None:
        attributes = vars(layer)
        shadowed.append((attributes, method, attributes.get(method)))
        attributes[method] = replacement

    try:
        for layer in [model, *(info.layer for info in tree(model))]:
            # A call that is itself a tf.function would keep its tensors in a graph of its own.
            inline = getattr(layer.call, "python_function", None)
            if inline is not None:
                shadow(layer, "call", inline)
        for info in infos:
            quantized = getattr(info.layer, "quantization_mode", None)
            method = "quantized_call" if quantized else "call"  # Keras calls the one or the other
            original = getattr(info.layer, method)
            shadow(info.layer, method, _noting(info.path, original, on_output, graph))
        yield
    finally:
        for attributes, method, before in reversed(shadowed):
            if before is None:
                del attributes[method]
            else:
                attributes[method] = before


def _noting(
    path: str, original: Callable[..., Any], on_output: Callable[[str, Any], None], graph: Any
) -> Callable[..., Any]:
    """`original`, which also tells of its first output tensor."""
    calls = 0

    @functools.wraps(original)
    def noting(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        outputs = original(*args, **kwargs)
        tensors = [leaf for leaf in tf.nest.flatten(outputs) if tf.is_tensor(leaf)]
        # What is computed inside a loop or a branch belongs to another graph: out of reach.
        if tensors and tensors[0].graph is graph:
            calls += 1
            on_output(path if calls == 1 else f"{path}:{calls}", tensors[0])
        return outputs

    return noting
