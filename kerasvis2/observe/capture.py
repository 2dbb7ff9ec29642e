"""Layer outputs, caught on their way through the model."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from keras import ops, tree

from kerasvis2.keys import Key
from kerasvis2.layers import LayerInfo
from kerasvis2.modules import Module
from kerasvis2.observe.backend import Backend
from kerasvis2.observe.backend.shadow import shadowed
from kerasvis2.observe.structures import exchanged
from kerasvis2.operations import called

Hook = Callable[[Key, Any], Any]


@contextlib.contextmanager
def capturing(
    backend: Backend,
    everyone: Sequence[Any],
    infos: Sequence[LayerInfo],
    hook: Hook,
    *,
    apart: bool = True,
) -> Iterator[None]:
    """Calls `hook(key, tensor)` with the output of every call of the given layers.

    What the hook returns takes the output's place. The key of a layer's first call is its path;
    later calls, where a layer is shared, count as 2, 3, … in the order in which they are made.

    `layer.call` is shadowed in the instance's own dictionary, past Keras's attribute tracking,
    so nothing of the layer changes, and the shadow is gone when the block is left. Modules of
    PyTorch's own have forward hooks for this.

    Args:
        backend: what the model runs on.
        everyone: the model and all its layers.
        infos: the layers to catch.
        hook: what is told.
        apart: what is told stays as it is, though the model may go on to work in place.
    """
    reachable = backend.reachable()
    with contextlib.ExitStack() as stack:
        for layer in everyone:
            if isinstance(layer, Module):
                continue
            layer = called(layer)
            inline = backend.inline(layer.call)
            if inline is not None:
                stack.enter_context(shadowed(layer, "call", inline))
            # Under a RematScope a layer is called within a function of its own, and once more on
            # the way back: what is caught there would be out of the gradients' reach.
            if hasattr(layer, "rematerialized_call"):
                stack.enter_context(shadowed(layer, "rematerialized_call", _once))
        for info in infos:
            if isinstance(info.layer, Module):
                tell = _telling(info.path, hook, reachable, apart)
                stack.enter_context(info.layer.telling(tell))
                continue
            layer = called(info.layer)
            quantized = getattr(layer, "quantization_mode", None)
            method = "quantized_call" if quantized else "call"  # Keras calls the one or the other
            noting = _noting(getattr(layer, method), _telling(info.path, hook, reachable))
            stack.enter_context(shadowed(layer, method, noting))
        yield


def _once(call: Callable[..., Any], *_: Any, **__: Any) -> Callable[..., Any]:
    return call


def _noting(original: Callable[..., Any], tell: Callable[[Any], Any]) -> Callable[..., Any]:
    """`original`, whose outputs are told."""

    @functools.wraps(original)
    def noting(*args: Any, **kwargs: Any) -> Any:
        return tell(original(*args, **kwargs))

    return noting


def _telling(
    path: str, hook: Hook, reachable: Callable[[Any], bool], apart: bool = False
) -> Callable[[Any], Any]:
    """What makes outputs of outputs, whose first tensor goes through the hook."""
    calls = 0

    def tell(outputs: Any) -> Any:
        nonlocal calls
        flat = tree.flatten(outputs)
        place = next((i for i, leaf in enumerate(flat) if ops.is_tensor(leaf)), None)
        # What is computed inside a loop or a branch belongs to another trace: out of reach.
        if place is None or not reachable(flat[place]):
            return outputs
        calls += 1
        told = hook(Key(path, call=calls), flat[place])
        if apart:
            told = ops.copy(told)
        return outputs if told is flat[place] else exchanged(outputs, [flat[place]], [told])

    return tell
