"""Which of the tensors that were noted feeds which, read off a jaxpr."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kerasvis2.observe.backend.edges import edges as follow


def edges(
    jaxpr: Any, noted: Sequence[tuple[str, Any]], inputs: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """As `kerasvis2.observe.backend.edges.edges`, of the variables of what was traced."""
    makers = makers_of(jaxpr)
    return follow(noted, inputs, lambda variable: _inputs(variable, makers))


def depends(jaxpr: Any, output: Any, given: Any) -> bool:
    """Whether an output can be differentiated by an input: no cast to integers lies between."""
    makers = makers_of(jaxpr)
    seen = {id(output)}
    waiting = [output]
    while waiting:
        variable = waiting.pop()
        if variable is given:
            return True
        maker = makers.get(id(variable))
        if maker is not None and maker.primitive.name == "stop_gradient":
            continue
        for before in _inputs(variable, makers):
            if id(before) not in seen and _is_float(before):
                seen.add(id(before))
                waiting.append(before)
    return False


def makers_of(jaxpr: Any) -> dict[int, Any]:
    """The equation that each variable comes from."""
    return {id(variable): eqn for eqn in jaxpr.eqns for variable in eqn.outvars}


def _inputs(variable: Any, makers: Mapping[int, Any]) -> Sequence[Any]:
    maker = makers.get(id(variable))
    return () if maker is None else maker.invars


def _is_float(variable: Any) -> bool:
    dtype = getattr(variable.aval, "dtype", None)
    return dtype is not None and not (
        any(jnp.issubdtype(dtype, kind) for kind in (np.integer, np.bool_, jax.dtypes.prng_key))
    )
