"""Layer outputs, caught on their way through the model."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from kerasvis2.layers import LayerInfo


@contextlib.contextmanager
def watching(infos: Sequence[LayerInfo], on_output: Callable[[str, Any], None]) -> Iterator[None]:
    """Calls `on_output(key, tensor)` with the output of every call of the given layers.

    The key of a layer's first call is its path; later calls, where a layer is shared, are
    `path:2`, `path:3`, ….

    `layer.call` is shadowed in the instance's own dictionary, past Keras's attribute tracking,
    so nothing of the layer changes, and the shadow is gone when the block is left.
    """
    graph = tf.compat.v1.get_default_graph() if not tf.executing_eagerly() else None
    shadowed: list[tuple[Any, dict[str, Any]]] = []
    try:
        for info in infos:
            for method in ("call", "quantized_call"):
                # Quantized layers are called through a second method.
                if method == "quantized_call" and not getattr(info.layer, "quantization_mode", 0):
                    continue
                before = {k: v for k, v in vars(info.layer).items() if k == method}
                shadow = _shadow(info.path, getattr(info.layer, method), on_output, graph)
                vars(info.layer)[method] = shadow
                shadowed.append((info.layer, {method: before.get(method)}))
        yield
    finally:
        for layer, saved in shadowed:
            for method, original in saved.items():
                if original is None:
                    del vars(layer)[method]
                else:
                    vars(layer)[method] = original


def _shadow(
    path: str, original: Callable[..., Any], on_output: Callable[[str, Any], None], graph: Any
) -> Callable[..., Any]:
    calls = 0
    # A call that is itself a tf.function would keep its tensors inside a graph of its own.
    inner = getattr(original, "python_function", original)

    @functools.wraps(original)
    def shadow(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        outputs = inner(*args, **kwargs)
        tensors = [leaf for leaf in tf.nest.flatten(outputs) if tf.is_tensor(leaf)]
        # What is computed inside a loop or a branch belongs to another graph: out of reach.
        if tensors and (graph is None or tensors[0].graph is graph):
            calls += 1
            on_output(path if calls == 1 else f"{path}:{calls}", tensors[0])
        return outputs

    return shadow
