"""What users hand in, copied to read-only NumPy arrays and structures of them; fingerprints."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

Key = str | int
Structure = Any  # an array, or a dict, list or tuple of arrays


def as_numpy(value: Any, argument: str) -> np.ndarray:
    """An array, a tensor of any backend or nested lists of numbers as NumPy has it, not copied.

    Lists of ints become int64 whatever the platform's default.
    """
    if isinstance(value, (str, bytes)) or hasattr(value, "__fspath__"):
        raise ValueError(
            f"{argument} is {value!r}, not an array; for picture files there is Probe.from_images."
        )
    if hasattr(value, "element_spec") or hasattr(value, "num_batches"):
        raise ValueError(f"{argument} is a data set; for these there is Probe.from_dataset.")
    lengths = _lengths(value)
    if len(lengths) > 1:
        raise ValueError(
            f"{argument} has examples of different lengths, {min(lengths)} to {max(lengths)}; give "
            'them one: keras.utils.pad_sequences(x, padding="post"), or x.to_tensor() of a ragged '
            "tensor."
        )
    try:
        array = np.asarray(_off_device(value))
    except Exception as error:  # whatever a foreign array says of itself
        raise ValueError(f"{argument} is not one array: {error}") from None
    if array.dtype.kind == "O":
        words = [item for item in array.flat if isinstance(item, (str, bytes))]
        if words and len(words) == array.size:
            array = np.array([_decoded(word) for word in words]).reshape(array.shape)
    if array.dtype.kind not in "biufVUS" or array.dtype.names:
        raise ValueError(
            f"{argument} holds {_what(value, array)}, not numbers; give one array whose first axis "
            "is the example, with all examples of one size."
        )
    if isinstance(value, (list, tuple)) and array.dtype.kind == "i":
        array = array.astype(np.int64)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _lengths(value: Any) -> set[int]:
    """The lengths of the examples of a list of lists, or of a ragged tensor."""
    if callable(getattr(value, "row_lengths", None)):
        return set(map(int, value.row_lengths()))
    if not isinstance(value, (list, tuple)) or not all(isinstance(i, (list, tuple)) for i in value):
        return set()
    return set(map(len, value))


def _off_device(value: Any) -> Any:
    """A tensor of any backend where NumPy can read it, without importing one."""
    if isinstance(value, np.ndarray) or not hasattr(value, "shape"):
        return value
    if hasattr(value, "detach"):  # PyTorch: off the graph, off the device, no bfloat16 in NumPy
        value = value.detach().cpu()
        return value.float().numpy() if "bfloat16" in str(value.dtype) else value.numpy()
    numpy = getattr(value, "numpy", None)
    return numpy() if callable(numpy) else value


def _decoded(word: str | bytes) -> str:
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else word


def _what(value: Any, array: np.ndarray) -> str:
    if array.dtype.kind == "O":
        return f"objects ({type(value).__name__})"
    return f"{array.dtype} values"


def as_array(value: Any, argument: str) -> np.ndarray:
    """A read-only copy of what `as_numpy` gives."""
    array = as_numpy(value, argument).copy()
    array.setflags(write=False)
    return array


def is_structure(value: Any) -> bool:
    """Whether this is several arrays by name or place, and not one array written as lists."""
    if isinstance(value, Mapping):
        return True
    return (
        isinstance(value, (list, tuple))
        and len(value) > 0
        and all(item is None or getattr(item, "ndim", 0) > 0 for item in value)
        and any(item is not None for item in value)
    )


def as_structure(
    value: Structure, argument: str, convert: Callable[[Any, str], np.ndarray] = as_array
) -> Structure:
    """The same structure of arrays, by default of copies; a tuple becomes a list."""
    if isinstance(value, Mapping):
        return {key: convert(item, f"{argument}[{key!r}]") for key, item in value.items()}
    if is_structure(value):
        return [
            None if item is None else convert(item, f"{argument}[{place}]")
            for place, item in enumerate(value)
        ]
    return convert(value, argument)


def map_structure(function: Callable[[np.ndarray], Any], value: Structure) -> Structure:
    """The structure with the function's result in place of each array."""
    if isinstance(value, dict):
        return {key: function(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [None if item is None else function(item) for item in value]
    return None if value is None else function(value)


def narrow(array: np.ndarray) -> np.ndarray:
    """float64 as float32, which is what a model computes in."""
    if array.dtype != np.float64:
        return array
    array = array.astype(np.float32)
    array.setflags(write=False)
    return array


def items(value: Structure) -> Iterator[tuple[Key | None, np.ndarray]]:
    """Each array with its key or place (None for a lone array), dicts sorted by key."""
    if isinstance(value, dict):
        yield from sorted(value.items(), key=lambda item: str(item[0]))
    elif isinstance(value, list):
        yield from ((place, item) for place, item in enumerate(value) if item is not None)
    elif value is not None:
        yield None, value


def name_of(argument: str, key: Key | None) -> str:
    """How an error message names one array: `inputs`, `inputs['image']`, `labels[0]`."""
    return argument if key is None else f"{argument}[{key!r}]"


def fingerprint(inputs: Structure, labels: Structure) -> str:
    """SHA-256 of a probe's arrays, the same on every platform.

    Hashed are, for the inputs and then the labels, each array in the order of `items`: a line
    `<inputs or labels>/<key>:<dtype>:<shape>` and then its values in C order, little-endian.
    Integer labels count as int64, because their default width differs between platforms.
    """
    digest = hashlib.sha256(b"kerasvis2 probe 1\n")
    for argument, structure in (("inputs", inputs), ("labels", labels)):
        for key, array in items(structure):
            if argument == "labels" and array.dtype.kind in "iu":
                array = array.astype(np.int64)
            where = argument if key is None else f"{argument}/{key}"
            shape = "x".join(str(length) for length in array.shape)
            digest.update(f"{where}:{array.dtype.name}:{shape}\n".encode())
            little = array.astype(array.dtype.newbyteorder("<"), copy=False)
            digest.update(np.ascontiguousarray(little).tobytes())
    return digest.hexdigest()


def check_finite(structure: Structure, argument: str) -> None:
    """Raises `ValueError` for NaN or infinite values, saying how many and where."""
    for key, array in items(structure):
        if array.dtype.kind not in "fV" or array.size == 0:
            continue
        values = array.astype(np.float32) if array.dtype.kind == "V" else array
        bad = ~np.isfinite(values)
        if bad.any():
            images = np.unique(np.nonzero(bad)[0])
            first = tuple(int(axis[0]) for axis in np.nonzero(bad))
            shown = ", ".join(map(str, images[:5])) + (", …" if len(images) > 5 else "")
            raise ValueError(
                f"{name_of(argument, key)} has {int(np.isnan(values).sum())} NaN and "
                f"{int(np.isinf(values).sum())} infinite values, in {len(images)} of "
                f"{len(array)} examples ({shown}; the first at index {first}); clean them, or "
                "leave these examples out of the probe."
            )
