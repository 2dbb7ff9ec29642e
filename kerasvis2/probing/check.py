"""Whether a probe fits a model, as far as the model tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasvis2.probing.arrays import Structure, items, name_of
from kerasvis2.probing.labels import VOID, is_whole

Shape = tuple[int | None, ...]


def check_inputs(inputs: Structure, model: Any) -> None:
    """Raises `ValueError` if shapes, dtypes or names are not those of the model's inputs."""
    expected = _tensors(model, "input")
    names = list(expected)
    if not expected:
        return
    if isinstance(inputs, np.ndarray) and len(expected) > 1:
        raise ValueError(
            f"inputs is one array, but the model takes {len(names)}: give a dict of {names}, and "
            "image= for the one to draw."
        )
    if isinstance(inputs, list) and len(inputs) != len(expected):
        raise ValueError(
            f"inputs is a list of {len(inputs)}, but the model takes {len(names)}: {names}."
        )
    if isinstance(inputs, dict):
        tensors = {tensor.name: tensor for tensor in expected.values()} | expected
        if len(inputs) != len(expected) or not all(key in tensors for key in inputs):
            raise ValueError(f"inputs has the names {list(inputs)}, but the model's are {names}.")
    else:
        tensors = dict(enumerate(expected.values())) | {None: next(iter(expected.values()))}
    for key, array in items(inputs):
        _check_input(name_of("inputs", key), array, tensors[key])


def check_labels(labels: Structure, model: Any) -> None:
    """Raises `ValueError` if labels have not the form, or are out of the range, of an output."""
    expected = _tensors(model, "output")
    names = list(expected)
    if not expected:
        return
    if isinstance(labels, list) and len(labels) > len(expected):
        raise ValueError(
            f"labels is a list of {len(labels)}, but the model has {len(names)} outputs: {names}."
        )
    heads = _activations(model)
    places: dict[Any, int] = {None: 0} | {name: place for place, name in enumerate(names)}
    places |= {name: place for place, name in enumerate(_layer_names(model))}
    places |= {place: place for place in range(len(names))}
    for key, array in items(labels):
        if key not in places:
            raise ValueError(f"labels[{key!r}]: the model's outputs are {names}.")
        shape = _shape(expected[names[places[key]]])
        _check_form(name_of("labels", key), array, shape)
        _check_values(name_of("labels", key), array, shape, heads.get(places[key]))


def _tensors(model: Any, which: str) -> dict[str, Any]:
    """The model's symbolic inputs or outputs by name; none where it has no static graph."""
    tensors = getattr(model, f"{which}s", None)  # subclassed or not built: there are none
    if not tensors:
        return {}
    structure = getattr(model, which, None)
    if isinstance(structure, Mapping) and len(structure) == len(tensors):
        return dict(structure)
    if which == "input":
        return {tensor.name: tensor for tensor in tensors}
    return dict(zip(_layer_names(model) or [f"output_{i}" for i in range(len(tensors))], tensors))


def _layer_names(model: Any) -> list[str]:
    return list(getattr(model, "output_names", ()))


def _activations(model: Any) -> dict[int, str]:
    """The name of the activation of the layer behind each output, where it has one."""
    names = _layer_names(model)
    known = {layer.name: layer for layer in model.layers}
    layers = [known.get(name) for name in names] if names else model.layers[-1:]
    found = ((i, getattr(layer, "activation", None)) for i, layer in enumerate(layers))
    return {i: getattr(activation, "__name__", "") for i, activation in found}


def _shape(tensor: Any) -> Shape:
    """Without the batch, which a model that was built by a call has fixed."""
    return tuple(tensor.shape[1:])


def _fits(given: Shape, wanted: Shape) -> bool:
    return len(given) == len(wanted) and all(w in (None, g) for g, w in zip(given, wanted))


