"""Attention weights, caught where the layer computes them."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tensorflow as tf

from kerasvis2.layers import LayerInfo


@contextlib.contextmanager
def attending(infos: Iterable[LayerInfo], found: dict[str, Any]) -> Iterator[None]:
    """Puts the (N, heads, T, S) weights of every call of the given attention layers into `found`.

    Inside the block the layers are called with `return_attention_scores=True`, which also keeps
    them from a fused implementation that never has the weights as a tensor; who calls them gets
    what was asked for. Keys are those of `watching`.
    """
    graph = tf.compat.v1.get_default_graph()
    shadowed: list[tuple[dict[str, Any], Any]] = []
    try:
        for info in infos:
            attributes = vars(info.layer)
            shadowed.append((attributes, attributes.get("call")))
            attributes["call"] = _telling(info, found, graph)
        yield
    finally:
        for attributes, before in reversed(shadowed):
            if before is None:
                del attributes["call"]
            else:
                attributes["call"] = before


def _telling(info: LayerInfo, found: dict[str, Any], graph: Any) -> Callable[..., Any]:
    original, calls = info.layer.call, 0
    signature = inspect.signature(original)

    @functools.wraps(original)
    def telling(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        bound = signature.bind(*args, **kwargs)
        asked = bound.arguments.get("return_attention_scores", False)
        bound.arguments["return_attention_scores"] = True
        output, weights = original(*bound.args, **bound.kwargs)
        if weights.graph is graph:  # as in `watching`
            calls += 1
            key = info.path if calls == 1 else f"{info.path}:{calls}"
            found[key] = _flat(weights, info)
        return (output, weights) if asked else output

    return telling


def _flat(weights: Any, info: LayerInfo) -> Any:
    """(N, heads, T, S): attention over several axes has them in a row."""
    axes = len(info.layer.get_config().get("attention_axes") or (1,))
    shape = tf.shape(weights)
    if weights.shape.rank != 2 + 2 * axes:
        raise ValueError(
            f"layers={info.path!r} attends within parts of its input, weights {weights.shape}; "
            "only attention over all places, (N, heads, T, S), can be shown."
        )
    if axes == 1:
        return weights
    queries, keys = weights.shape[2 : 2 + axes], weights.shape[2 + axes :]
    sizes = [queries.num_elements() or -1, keys.num_elements() or -1]
    return tf.reshape(weights, [shape[0], weights.shape[1], *sizes])
