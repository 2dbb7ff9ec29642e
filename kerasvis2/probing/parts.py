"""Whether a probe's arguments fit each other; what needs no model to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.probing.arrays import Key, Structure, as_array, items, name_of


def drawn_key(inputs: Structure, image: Key | None) -> Key | None:
    """The key of the input to draw: the one named, or the only one that can be meant."""
    if isinstance(inputs, np.ndarray):
        if image is not None:
            raise ValueError(
                f"image={image!r} names one of several inputs, but inputs is one array."
            )
        return None
    keys = [key for key, _ in items(inputs)]
    if not keys:
        raise ValueError("inputs is empty; give at least one array of images.")
    if image is not None:
        if image not in keys:
            raise ValueError(f"image={image!r} is none of the inputs; they are {keys}.")
        return image
    pictures = [key for key, array in items(inputs) if array.ndim == 4]
    if len(keys) == 1 or len(pictures) == 1:
        return (pictures or keys)[0]
    shapes = {key: array.shape for key, array in items(inputs)}
    stack = ""
    if isinstance(inputs, list) and not pictures:
        stack = " (If these are the images of one input, give np.stack(images).)"
    raise ValueError(f"Give image=, the input to draw: one of {shapes}.{stack}")


def count_images(inputs: Structure, labels: Structure) -> int:
    """N, the length of every array's first axis."""
    counts = {}
    for argument, structure in (("inputs", inputs), ("labels", labels)):
        for key, array in items(structure):
            name = name_of(argument, key)
            if argument == "labels" and array.dtype.kind not in "biufV":
                raise ValueError(
                    f"{name} are {array.dtype}; give class indices, and the names as class_names=."
                )
            if array.ndim == 0:
                raise ValueError(f"{name} is a single number; its first axis must be the image.")
            counts[name] = len(array)
    first, size = next(iter(counts.items()))
    if size == 0:
        raise ValueError(f"{first} holds no image; a probe needs at least one.")
    for name, count in counts.items():
        if count != size:
            raise ValueError(f"{name} holds {count} entries, but {first} holds {size} images.")
    return size


def check_names(names: Any, indices: np.ndarray | None) -> list[str] | None:
    """The class names as a list of str, long enough for the labels."""
    if names is None:
        return None
    if isinstance(names, str) or not isinstance(names, (Sequence, np.ndarray)):
        raise TypeError(f"class_names={names!r}; give a list with the name of class 0, 1, ….")
    names = [str(name) for name in names]
    if indices is not None and indices.max() >= len(names):
        raise ValueError(
            f"class_names has {len(names)} names, but labels go up to class {indices.max()}; give "
            f"at least {indices.max() + 1}, the name of class 0 first."
        )
    return names


def check_drawable(drawn: np.ndarray, name: str) -> None:
    """Raises `ValueError` unless a batch is pictures (N, H, W, C) or (N, H, W)."""
    shape = drawn.shape
    if drawn.dtype.kind not in "biufV":
        raise ValueError(f"{name} is {drawn.dtype}, which cannot be drawn; give numbers.")
    if drawn.ndim == 3 and shape[-1] in (1, 3, 4):
        raise ValueError(
            f"{name} of shape {shape} looks like one image; a probe is a batch: give x[None]."
        )
    if drawn.ndim == 4 and shape[1] in (1, 3) and (shape[3] > 16 or shape[2] == shape[3] > 4):
        raise ValueError(
            f"{name} of shape {shape} seems to have its channels first; give a callable such as "
            "display=lambda x: np.moveaxis(x, 1, -1) that returns (N, H, W, channels) in [0, 1]."
        )
    if drawn.ndim not in (3, 4):
        raise ValueError(
            f"{name} of shape {shape} cannot be drawn: pictures are (N, H, W, C) or (N, H, W). "
            "For a model of several inputs name the picture with image=; for pictures in another "
            "layout give a callable such as display=lambda x: x.reshape(-1, 28, 28) / 255."
        )


def check_masks(masks: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Masks as read-only bool (N, H, W), of the pictures' size."""
    array = as_array(masks, "masks")
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.shape != shape:
        raise ValueError(f"masks has shape {array.shape}; the pictures' (N, H, W) is {shape}.")
    if not np.isin(array, (0, 1)).all():
        raise ValueError("masks must be bool or 0 and 1; give for instance masks > 0.")
    return array.astype(bool)
