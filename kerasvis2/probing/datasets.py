"""Reading the examples of a data set, one image at a time."""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np

from kerasvis2.probing.arrays import Structure, as_numpy, as_structure, items, map_structure
from kerasvis2.probing.labels import class_indices, named_indices

Example = tuple[Structure, Structure]  # one image's input and label, without the batch axis


def is_arrays(dataset: Any) -> bool:
    """Whether this is x, (x, y) or (x, y, weights) in memory, and nothing to iterate over."""
    return isinstance(dataset, (np.ndarray, Mapping)) or (
        isinstance(dataset, tuple) and len(dataset) in (1, 2, 3)
    )


def examples(dataset: Any, batched: bool | None) -> Iterator[Example]:
    """The images and labels of a tf.data.Dataset, a PyDataset or an iterable of batches."""
    for x, y in map(split, _elements(dataset)):
        inputs = as_structure(x, "dataset", as_numpy)
        labels = None if y is None else as_structure(y, "dataset", as_numpy)
        if batched is None:
            batched = is_batched(dataset.element_spec) if hasattr(dataset, "element_spec") else True
        if batched:
            size = len(next(array for _, array in items(inputs)))
            yield from ((_take(inputs, i), _take(labels, i)) for i in range(size))
        else:
            yield inputs, labels


def _take(batch: Structure, i: int) -> Structure:
    return map_structure(lambda array: np.array(array[i]), batch)  # a copy frees the batch


def _elements(dataset: Any) -> Iterable[Any]:
    if hasattr(dataset, "element_spec"):
        return dataset
    if hasattr(dataset, "__getitem__") and hasattr(dataset, "num_batches"):  # a PyDataset
        dataset = copy.copy(dataset)  # some count in themselves what has been read
        batches = dataset.num_batches
        return (dataset[i] for i in (count() if batches is None else range(batches)))
    if not isinstance(dataset, Iterable) or isinstance(dataset, (str, bytes)):
        raise ValueError(
            f"dataset is a {type(dataset).__name__}; give a tf.data.Dataset, a "
            "keras.utils.PyDataset, a DataLoader or another iterable of batches (x, y), or arrays "
            "(x, y). For a folder of images there is Probe.from_images."
        )
    return dataset


def split(element: Any) -> tuple[Any, Any]:
    """x and y of x, (x,), (x, y) or (x, y, weights)."""
    if isinstance(element, (tuple, list)) and 1 <= len(element) <= 3:
        return element[0], element[1] if len(element) > 1 else None
    return element, None


def is_batched(element_spec: Any) -> bool:
    """Whether a tf.data.Dataset's elements are batches; the rule is in `Probe.from_dataset`."""
    shapes = [spec.shape for spec in _leaves(element_spec)]
    if any(shape.rank is None for shape in shapes):
        raise ValueError(
            f"dataset's element_spec {element_spec} has a part of unknown rank; say batched=True "
            "or batched=False."
        )
    if any(shape.rank == 0 for shape in shapes):
        return False
    picture = max((spec.shape for spec in _leaves(split(element_spec)[0])), key=lambda s: s.rank)
    alike = len({shape[0] for shape in shapes}) == 1
    if picture.rank == 3 and picture[-1] in (1, 2, 3, 4):
        if picture[0] is None:  # a batch of signals, or a picture of any size
            return alike and picture[1] is not None
        signals = picture[0] != picture[1] and any(shape.rank == 1 for shape in shapes)
        return alike and signals
    return alike


def names_in(dataset: Any) -> list[str] | None:
    """The class names that a data set, or one that it was made of, carries; else None.

    `image_dataset_from_directory` puts them on what it returns, where `cache`, `map` and
    `prefetch` lose them; but a tf.data.Dataset keeps what it was made of among its attributes.
    torchvision calls them `classes`, on what a DataLoader holds as its `dataset`.
    """
    queue, seen = [dataset], 0
    while queue and seen < 100:
        one, seen = queue.pop(0), seen + 1
        for attribute in ("class_names", "classes"):
            names = getattr(one, attribute, None)
            if isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names):
                return list(names)
        queue += _made_of(one)
    return None


def _made_of(dataset: Any) -> list[Any]:
    try:
        values = list(vars(dataset).values())
    except TypeError:
        return []
    nested = [part for v in values if isinstance(v, (list, tuple)) for part in v]
    tensors = hasattr(dataset, "element_spec")
    found = [v for v in (*values, *nested) if tensors and hasattr(v, "element_spec")]
    inner = getattr(dataset, "dataset", None)
    return found if inner is None else [*found, inner]


def _leaves(spec: Any) -> list[Any]:
    if isinstance(spec, Mapping):
        spec = list(spec.values())
    if isinstance(spec, (list, tuple)):
        return [leaf for part in spec for leaf in _leaves(part)]
    return [spec]


def class_of(label: Structure, names: Sequence[str] | None = None) -> tuple[int | None, int | None]:
    """The class of one image's label, and how many classes there are if the label tells."""
    first = next((array for _, array in items(label)), None)
    if first is None:
        return None, None
    found = class_indices(named_indices(first[np.newaxis], names, "labels"))
    if found is None:
        return None, None
    return int(found[0]), len(first) if first.ndim == 1 and len(first) > 1 else None


def stack(parts: list[Structure]) -> Structure:
    """A batch of the images' structures."""
    if isinstance(parts[0], dict):
        return {key: stack([part[key] for part in parts]) for key in parts[0]}
    if isinstance(parts[0], list):
        return [stack(list(column)) for column in zip(*parts)]
    if parts[0] is None:
        return None
    shapes = sorted({part.shape for part in parts})
    if len(shapes) > 1:
        raise ValueError(
            f"dataset's images have different shapes, such as {shapes[0]} and {shapes[-1]}; "
            "resize them first, a probe is one batch."
        )
    return np.stack(parts)


@contextmanager
def random_state_kept(dataset: Any) -> Iterator[None]:
    """Gives NumPy, Python and PyTorch their random state back: reading a data set may draw.

    A DataLoader that shuffles draws from PyTorch's, or from one that it, or its sampler, was given.
    """
    numbers, python = np.random.get_state(), random.getstate()  # noqa: NPY002
    torch = sys.modules.get("torch")
    tensors = None if torch is None else torch.random.get_rng_state()
    owners = [dataset, *(getattr(dataset, name, None) for name in ("sampler", "batch_sampler"))]
    given: list[Any] = [getattr(owner, "generator", None) for owner in owners]
    own = [(each, each.get_state()) for each in given if hasattr(each, "get_state")]
    try:
        yield
    finally:
        for generator, state in own:
            generator.set_state(state)
        if torch is not None:
            torch.random.set_rng_state(tensors)
        np.random.set_state(numbers)  # noqa: NPY002
        random.setstate(python)
