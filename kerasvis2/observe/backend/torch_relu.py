"""Other rules than the chain rule's for gradients that pass a ReLU, in PyTorch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from kerasvis2.observe.backend.relu_units import NO_RELU, Unit, as_units, below

Tensor = torch.Tensor

_PLAIN = {F.relu, torch.relu, Tensor.relu}
_IN_PLACE = {F.relu_, torch.relu_, Tensor.relu_}


@contextlib.contextmanager
def relu_rule(rule: str | None, layers: Sequence[Any]) -> Iterator[None]:
    """See `kerasvis2.observe.backend.protocol.Backend.relu_rule`.

    It holds for every call of a ReLU on the way, wherever it is written, in loops and branches
    too; and for `ReLU` layers with a threshold and `PReLU`, which Keras composes of other
    operations. Hard sigmoid and hard swish have a ReLU6 inside, as they have on TensorFlow.
    Thresholds given to `keras.activations.relu` in a function of the user's own are not seen, nor
    is what a function does that `torch.compile` or `torch.jit` made.
    """
    if rule is None:
        yield
        return
    mode = _Rule(rule)
    with as_units(layers, lambda layer, unit: _carrying(rule, layer, unit, mode)), mode:
        yield
    if not mode.followed:
        raise ValueError(NO_RELU)


class _Rule(TorchFunctionMode):
    """Calls of ReLUs get a backward pass of their own."""

    def __init__(self, rule: str) -> None:
        super().__init__()
        self.rule = rule
        self.followed = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = _ruled(self.rule, func, args, kwargs or {})
        if found is None:
            return func(*args, **(kwargs or {}))
        self.followed = True
        return found


def _ruled(rule: str, func: Any, args: Any, kwargs: Any) -> Any:
    """What a call gives whose gradients follow the rule; None for what is no ReLU."""

    def option(place: int, name: str, default: Any) -> Any:
        return args[place] if len(args) > place else kwargs.get(name, default)

    def carried(slope: Any, top: float | None, in_place: bool, plain: Callable[..., Any]) -> Any:
        x = option(0, "input", None)
        if not in_place:
            return _Carry.apply(x, plain(x.detach()), rule, x, slope, top)
        before = x.clone()
        return x.copy_(_Carry.apply(before, plain(before.detach()), rule, before, slope, top))

    if func in _PLAIN or func in _IN_PLACE:
        return carried(0.0, None, func in _IN_PLACE or option(1, "inplace", False), torch.relu)
    if func is F.relu6:
        return carried(0.0, 6.0, option(1, "inplace", False), F.relu6)
    if func is F.hardtanh and (option(1, "min_val", -1.0), option(2, "max_val", 1.0)) == (0, 6):
        return carried(0.0, 6.0, option(3, "inplace", False), F.relu6)
    if func in (F.leaky_relu, F.leaky_relu_):
        slope = option(1, "negative_slope", 0.01)
        in_place = func is F.leaky_relu_ or option(2, "inplace", False)
        return carried(slope, None, in_place, lambda x: F.leaky_relu(x, slope))
    if func in (F.prelu, torch.prelu, Tensor.prelu):
        x, weight = args[0], option(1, "weight", None).detach()
        if weight.numel() > 1:
            weight = weight.reshape(-1, *[1] * (x.ndim - 2))
        plain = torch.where(x.detach() > 0, x.detach(), x.detach() * weight)
        return _Carry.apply(x, plain, rule, x, weight, None)
    if func in (F.hardsigmoid, F.hardswish):
        x = option(0, "input", None)
        gate = x + 3.0
        gate = _Carry.apply(gate, F.relu6(gate.detach()), rule, gate, 0.0, 6.0) / 6.0
        return gate if func is F.hardsigmoid else x * gate
    return None


class _Carry(torch.autograd.Function):
    """Hands on `y`; the gradient goes to `x`, as the rule has it for a unit of input `place`."""

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any, rule: str, place: Any, slope: Any, top: Any) -> Any:
        ctx.save_for_backward(place.detach())
        ctx.unit = rule, slope, top
        return y.view_as(y)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (gradient,) = gradients
        (place,) = ctx.saved_tensors
        rule, slope, top = ctx.unit
        return below(rule, gradient, place, slope, top), None, None, None, None, None


def _carrying(rule: str, layer: Any, found: Unit, mode: _Rule) -> Callable[[Any], Any]:
    original = layer.call

    def call(inputs: Any) -> Any:
        slope, threshold, top = found()
        mode.followed = True
        beyond = None if top is None else top - threshold
        with torch.no_grad():
            given = original(inputs)
        return _Carry.apply(inputs, given, rule, inputs - threshold, slope, beyond)

    return call
