"""Which of the tensors that were noted feeds which, read off a jaxpr."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np


def edges(
    jaxpr: Any, noted: Sequence[tuple[str, Any]], inputs: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """Follows every noted variable back to other noted ones, or to an input.

    Args:
        jaxpr: what was traced.
        noted: (label, variable) in the order of the calls.
        inputs: the model's inputs by name.
    """
    makers = makers_of(jaxpr)
    owners: dict[int, list[str]] = {id(variable): [name] for name, variable in inputs.items()}
    found: dict[tuple[str, str], None] = {}
    for label, variable in noted:
        own = owners.setdefault(id(variable), [])
        # A layer that does nothing here, such as dropout, hands on the tensor it was given.
        sources = own[-1:] or _sources(variable, owners, makers)
        found |= {(source, label): None for source in sources if source != label}
        own.append(label)
    return tuple(found)


def _sources(
    variable: Any, owners: Mapping[int, list[str]], makers: Mapping[int, Any]
) -> Iterator[str]:
    seen = {id(variable)}
    waiting = [variable]
    while waiting:
        for before in _inputs(waiting.pop(), makers):
            if id(before) in seen:
                continue
            seen.add(id(before))
            if owners.get(id(before)):
                yield owners[id(before)][-1]
            else:
                waiting.append(before)


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
        np.issubdtype(dtype, np.integer) or np.issubdtype(dtype, np.bool_)
    )
