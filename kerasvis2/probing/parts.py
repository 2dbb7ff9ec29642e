"""Whether a probe's arguments fit each other; what needs no model to be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasvis2.probing.arrays import Structure, as_array, items, name_of
from kerasvis2.probing.labels import class_indices, named_indices
from kerasvis2.tasks.decide import WORDS


def count_examples(inputs: Structure, labels: Structure) -> int:
    """N, the length of every array's first axis."""
    counts = {}
    for argument, structure in (("inputs", inputs), ("labels", labels)):
        for key, array in items(structure):
            name = name_of(argument, key)
            if array.ndim == 0:
                raise ValueError(
                    f"{name} is a single {'word' if array.dtype.kind in 'US' else 'number'}; a "
                    "probe is a batch, whose first axis is the example: give Probe(x[:1], y[:1])."
                )
            if 0 in array.shape[1:]:
                raise ValueError(f"{name} of shape {array.shape} holds no values.")
            counts[name] = len(array)
    first, size = next(iter(counts.items()))
    if size == 0:
        raise ValueError(f"{first} holds no example; a probe needs at least one.")
    for name, count in counts.items():
        if count != size:
            raise ValueError(
                f"{name} holds {count} entries, but {first} holds {size} examples."
                f"{_one_example(inputs, count)}"
            )
    return size


def _one_example(inputs: Structure, count: int) -> str:
    """What a user may have meant who gave one example, or a list of them."""
    if isinstance(inputs, list) and len(inputs) == count:
        return " If these inputs are the examples of one input, give np.stack(examples)."
    if isinstance(inputs, np.ndarray) and inputs.ndim < 4 and count == 1:
        return " If this is one example, give x[None]: a probe is a batch."
    return ""


def indexed(labels: Structure, names: list[str] | None) -> Structure:
    """The labels, with names of classes as their indices."""
    found = {key: named_indices(a, names, name_of("labels", key)) for key, a in items(labels)}
    if isinstance(labels, dict):
        return {key: found[key] for key in labels}
    if isinstance(labels, list):
        return [found.get(place) for place in range(len(labels))]
    return found.get(None)


def check_names(names: Any) -> list[str] | None:
    """The class names as a list of str."""
    if names is None:
        return None
    if isinstance(names, str) or not isinstance(names, (Sequence, np.ndarray)):
        raise TypeError(f"class_names={names!r}; give a list with the name of class 0, 1, ….")
    return [str(name) for name in names]


def check_range(names: list[str] | None, labels: Structure) -> None:
    """Raises `ValueError` where one output's class labels go beyond the names."""
    if names is None or not isinstance(labels, np.ndarray):
        return
    indices = class_indices(labels)
    if indices is not None and indices.max() >= len(names):
        raise ValueError(
            f"class_names has {len(names)} names, but labels go up to class {indices.max()}; give "
            f"at least {indices.max() + 1}, the name of class 0 first."
        )


def check_task(task: Any) -> str | dict[str, str] | None:
    """A word for what the output is, or a dict of such by output name."""
    words = task.values() if isinstance(task, Mapping) else [] if task is None else [task]
    for word in words:
        if word not in WORDS:
            raise ValueError(f"task={word!r}; give one of {', '.join(map(repr, WORDS))}.")
    return dict(task) if isinstance(task, Mapping) else task


def check_masks(masks: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Masks as read-only bool (N, H, W), of the size of the pictures or of other examples."""
    array = as_array(masks, "masks")
    if array.ndim == len(shape) + 1 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.shape != shape:
        words = "pictures' (N, H, W)" if len(shape) == 3 else "examples'"
        raise ValueError(f"masks has shape {array.shape}; the {words} is {shape}.")
    if not np.isin(array, (0, 1)).all():
        raise ValueError("masks must be bool or 0 and 1; give for instance masks > 0.")
    return array.astype(bool)
