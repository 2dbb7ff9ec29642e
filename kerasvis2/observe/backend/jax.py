"""JAX: passes are `jax.jit`s of the weights' values, gradients are taken of what was traced."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.extend.core as jex
import jax.numpy as jnp
import keras
import numpy as np

from kerasvis2.observe.backend import jax_relu
from kerasvis2.observe.backend.jax_apart import apart, whatever_is_asked_of_training
from kerasvis2.observe.backend.jax_edges import depends, edges
from kerasvis2.observe.backend.jax_order import flat
from kerasvis2.observe.backend.jax_written import MARK, Written, writing
from kerasvis2.observe.backend.naming import named
from kerasvis2.observe.backend.protocol import Edges, Hook, Recorded

__all__ = ["BACKEND", "Jax"]


class Jax:
    """See `kerasvis2.observe.backend.protocol.Backend`."""

    name = "jax"
    eager = False

    def compile(
        self, function: Callable[..., Any], variables: Sequence[Any], examples: Sequence[Any]
    ) -> Callable[..., Any]:
        variables = list(variables)
        _, given = flat(tuple(examples))
        returned: Any = None

        def traced(values: list[Any], leaves: list[Any]) -> list[Any]:
            nonlocal returned
            state = list(zip(variables, values))
            with apart(), keras.StatelessScope(state_mapping=state):
                found = function(state, *jax.tree.unflatten(given, leaves))
            leaves, returned = flat(found)
            # What is handed on as it came would be the variable's own array, which the trainer
            # gives away at the next step.
            return [jnp.copy(leaf) for leaf in leaves]

        def compiled(*arguments: Any) -> Any:
            # A function of its own each time: JAX keeps nothing of what was traced before.
            return jax.jit(lambda *given: traced(*given)).lower(*arguments).compile()

        def arranged(arguments: Sequence[Any]) -> tuple[list[Any], list[Any]]:
            return _together(variables, flat(tuple(arguments))[0])

        with whatever_is_asked_of_training():
            held = compiled(*arranged(examples))

        def run(*arguments: Any) -> Any:
            nonlocal held
            values, leaves = arranged(arguments)
            with whatever_is_asked_of_training():
                try:
                    found = held(values, leaves)
                except (TypeError, ValueError):  # the arrays came to lie on other devices
                    held = compiled(values, leaves)
                    found = held(values, leaves)
            return jax.tree.unflatten(returned, found)

        return run

    def trace(self, run: Callable[[Any, Hook], None], inputs: Any) -> Edges:
        labels: list[str] = []
        names: list[str] = []

        leaves, form = flat(inputs)

        def symbolic(leaves: list[Any]) -> tuple[list[Any], list[Any]]:
            batch = jax.tree.unflatten(form, leaves)
            noted: list[Any] = []

            def note(label: str, tensor: Any) -> Any:
                labels.append(label)
                noted.append(tensor)
                return tensor

            given = named(batch)
            names.extend(given)
            with apart():
                run(batch, note)
            return list(given.values()), noted

        specs = [jax.ShapeDtypeStruct(leaf.shape, _dtype(leaf)) for leaf in leaves]
        with whatever_is_asked_of_training():
            jaxpr = jax.make_jaxpr(symbolic)(specs).jaxpr
        given, noted = jaxpr.outvars[: len(names)], jaxpr.outvars[len(names) :]
        return edges(jaxpr, list(zip(labels, noted)), dict(zip(names, given)))

    def reachable(self) -> Callable[[Any], bool]:
        here = jex.get_opaque_trace_state()
        return lambda tensor: bool(here == jex.get_opaque_trace_state())

    def inline(self, call: Callable[..., Any]) -> Callable[..., Any] | None:
        # A call that is itself compiled would keep its tensors in a trace of its own.
        function = getattr(call, "__func__", call)
        inside = getattr(function, "__wrapped__", None)
        if inside is None or not hasattr(function, "lower"):
            return None
        owner = getattr(call, "__self__", None)
        found: Callable[..., Any] = inside if owner is None else types.MethodType(inside, owner)
        return found

    @contextlib.contextmanager
    def notes(self) -> Iterator[Written]:
        with writing() as written:
            yield written

    def relu_rule(
        self, rule: str | None, layers: Sequence[Any]
    ) -> contextlib.AbstractContextManager[None]:
        return jax_relu.relu_rule(rule, layers)

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
        keys: list[Any] = []
        marked: list[Any] = []

        def forward(images: Any, weights: Any) -> Any:
            captured: dict[Any, Any] = {}
            zeros: list[Any] = []

            def hook(key: Any, tensor: Any) -> Any:
                if layers and jnp.issubdtype(tensor.dtype, jnp.floating):
                    tensor, zero = MARK.bind(tensor)
                    zeros.append(zero)
                    marked.append(key)
                captured[key] = tensor
                return tensor

            totals, loss, rest = run(images, weights, hook)
            keys.extend(captured)
            return totals, loss, rest, list(captured.values()), zeros

        flat_weights, form = flat(weights)
        if not (layers or inputs or flat_weights):
            _, _, rest, captured, _ = forward(images, weights)
            return Recorded(rest, dict(zip(keys, captured)), [], [], None)
        returned: Any = None

        def listed(images: Any, flat_weights: list[Any]) -> list[Any]:
            nonlocal returned
            found, returned = flat(forward(images, jax.tree.unflatten(form, flat_weights)))
            return found

        # The model is called once; what follows works on what was traced of it.
        closed = jax.make_jaxpr(listed)(images, flat_weights)
        if ruled:
            jax_relu.check_reached(closed.jaxpr)
        totals, _, _, _, zeros = jax.tree.unflatten(returned, closed.jaxpr.outvars)
        image = closed.jaxpr.invars[0]
        led = [depends(closed.jaxpr, total, image) for total in totals] if inputs else []
        opened = jex.jaxpr_as_fun(_with_zeros(closed, zeros))

        def differentiable(images: Any, flat_weights: list[Any], zeros: list[Any]) -> Any:
            found = opened(images, *flat_weights, *zeros)
            totals, loss, *_ = jax.tree.unflatten(returned, found)
            return (totals, loss), found

        nothing = [jnp.zeros(zero.aval.shape, zero.aval.dtype) for zero in zeros]
        given = (images, flat_weights, nothing)
        (totals, loss), pull, found = jax.vjp(differentiable, *given, has_aux=True)
        _, _, rest, captured, _ = jax.tree.unflatten(returned, found)
        ones = [
            pull(([jnp.full_like(t, i == k) for k, t in enumerate(totals)], _like(loss, 0)))
            for i in range(len(totals))
            if layers or inputs
        ]
        back = None if loss is None else pull(([*map(jnp.zeros_like, totals)], _like(loss, 1)))
        return Recorded(
            rest,
            dict(zip(keys, captured)),
            [dict.fromkeys(keys) | dict(zip(marked, each[2])) for each in ones] if layers else [],
            [each[0] if leads else None for each, leads in zip(ones, led)] if inputs else [],
            None if back is None else jax.tree.unflatten(form, back[1]),
        )

    def differentiate(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def value_and_gradients(params: Any, *rest: Any) -> Any:
            leaves, form = flat(params)
            beside: Any = None

            def listed(leaves: list[Any]) -> tuple[Any, list[Any]]:
                nonlocal beside
                value, aux = function(jax.tree.unflatten(form, leaves), *rest)
                found, beside = flat(aux)
                return value, found

            (value, aux), slopes = jax.value_and_grad(listed, has_aux=True)(leaves)
            return (value, jax.tree.unflatten(beside, aux)), jax.tree.unflatten(form, slopes)

        return value_and_gradients

    def tick(self, callback: Callable[[], None], values: Any) -> Any:
        jax.debug.callback(lambda _: callback(), jnp.ravel(values)[:1])
        return values

    def read(self, variable: Any) -> Any:
        return jnp.asarray(getattr(variable, "value", variable))

    def number(self, variable: Any) -> float:
        return float(np.asarray(self.read(variable)))

    def first(self) -> bool:
        return bool(jax.process_index() == 0)

    def spread(self, variables: Sequence[Any]) -> bool:
        arrays = [variable.value for variable in variables]
        return not all(a.is_fully_replicated or a.is_fully_addressable for a in arrays)


def _like(loss: Any, value: float) -> Any:
    return None if loss is None else jnp.full_like(loss, value)


def _dtype(array: Any) -> Any:
    return jax.dtypes.canonicalize_dtype(array.dtype)


def _with_zeros(closed: Any, zeros: Sequence[Any]) -> Any:
    """The traced pass with one more argument for each mark, which is added there."""
    eqns = []
    for eqn in closed.jaxpr.eqns:
        if eqn.primitive is MARK:
            added = [*eqn.invars, eqn.outvars[1]]
            eqn = eqn.replace(
                primitive=jax.lax.add_p, invars=added, outvars=eqn.outvars[:1], params={}
            )
        eqns.append(eqn)
    invars = [*closed.jaxpr.invars, *zeros]
    return jex.ClosedJaxpr(closed.jaxpr.replace(invars=invars, eqns=eqns), closed.consts)


def _together(variables: Sequence[Any], leaves: list[Any]) -> tuple[list[Any], list[Any]]:
    """The variables' values and what is computed with them, on the same devices.

    Where every device has a whole copy of the weights one of them looks alone, and waits for no
    other; otherwise the rest goes to all the devices that the weights are spread over.
    """
    values = [variable.value for variable in variables]
    if all(value.is_fully_replicated for value in values):
        return _local(values), _local(leaves)
    spread = next(value.sharding for value in values if not value.is_fully_replicated)
    if not spread.is_fully_addressable:
        raise ValueError(
            "the weights are spread over several processes, so that none can look alone. Use "
            "keras.distribution.DataParallel, or ModelParallel within one process."
        )
    everywhere = jax.sharding.NamedSharding(spread.mesh, jax.sharding.PartitionSpec())
    return values, [jax.device_put(leaf, everywhere) for leaf in leaves]


def _local(values: Sequence[Any]) -> list[Any]:
    return [v.addressable_data(0) if isinstance(v, jax.Array) else v for v in values]


BACKEND = Jax()
