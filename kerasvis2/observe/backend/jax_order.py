"""Structures whose dicts keep their order on their way through JAX, which sorts them by key.

Layers are in the order of their calls, which is not that of their names: `block_10` sorts before
`block_2`. So JAX's transformations are given lists, and nothing else.
"""

from __future__ import annotations

from typing import Any

import jax


class _Kept(dict[Any, Any]):
    """What JAX flattens in the order that it has, and puts together again as a plain dict."""


jax.tree_util.register_pytree_node(
    _Kept,
    lambda kept: (tuple(kept.values()), tuple(kept)),
    lambda keys, values: dict(zip(keys, values)),
)


def flat(structure: Any) -> tuple[list[Any], Any]:
    """The tensors of a structure in its own order, and its form for `jax.tree.unflatten`."""
    leaves, form = jax.tree.flatten(_kept(structure))
    return leaves, form


def _kept(structure: Any) -> Any:
    if isinstance(structure, dict):
        return _Kept((key, _kept(value)) for key, value in structure.items())
    if isinstance(structure, (list, tuple)):
        parts = [_kept(part) for part in structure]
        if hasattr(structure, "_fields"):
            return type(structure)(*parts)
        return tuple(parts) if isinstance(structure, tuple) else parts
    return structure
