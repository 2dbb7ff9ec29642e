"""Choosing a probe's images from a data set."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from itertools import chain, islice, zip_longest
from typing import Any, TypeVar

import numpy as np

from kerasvis2.probing.arrays import Structure, as_numpy, as_structure, items, map_structure
from kerasvis2.probing.datasets import (
    class_of,
    examples,
    is_arrays,
    random_state_kept,
    split,
    stack,
)
from kerasvis2.probing.labels import class_indices, named_indices
from kerasvis2.probing.parts import count_examples

T = TypeVar("T")


def sample(
    dataset: Any,
    size: int,
    *,
    balanced: bool,
    limit: int,
    batched: bool | None,
    names: Sequence[str] | None,
) -> tuple[Structure, Structure]:
    """Inputs and labels (None without) of `size` images of a data set; see `Probe.from_dataset`."""
    classes = None if names is None else len(names)
    for name, value in (("size", size), ("limit", limit)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name}={value!r}; give a number of images, 1 or more.")
    if is_arrays(dataset):
        x, y, notes = _from_arrays(dataset, size, balanced, names)
    else:
        with random_state_kept(dataset):
            stream = islice(examples(dataset, batched), limit)
            if balanced:
                chosen, notes = choose(((e, *class_of(e[1], names)) for e in stream), size, classes)
            else:
                chosen, notes = list(islice(stream, size)), []
        if not chosen:
            raise ValueError("dataset holds no image; a probe needs at least one.")
        x, y = stack([x for x, _ in chosen]), stack([y for _, y in chosen])
    taken = len(next(array for _, array in items(x)))
    if taken < size:
        notes.append(f"dataset gave {taken} images, fewer than size={size}.")
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=3)
    return x, y


def _from_arrays(
    dataset: Any, size: int, balanced: bool, names: Sequence[str] | None
) -> tuple[Structure, Structure, list[str]]:
    """The same for arrays, where no image need be touched to choose."""
    x, y = split(dataset)
    x = as_structure(x, "dataset[0]", as_numpy)
    y = None if y is None else as_structure(y, "dataset[1]", as_numpy)
    total = count_examples(x, y)
    indices = None
    if balanced and y is not None:
        first = next(array for _, array in items(y))
        indices = class_indices(named_indices(first, names, "labels"))
    if indices is None:
        places = list(range(min(size, total)))
        notes: list[str] = []
    else:
        stream = ((i, int(c), None) for i, c in enumerate(indices))
        places, notes = choose(stream, size, None if names is None else len(names))
    x, y = (map_structure(lambda array: array[places], part) for part in (x, y))
    return x, y, notes


def choose(
    stream: Iterable[tuple[T, int | None, int | None]], size: int, classes: int | None
) -> tuple[list[T], list[str]]:
    """The first item of each class in turn, then the second ones, until there are `size`.

    What is kept is always the choice for what has been seen so far: when there is one too many,
    the class that has most gives back its last (of several such classes the highest).

    Args:
        stream: items, each with its class and, if it tells, the number of classes.
        size: items to choose.
        classes: the number of classes if it is known, to stop early.

    Returns:
        The items, and what a user should know of the choice. If some item has no class, the first
        `size` items of the stream.
    """
    kept: dict[int, list[T]] = {}
    first: list[T] = []
    seen: set[int] = set()
    stream = iter(stream)
    for item, index, told in stream:
        if len(first) < size:
            first.append(item)
        if index is None:
            rest = (item for item, _, _ in islice(stream, size - len(first)))
            return [*first, *rest], []
        classes = classes or told
        seen.add(index)
        kept.setdefault(index, []).append(item)
        if sum(map(len, kept.values())) > size:
            fullest = max(kept, key=lambda c: (len(kept[c]), c))
            kept[fullest].pop()
            if not kept[fullest]:
                del kept[fullest]
        if classes and all(
            len(kept.get(c, ())) >= size // classes + (c < size % classes)
            for c in range(min(classes, size))
        ):
            break
    nothing = object()
    turns = zip_longest(*(kept[c] for c in sorted(kept)), fillvalue=nothing)
    chosen: list[Any] = [item for item in chain.from_iterable(turns) if item is not nothing]
    return chosen, _notes(sorted(seen), size, classes)


def _notes(seen: list[int], size: int, classes: int | None) -> list[str]:
    total = max(len(seen), classes or 0)
    if total > size:
        return [
            f"the data set has at least {total} classes, more than size={size}: the probe holds "
            f"one image each of the first {min(size, len(seen))}; give a larger size= for more."
        ]
    absent = [c for c in range(classes or 0) if c not in seen]
    if absent:
        return [f"the data set gave no image of class {', '.join(map(str, absent))}."]
    return []
