"""Whether a probe fits a model, as far as the model tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kerasvis2.probing.answers import Labelled
from kerasvis2.probing.arrays import Key, Structure, items, name_of
from kerasvis2.tasks.forms import VOID, fits, is_whole
from kerasvis2.tasks.losses import loss_of

Shape = tuple[int | None, ...]


def check_model(model: Any) -> None:
    """Raises `ValueError` for what is no Keras 3 model, saying what it is and what would do."""
    if isinstance(model, (str, bytes)) or hasattr(model, "__fspath__"):
        raise ValueError(
            f"model is {model!r}, a path; give the model itself: keras.models.load_model(path)."
        )
    homes = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    if "tf_keras" in homes:
        raise ValueError(
            f"{type(model).__name__} is a model of tf_keras, which is Keras 2; Keras 3 is needed: "
            "build it with `import keras`, and do not set TF_USE_LEGACY_KERAS."
        )
    if isinstance(model, type):
        raise ValueError(
            f"model is the class {model.__name__}; give an instance: the model itself."
        )


def check_inputs(inputs: Structure, model: Any) -> None:
    """Raises `ValueError` if shapes, dtypes or names are not those of the model's inputs."""
    expected = tensors_of(model, "input")
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
        known = {tensor.name for tensor in expected.values()} | set(names)
        if len(inputs) != len(expected) or not all(key in known for key in inputs):
            raise ValueError(f"inputs has the names {list(inputs)}, but the model's are {names}.")
    for key, array, tensor in paired(inputs, expected):
        _check_input(name_of("inputs", key), array, tensor)


def paired(
    inputs: Structure, expected: Mapping[str, Any]
) -> Iterator[tuple[Key | None, np.ndarray, Any]]:
    """Each input with its key or place and the model's symbolic input, where there is one."""
    by_name = {tensor.name: tensor for tensor in expected.values()} | dict(expected)
    by_place = list(expected.values())
    for key, array in items(inputs):
        place = 0 if key is None else key
        if isinstance(inputs, dict) and key in by_name:
            yield key, array, by_name[str(key)]
        elif not isinstance(inputs, dict) and isinstance(place, int) and place < len(by_place):
            yield key, array, by_place[place]


def check_labels(probe: Labelled, model: Any) -> None:
    """Raises `ValueError` if labels have not the form, or are out of the range, of an output.

    Only outputs that are known to be classes are held to it: what a loss of one's own does with
    labels, nobody knows.
    """
    labels = probe.labels
    expected = tensors_of(model, "output")
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
        place = places[key]
        shape, loss = shape_of(expected[names[place]]), getattr(model, "loss", None)
        activation = heads.get(place) or ""
        known = activation if activation in ("softmax", "sigmoid") else "linear"
        named = loss_of(loss, names[place], place)
        family = named.family
        kind = probe.task_of(shape, known, loss, name=names[place], index=place).kind
        if loss is not None and family in ("", "embedding"):
            continue
        name, ignored = name_of("labels", key), _ignored(loss, names[place], place)
        if named.name.startswith("sparse_categorical") and (shape or (1,))[-1] == 1:
            _check_only_class(name, array, ignored)
        if kind in ("classes", "binary", "multilabel", "mask") or known != "linear":
            _check_form(name, array, shape)
            _check_values(name, array, shape, activation, ignored)


def tensors_of(model: Any, which: str) -> dict[str, Any]:
    """The model's symbolic inputs or outputs by name; none where it has no static graph."""
    try:  # subclassed or not built: there are none, and some say so by an error
        tensors, structure = getattr(model, f"{which}s", None), getattr(model, which, None)
    except Exception:
        return {}
    if not isinstance(tensors, (list, tuple)) or not all(hasattr(t, "shape") for t in tensors):
        return {}
    if isinstance(structure, Mapping) and len(structure) == len(tensors):
        return {key: structure[key] for key in sorted(structure)}  # as Keras flattens it
    if which == "input":
        return {tensor.name: tensor for tensor in tensors}
    return dict(zip(_layer_names(model) or [f"output_{i}" for i in range(len(tensors))], tensors))


def _layer_names(model: Any) -> list[str]:
    return list(getattr(model, "output_names", ()))


def _activations(model: Any) -> dict[int, str]:
    """The name of the activation of the layer behind each output, where it has one."""
    names = _layer_names(model)
    found = list(getattr(model, "layers", ()))
    known = {layer.name: layer for layer in found}
    layers = [known.get(name) for name in names] if names else found[-1:]
    return {
        i: getattr(getattr(layer, "activation", None), "__name__", "")
        for i, layer in enumerate(layers)
    }


def shape_of(tensor: Any) -> Shape:
    """Without the batch, which a model that was built by a call has fixed."""
    return tuple(tensor.shape[1:])


