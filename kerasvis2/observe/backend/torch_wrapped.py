"""Calls of modules of PyTorch's own that Keras wraps: nothing of them is other afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch

from kerasvis2.modules import original, variables_of


def as_it_is(wrapper: Any, call: Callable[..., Any]) -> Callable[..., Any]:
    """A call of a wrapped module that leaves its modes, parameters and buffers as they are.

    Keras puts a module into the mode that a call asks for, and what stands for a variable in a
    `StatelessScope` stands for it in the module too. What is written into a buffer is dropped.

    Args:
        wrapper: a `TorchModuleWrapper`.
        call: its call.
    """
    module = wrapper.module
    parts = list(module.modules())
    compiled = any(original(part) is not part for part in parts)
    scripted = any(isinstance(part, torch.jit.ScriptModule) for part in parts)
    named = [(f"module.{name}", variable) for name, variable in variables_of(wrapper)]

    calling = _Calling(module, parts, call)

    def run(*args: Any, **kwargs: Any) -> Any:
        modes = [(part, part.training) for part in parts]
        try:
            with _one_way(compiled):
                if scripted:  # takes no others
                    return call(*args, **kwargs)
                stand_ins = {name: variable.value for name, variable in named}
                copies = {f"module.{n}": b.clone() for n, b in module.named_buffers()}
                return torch.func.functional_call(calling, stand_ins | copies, args, kwargs)
        finally:
            for part, training in modes:
                part.training = training

    return run


class _Calling(torch.nn.Module):
    def __init__(self, module: Any, parts: list[Any], call: Callable[..., Any]) -> None:
        super().__init__()
        self.module, self._parts, self._call = module, parts, call

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        with _recurrent(self._parts):
            return self._call(*args, **kwargs)


@contextlib.contextmanager
def _one_way(compiled: bool) -> Iterator[None]:
    """The same way with gradients and without, and module by module: no faster one around them.

    What was compiled would keep its tensors to itself, and compile anew.
    """
    if compiled:
        with torch.compiler.set_stance("force_eager"), _one_way(False):
            yield
        return
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@contextlib.contextmanager
def _recurrent(parts: list[Any]) -> Iterator[None]:
    """Recurrent modules keep their weights in a second list, which is not exchanged."""
    found = [part for part in parts if isinstance(part, torch.nn.RNNBase)]
    lists = [part._flat_weights for part in found]
    try:
        for part in found:
            part._flat_weights = [getattr(part, name) for name in part._flat_weights_names]
        yield
    finally:
        for part, weights in zip(found, lists):
            part._flat_weights = weights