def _words(shape: Shape) -> str:
    lengths = ["any" if length is None else str(length) for length in shape]
    return f"(N, {', '.join(lengths)})" if lengths else "(N,)"


def _check_input(name: str, array: np.ndarray, tensor: Any) -> None:
    given, wanted = array.shape[1:], _shape(tensor)
    if not _fits(given, wanted):
        raise ValueError(
            f"{name} has shape {_words(given)}, but the model's input is {_words(wanted)}. "
            f"{_remedy(given, wanted)}"
        )
    dtype = str(tensor.dtype)
    if dtype.startswith(("int", "uint")) and array.dtype.kind in "fV":
        raise ValueError(
            f"{name} is {array.dtype}, but the model's input is {dtype}; give "
            f'x.astype("{dtype}") if its values are whole numbers.'
        )
    if (dtype == "string") != (array.dtype.kind in "US"):
        raise ValueError(f"{name} is {array.dtype}, but the model's input is {dtype}.")


def _remedy(given: tuple[int, ...], wanted: Shape) -> str:
    """What would do, in a user's code."""
    if _fits((*given, 1), wanted):
        return "Add a channel axis: x[..., None]."
    if given[-1:] == (1,) and _fits(given[:-1], wanted):
        return "Take the channel axis away: x[..., 0]."
    if len(given) == len(wanted) == 3:
        if given[-1] == 1 and _fits((*given[:-1], 3), wanted):
            return "Repeat the grey channel: np.repeat(x, 3, axis=-1)."
        if given[-1] == 3 and _fits((*given[:-1], 1), wanted):
            return "Make the images grey: x.mean(axis=-1, keepdims=True)."
        if _fits((given[1], given[2], given[0]), wanted):
            return "Move the channels last: np.moveaxis(x, 1, -1)."
        if wanted[-1] in (None, given[-1]):
            return f"Resize the images to {wanted[0]}×{wanted[1]} (height × width)."
    flat = int(np.prod(given))
    if wanted == (flat,):
        return (
            f"Flatten the images, x.reshape(-1, {flat}), and give display= a callable that turns "
            "them back into pictures."
        )
    return "Give the images as the model takes them."


def _check_form(name: str, labels: np.ndarray, wanted: Shape) -> None:
    """Labels are like the output, or class indices: like it without its last axis, or 1 there."""
    given = labels.shape[1:]
    if not any(_fits(given, form) for form in (wanted, wanted[:-1], (*wanted[:-1], 1))):
        raise ValueError(
            f"{name} has shape {_words(given)}, but the model's output is {_words(wanted)}: give "
            f"class indices {_words(wanted[:-1])} or arrays like the output; or no labels, if it "
            "does not predict them."
        )


def _check_values(name: str, labels: np.ndarray, wanted: Shape, activation: str | None) -> None:
    """Class indices lie within the output's classes, and a sigmoid's labels within 0…1."""
    classes = wanted[-1] if wanted else 1
    if classes == 1:
        low, high = labels.min(), labels.max()
        if activation == "sigmoid" and (low < 0 or high > 1):
            raise ValueError(
                f"{name} run from {low:g} to {high:g}, out of range for the model's one sigmoid "
                "output: labels are 0 or 1."
            )
        return
    if classes is None or _fits(labels.shape[1:], wanted):
        return  # one-hot, several classes at once, or a regression's targets
    if not is_whole(labels):
        raise ValueError(
            f"{name} must be class indices 0…{classes - 1} for the model's output of {classes} "
            f"classes, but are not whole numbers (the first is {labels.flat[0]:g})."
        )
    bad = (labels < 0) | (labels >= classes)
    if labels.ndim > 2:
        bad &= ~np.isin(labels, VOID)
    if bad.any():
        image = int(np.nonzero(bad)[0][0])
        raise ValueError(
            f"{name} has class {labels[bad][0]:g} (image {image}), out of range for the model's "
            f"output of {classes} classes, 0…{classes - 1}."
        )