def _words(shape: Shape) -> str:
    lengths = ["any" if length is None else str(length) for length in shape]
    return f"(N, {', '.join(lengths)})" if lengths else "(N,)"


def _check_input(name: str, array: np.ndarray, tensor: Any) -> None:
    given, wanted = array.shape[1:], shape_of(tensor)
    if not fits(given, wanted) and adjusted(given, wanted) is None:
        raise ValueError(
            f"{name} has shape {_words(given)}, but the model's input is {_words(wanted)}. "
            f"{_remedy(array.shape, wanted)}"
        )
    dtype = str(tensor.dtype)
    if dtype.startswith(("int", "uint")) and not is_whole(array) and array.dtype.kind in "fV":
        raise ValueError(
            f"{name} is {array.dtype}, but the model's input is {dtype}; give whole numbers."
        )
    if (dtype == "string") != (array.dtype.kind in "US"):
        raise ValueError(f"{name} is {array.dtype}, but the model's input is {dtype}.")


def adjusted(given: tuple[int, ...], wanted: Shape) -> tuple[int, ...] | None:
    """The shape that Keras itself makes of an example: one axis of length 1 more, or less."""
    if fits((*given, 1), wanted):
        return (*given, 1)
    return given[:-1] if given[-1:] == (1,) and fits(given[:-1], wanted) else None


def _remedy(shape: tuple[int, ...], wanted: Shape) -> str:
    """What would do, in a user's code."""
    given = shape[1:]
    if fits(shape, wanted) or adjusted(shape, wanted) is not None:
        return "If this is one example, give x[None]: a probe is a batch."
    if len(given) == len(wanted) == 3:
        if given[-1] == 1 and fits((*given[:-1], 3), wanted):
            return "Repeat the grey channel: np.repeat(x, 3, axis=-1)."
        if given[-1] == 3 and fits((*given[:-1], 1), wanted):
            return "Make the images grey: x.mean(axis=-1, keepdims=True)."
        if fits((given[1], given[2], given[0]), wanted):
            return "Move the channels last: np.moveaxis(x, 1, -1)."
        if wanted[-1] in (None, given[-1]):
            return f"Resize the images to {wanted[0]}×{wanted[1]} (height × width)."
    flat = int(np.prod(given))
    if len(wanted) == 1 and flat == wanted[0]:
        return (
            f"Flatten the images, x.reshape(-1, {flat}), and give display= a callable that turns "
            "them back into pictures."
        )
    return "Give the images as the model takes them."


def _check_form(name: str, labels: np.ndarray, wanted: Shape) -> None:
    """Labels are like the output, or class indices: like it without its last axis, or 1 there."""
    given = labels.shape[1:]
    if not any(fits(given, form) for form in (wanted, wanted[:-1], (*wanted[:-1], 1))):
        raise ValueError(
            f"{name} has shape {_words(given)}, but the model's output is {_words(wanted)}: give "
            f"class indices {_words(wanted[:-1])} or arrays like the output; or no labels, if it "
            "does not predict them."
        )


def _ignored(loss: Any, name: str, place: int) -> int | None:
    """The label that a loss leaves out of account, or None."""
    if isinstance(loss, dict):
        loss = loss.get(name)
    elif isinstance(loss, (list, tuple)):
        loss = loss[place] if place < len(loss) else None
    found = getattr(loss, "ignore_class", None)
    return None if found is None else int(found)


def _check_only_class(name: str, labels: np.ndarray, ignored: int | None) -> None:
    """A loss that counts classes knows class 0 alone where the output has one unit."""
    bad = (labels != 0) & (labels != ignored if ignored is not None else True)
    if bad.any():
        raise ValueError(
            f"{name} has class {labels[bad][0]:g} (image {int(np.nonzero(bad)[0][0])}), but the "
            "model's output has one unit, and its loss, sparse_categorical_crossentropy, takes a "
            "unit for a class: it knows class 0 alone. For yes and no, give the model one sigmoid "
            "unit and binary_crossentropy; for classes, a softmax unit for each."
        )


def _check_values(
    name: str, labels: np.ndarray, wanted: Shape, activation: str | None, ignored: int | None
) -> None:
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
    if classes is None or fits(labels.shape[1:], wanted):
        return  # one-hot, several classes at once, or a regression's targets
    if not is_whole(labels):
        raise ValueError(
            f"{name} must be class indices 0…{classes - 1} for the model's output of {classes} "
            f"classes, but are not whole numbers (the first is {labels.flat[0]:g})."
        )
    bad = (labels < 0) | (labels >= classes)
    if labels.ndim > 2:
        bad &= ~np.isin(labels, VOID)
    if ignored is not None:
        bad &= labels != ignored
    if bad.any():
        image = int(np.nonzero(bad)[0][0])
        raise ValueError(
            f"{name} has class {labels[bad][0]:g} (image {image}), out of range for the model's "
            f"output of {classes} classes, 0…{classes - 1}."
        )
