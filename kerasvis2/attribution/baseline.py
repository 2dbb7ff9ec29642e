"""What stands in for a missing pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

if TYPE_CHECKING:
    from kerasvis2.probe import Probe

_FILLS = 'give "mean", "black", "blur", or a number from 0 (black) to 1 (white).'
_BLUR = 0.1  # standard deviation of the blur, in shorter sides of the image


def baseline_of(kind: Any, images: Any, probe: Probe | None) -> Any:
    """The replacement of images (N, H, W[, C]), of a shape that broadcasts to theirs.

    Args:
        kind: "mean", each image's own mean colour; "blur", the image itself out of focus;
            "black", or a number in display terms, 0 being black and 1 white.
        images: the images in the model's units.
        probe: whose display says what black is. Of examples that are no pictures "black" is 0 in
            the model's units (of tokens the padding), a number is itself, and "mean" the mean over
            time of signals, otherwise that of each feature over the probe.

    Raises:
        ValueError: on another word, or where the display cannot be inverted.
    """
    if probe is not None and probe.kind != "pictures":
        return _of_values(kind, images, probe)
    if isinstance(kind, str) and kind == "mean":
        return ops.mean(images, axis=(1, 2), keepdims=True)
    if isinstance(kind, str) and kind == "blur":
        return blurred(images)
    assert probe is not None, "what is black depends on the display"
    fill = probe.from_display(0.0 if kind == "black" else kind)
    return ops.convert_to_tensor(fill, "float32")


def _of_values(kind: Any, values: Any, probe: Probe) -> Any:
    if kind == "blur":
        raise ValueError(f'"blur" is for pictures; the probe holds {probe.kind}.')
    if kind == "mean" and probe.kind in ("signals", "volumes"):
        axes = tuple(range(1, len(values.shape) - 1))
        return ops.mean(values, axis=axes, keepdims=True)
    if kind == "mean" and probe.kind != "tokens":
        return np.asarray(probe.drawn, "float32").mean(axis=0)
    return np.float32(0.0 if isinstance(kind, str) else kind)


def check_fill(fill: Any) -> None:
    """Raises `ValueError` for what `baseline_of` does not know."""
    word = isinstance(fill, str) and fill in ("mean", "black", "blur")
    number = isinstance(fill, (int, float)) and not isinstance(fill, bool) and 0 <= fill <= 1
    token = isinstance(fill, int) and fill > 1  # see `check_shown`
    if not (word or number or token):
        raise ValueError(f"fill={fill!r}: {_FILLS}")


def check_shown(fill: Any) -> None:
    """Raises `ValueError` for a number that is no grey of a picture."""
    if not isinstance(fill, str) and not 0 <= fill <= 1:
        raise ValueError(f"fill={fill!r}: {_FILLS}")


def blurred(images: Any) -> Any:
    """Images (N, H, W[, C]) under a Gaussian a tenth of the shorter side wide, edges extended."""
    height, width = images.shape[1:3]
    deviation = _BLUR * min(height, width)
    rows, columns = _gaussian(height, deviation), _gaussian(width, deviation)
    return ops.einsum("ij,njk...->nik...", rows, ops.einsum("ij,nkj...->nki...", columns, images))


def _gaussian(length: int, deviation: float) -> np.ndarray:
    """(length, length) matrix that blurs a line; each row sums to 1."""
    reach = int(np.ceil(4 * deviation))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / deviation) ** 2)
    matrix = np.zeros((length, length))
    for i in range(length):
        np.add.at(matrix[i], np.clip(i + offsets, 0, length - 1), weights / weights.sum())
    return matrix.astype("float32")
