"""Models that take so many examples at a time and no other number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops, tree

if TYPE_CHECKING:
    from kerasvis2.layers import LayerInfo
    from kerasvis2.observe.seen import Seen

# What of a `Seen` has the image as its first axis.
_PER_IMAGE = (
    *("inputs", "activations", "stored", "gradients", "attention", "rectified"),
    *("input_gradient", "logits", "classes", "score"),
)


def declared_batch(model: Any) -> int | None:
    """How many examples `Input(batch_shape=(32, …))` says that a model takes, or None."""
    try:  # subclassed or not built: there are none, and some say so by an error
        inputs = tree.flatten(getattr(model, "inputs", None) or ())
    except Exception:
        return None
    return _first_axis(inputs)


def stateful_batch(infos: Sequence[LayerInfo]) -> int | None:
    """The same of recurrent layers that keep a state for each example."""
    stateful = [info.layer for info in infos if getattr(info.layer, "stateful", False)]
    states = [tree.flatten(getattr(layer, "states", None) or ())[:1] for layer in stateful]
    return _first_axis([state for each in states for state in each])


def _first_axis(tensors: Sequence[Any]) -> int | None:
    for tensor in tensors:
        shape = getattr(tensor, "shape", None)
        if shape and shape[0] is not None:
            return int(shape[0])
    return None


def filled(inputs: Any, size: int | None) -> Any:
    """So many of the examples, the last one again and again where there are fewer."""
    if size is None:
        return inputs
    return tree.map_structure(lambda x: x[np.minimum(np.arange(size), len(x) - 1)], inputs)


def in_batches(look: Callable[..., Seen], given: Sequence[Any], size: int) -> Seen:
    """What `look(*given)` sees, so many images at a time; the first of what is given are they."""
    count = given[0].shape[0]
    seen = []
    for start in range(0, count, size):
        chosen = np.minimum(np.arange(start, start + size), count - 1)
        seen.append(look(*(_taken(each, chosen) for each in given)))

    def joined(*parts: Any) -> Any:
        return ops.concatenate(parts)[:count] if len(parts) > 1 else parts[0][:count]

    found: dict[str, Any] = {}
    for name in _PER_IMAGE:
        values = [getattr(each, name) for each in seen]
        if values[0] is not None:
            found[name] = tree.map_structure(joined, *values)
    return replace(seen[0], **found)


def _taken(structure: Any, chosen: np.ndarray) -> Any:
    if structure is None:
        return None
    return tree.map_structure(lambda x: ops.take(x, chosen, axis=0), structure)
