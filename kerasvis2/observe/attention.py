"""Attention weights, caught where the layer computes them."""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from keras import ops

from kerasvis2.keys import Key
from kerasvis2.layers import LayerInfo
from kerasvis2.modules import Module
from kerasvis2.observe.backend import Backend
from kerasvis2.observe.backend.shadow import shadowed


@contextlib.contextmanager
def attending(
    backend: Backend, infos: Iterable[LayerInfo], found: dict[Key, Any]
) -> Iterator[None]:
    """Puts the (N, heads, T, S) weights of every call of the given attention layers into `found`.

    Inside the block the layers are called with `return_attention_scores=True`, which also keeps
    them from a fused implementation that never has the weights as a tensor; who calls them gets
    what was asked for. Keys are those of `capturing`.
    """
    reachable = backend.reachable()
    with contextlib.ExitStack() as stack:
        for info in infos:
            if isinstance(info.layer, Module):
                stack.enter_context(_module_attending(info, found))
                continue
            telling = _telling(info, found, reachable)
            stack.enter_context(shadowed(info.layer, "call", telling))
        yield


@contextlib.contextmanager
def _module_attending(info: LayerInfo, found: dict[Key, Any]) -> Iterator[None]:
    """The same of PyTorch's own attention, which computes its weights for those who ask."""
    asked: list[tuple[bool, bool]] = []
    calls = 0

    def ask(module: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        bound = inspect.signature(module.forward).bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        asked.append((given["need_weights"], given["average_attn_weights"]))
        return (), given | {"need_weights": True, "average_attn_weights": False}

    def tell(module: Any, args: Any, outputs: Any) -> Any:
        nonlocal calls
        wanted, mean = asked.pop()
        output, weights = outputs
        calls += 1
        found[Key(info.path, call=calls)] = weights
        if not wanted:
            return output, None
        return output, weights.mean(dim=-3) if mean else weights

    module = info.layer.module
    before = module.register_forward_pre_hook(ask, with_kwargs=True)
    after = module.register_forward_hook(tell)
    try:
        yield
    finally:
        before.remove()
        after.remove()


def _telling(
    info: LayerInfo, found: dict[Key, Any], reachable: Callable[[Any], bool]
) -> Callable[..., Any]:
    original, calls = info.layer.call, 0
    signature = inspect.signature(original)

    @functools.wraps(original)
    def telling(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        bound = signature.bind(*args, **kwargs)
        asked = bound.arguments.get("return_attention_scores", False)
        bound.arguments["return_attention_scores"] = True
        output, weights = original(*bound.args, **bound.kwargs)
        if reachable(weights):  # as in `capturing`
            calls += 1
            found[Key(info.path, call=calls)] = _flat(weights, info)
        return (output, weights) if asked else output

    return telling


def _flat(weights: Any, info: LayerInfo) -> Any:
    """(N, heads, T, S): attention over several axes has them in a row."""
    axes = len(info.layer.get_config().get("attention_axes") or (1,))
    if len(weights.shape) != 2 + 2 * axes:
        raise ValueError(
            f"layers={info.path!r} attends within parts of its input, weights {weights.shape}; "
            "only attention over all places, (N, heads, T, S), can be shown."
        )
    if axes == 1:
        return weights
    shape = ops.shape(weights)
    queries, keys = weights.shape[2 : 2 + axes], weights.shape[2 + axes :]
    sizes = [-1 if None in each else math.prod(each) for each in (queries, keys)]
    return ops.reshape(weights, (shape[0], weights.shape[1], *sizes))
