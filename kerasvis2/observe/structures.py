"""Structures of tensors, as layers return them and models are called with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import tree


def exchanged(structure: Any, leaves: Sequence[Any], others: Sequence[Any]) -> Any:
    """The structure with these leaves exchanged for others; what else it holds stays.

    Keras's `pack_sequence_as` sorts dicts by key on some backends; here they keep their order,
    which whoever iterates over them relies on.
    """
    by = {id(leaf): other for leaf, other in zip(leaves, others)}
    return tree.map_structure(lambda leaf: by.get(id(leaf), leaf), structure)


def still_fits(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What a view remembered, where it is of the same kind as what it would begin with."""
    return {
        key: value
        for key, value in before.items()
        if key in now and tuple(value.shape) == tuple(now[key].shape)
    }
