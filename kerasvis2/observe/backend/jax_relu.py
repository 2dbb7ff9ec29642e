"""Other rules than the chain rule's for gradients that pass a ReLU, on JAX."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.extend.core as jex
import jax.numpy as jnp

from kerasvis2.observe.backend.relu_units import NO_RELU, Unit, as_units, below
from kerasvis2.observe.backend.shadow import now, replaced

INNER_RELU = (
    "The model calls a ReLU inside a loop, a branch or a function that is compiled by itself, "
    "where its gradient cannot be changed. Use a view that takes gradients as they are, such as "
    "IntegratedGradients."
)
# What Keras calls; the hard ones have a ReLU6 inside.
_FUNCTIONS = ("relu", "relu6", "leaky_relu", "hard_sigmoid", "hard_silu", "hard_swish")


@contextlib.contextmanager
def relu_rule(rule: str | None, layers: Sequence[Any]) -> Iterator[None]:
    """See `kerasvis2.observe.backend.protocol.Backend.relu_rule`.

    It holds for every `jax.nn` function on the way that has a ReLU, whether Keras calls it or the
    model's own code, and for `ReLU` layers with a threshold and `PReLU`, which Keras composes of
    other functions. What was compiled by itself, or is in a loop or a branch, is out of reach:
    JAX keeps such traces, and training would get them too.
    """
    if rule is None:
        yield
        return
    called = _Called()
    with contextlib.ExitStack() as stack:
        for name, replacement in _replacements(rule, called).items():
            stack.enter_context(replaced(jax.nn, name, replacement))
        stack.enter_context(
            as_units(layers, lambda layer, unit: _carrying(rule, layer, unit, called))
        )
        yield
    if called.inside:
        raise ValueError(INNER_RELU)
    if not called.here:
        raise ValueError(NO_RELU)


def check_reached(jaxpr: Any) -> None:
    """Raises `ValueError` where a ReLU is in something that JAX had traced before the rule."""
    for eqn in jaxpr.eqns:
        # The pass's own, and functions whose derivative somebody has written.
        named = str(eqn.params.get("name", "")) in _FUNCTIONS
        if named or eqn.primitive.name.startswith("custom_"):
            continue
        if any(_holds_relu(inner) for inner in jex.jaxprs_in_params(eqn.params)):
            raise ValueError(INNER_RELU)


def _holds_relu(jaxpr: Any) -> bool:
    for eqn in jaxpr.eqns:
        if str(eqn.params.get("name", "")) in _FUNCTIONS:
            return True
        if any(_holds_relu(inner) for inner in jex.jaxprs_in_params(eqn.params)):
            return True
    return False


class _Called:
    """Which ReLUs were called: in the pass itself, or out of reach inside it."""

    def __init__(self) -> None:
        self.here = 0
        self.inside = 0
        self._within = jex.get_opaque_trace_state()

    def reach(self) -> bool:
        reached = bool(self._within == jex.get_opaque_trace_state())
        self.here += reached
        self.inside += not reached
        return reached


def _replacements(rule: str, called: _Called) -> dict[str, Callable[..., Any]]:
    before = {name: now(jax.nn, name) for name in _FUNCTIONS}

    def under(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def replacement(*args: Any, **kwargs: Any) -> Any:
            return (call if called.reach() else before[name])(*args, **kwargs)

        return replacement

    def relu(x: Any) -> Any:
        return carry(rule, x, before["relu"](x), 0.0)

    def relu6(x: Any) -> Any:
        return carry(rule, x, before["relu6"](x), 0.0, 6.0)

    def leaky_relu(x: Any, negative_slope: Any = 1e-2) -> Any:
        return carry(rule, x, before["leaky_relu"](x, negative_slope), negative_slope)

    def hard_sigmoid(x: Any) -> Any:
        return relu6(x + 3.0) / 6.0

    def hard_silu(x: Any) -> Any:
        return x * hard_sigmoid(x)

    by_name = {f.__name__: f for f in (relu, relu6, leaky_relu, hard_sigmoid, hard_silu)}
    by_name["hard_swish"] = hard_silu
    return {name: under(name, call) for name, call in by_name.items()}


def carry(rule: str, x: Any, y: Any, slope: Any, top: Any = None, threshold: float = 0.0) -> Any:
    """`y`, what a unit made of `x`, whose gradient follows the rule."""
    slope = jax.lax.stop_gradient(jnp.asarray(slope, x.dtype))

    @jax.custom_vjp
    def carried(x: Any, y: Any, slope: Any) -> Any:
        return y

    def forward(x: Any, y: Any, slope: Any) -> Any:
        return y, (x, slope)

    def backward(kept: Any, gradient: Any) -> Any:
        x, slope = kept
        beyond = None if top is None else top - threshold
        passed = below(rule, gradient, x - threshold, slope, beyond)
        return passed, jnp.zeros_like(gradient), jnp.zeros_like(slope)

    carried.defvjp(forward, backward)
    return carried(x, y, slope)


def _carrying(rule: str, layer: Any, found: Unit, called: _Called) -> Callable[[Any], Any]:
    original = layer.call

    def call(inputs: Any) -> Any:
        if not called.reach():
            return original(inputs)
        slope, threshold, top = found()
        return carry(rule, inputs, original(inputs), slope, top, threshold)

    return call
