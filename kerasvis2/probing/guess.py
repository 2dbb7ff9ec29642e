"""How inputs are drawn where the user does not say: scale and layout, told by the values."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.probing.scales import Affine, Layout, Range

# What Keras's and PyTorch's preprocessing of ImageNet models subtracts and divides by.
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
CAFFE = np.array([103.939, 116.779, 123.68])  # blue, green, red
FLAT = {784: (28, 28, 1), 3072: (32, 32, 3)}  # MNIST's and CIFAR's pictures, flattened

Guess = tuple["Range | Affine | Layout", "str | None"]  # and what a user must know of it


def guess(drawn: np.ndarray, first: bool | None = None) -> Guess:
    """The display of inputs (N, …), and a note where it had to be guessed.

    uint8 is 0…255 and bool is 0…1. Of other values, those within 0…1 are taken as 0…1; within
    0…255 and reaching 128 as 0…255; within −1…1 as −1…1 only if some channel spans more than 1,
    because pictures of 0…1 less a mean lie there too. Beyond that it is a guess: ImageNet's
    standardisation, "caffe" inputs (BGR less the mean), or each channel from its own smallest
    value in the probe to its largest.

    Args:
        drawn: the inputs.
        first: whether channels come first, where that is known.
    """
    source = layout_of(drawn.shape[1:], first)
    if source is None:
        values = drawn.reshape(-1, drawn.shape[-1] if drawn.ndim == 4 else 1)
    else:
        values = drawn.reshape(len(drawn), -1)[:, source].reshape(-1, source.shape[-1])
    scale, note = _scale(values)
    if source is None:
        return scale, note
    channels = source.shape[-1]
    offset = scale.forward(np.zeros((1, channels)))[0]
    matrix = scale.forward(np.eye(channels)) - offset
    order = np.abs(matrix).argmax(axis=0)  # which channel each shown one is of
    gain = matrix[order, np.arange(len(order))]
    placed = _placed(source[..., order], gain, offset, drawn.shape[1:])
    rows, columns = source.shape[:2]
    laid = f"inputs of shape {drawn.shape[1:]} are drawn as {rows}×{columns}×{channels} pictures"
    advice = (
        "give display= a callable to (N, H, W) or (N, H, W, channels) in [0, 1] if they are not"
    )
    return placed, f'display="auto": {laid}; {advice}.' + (f" {note}" if note else "")


def laid_out(scale: Range, shape: tuple[int, ...], first: bool | None = None) -> Range | Layout:
    """A range that the user gave, for examples of a shape that is not laid out as usual."""
    source = layout_of(shape, first)
    if source is None:
        return scale
    gain = np.array(1 / (scale.high - scale.low))
    return _placed(source, gain, -scale.low * gain, shape)


def _placed(
    source: np.ndarray, gain: np.ndarray, offset: np.ndarray, shape: tuple[int, ...]
) -> Layout:
    """Each value at its place, scaled by numbers or one a channel."""
    gain, offset = (np.broadcast_to(part, source.shape).copy() for part in (gain, offset))
    return Layout(source, gain, offset, shape)


def layout_of(shape: tuple[int, ...], first: bool | None = None) -> np.ndarray | None:
    """(H, W, C) places in the flattened example, where a picture is not laid out as usual.

    Pictures with their channels first, as they are known or seem to have, and the two usual sizes
    of flat ones.
    """
    if len(shape) == 1 and shape[0] in FLAT:
        return np.arange(shape[0]).reshape(FLAT[shape[0]])
    if channels_first(shape) if first is None else first and len(shape) == 3:
        return np.moveaxis(np.arange(int(np.prod(shape))).reshape(shape), 0, -1)
    return None


def channels_first(shape: tuple[int, ...]) -> bool:
    """Whether an example (C, H, W) seems to have its channels first."""
    if len(shape) != 3 or shape[0] not in (1, 3):
        return False
    colours = shape[0] == 3 and min(shape[1:]) > 4
    return colours or shape[2] > 16 or shape[1] == shape[2] > 4


def told_first(shape: Sequence[int], *maps: Any) -> bool | None:
    """Whether channels come first, told by maps over the pictures, else by Keras's own setting.

    None where neither tells.

    Args:
        shape: an example's shape.
        *maps: label maps and masks (N, H, W), or None.
    """
    if len(shape) != 3:
        return None
    for each in maps:
        places = tuple(getattr(each, "shape", ()))[1:3]
        last, first = places == tuple(shape[:2]), places == tuple(shape[1:])
        if len(places) == 2 and last != first:
            return first
    keras = sys.modules.get("keras")
    config = getattr(keras, "config", None)
    set_first = config is not None and config.image_data_format() == "channels_first"
    return True if set_first and shape[0] in (1, 3, 4) and shape[2] not in (1, 3, 4) else None


def _scale(raw: np.ndarray) -> tuple[Range | Affine, str | None]:
    """The same for pixels (P, C)."""
    if raw.dtype == np.uint8:
        return Range(0.0, 255.0), None
    if raw.dtype == bool:
        return Range(0.0, 1.0), None
    values = raw.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    slack = 1e-3  # resizing overshoots by rounding
    if low >= -slack and high <= 1 + slack:
        return Range(0.0, 1.0), None
    if low >= -slack and 128 <= high <= 255 * (1 + slack):
        return Range(0.0, 255.0), None
    if low >= -1 - slack and high <= 1 + slack and np.ptp(values, axis=0).max() > 1 + slack:
        return Range(-1.0, 1.0), None
    if values.shape[1] == 3:
        if _within(values, -MEAN / DEVIATION, (1 - MEAN) / DEVIATION):
            words = "as standardised with ImageNet's mean and deviation"
            return Affine(np.diag(DEVIATION), MEAN), _note(low, high, words)
        if _within(values, -CAFFE, 255 - CAFFE):
            words = "as BGR less ImageNet's mean, as `preprocess_input` of VGG and ResNet gives"
            return Affine(np.eye(3)[::-1] / 255, CAFFE[::-1] / 255), _note(low, high, words)
    return _own(values, _note(low, high, _words(low, high, values.shape[1])))


def _words(low: float, high: float, channels: int) -> str:
    if low >= 0:
        return f"with black 0 and white {high:g}, the largest value in the probe"
    each = "each channel's" if channels > 1 else "the"
    return f"as standardised, from {each} smallest value in the probe to the largest"


def _within(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> bool:
    """Whether pixels are surely of a known preprocessing: within its range, and either reaching
    black or white in every channel, or on its grid of 256 levels.
    """
    width, least, most = high - low, values.min(axis=0), values.max(axis=0)
    if (least < low - 0.01 * width).any() or (most > high + 0.01 * width).any():
        return False
    ends = (least - low < 0.03 * width).all() or (high - most < 0.03 * width).all()
    levels = (values[:: max(1, len(values) // 10_000)] - low) / width * 255
    return bool(ends or (np.abs(levels - np.round(levels)) < 0.02).mean() > 0.99)


def _own(values: np.ndarray, note: str) -> tuple[Range | Affine, str]:
    """Each channel from its smallest value (0 where there are no negative ones) to its largest."""
    if values.min() >= 0:
        return Range(0.0, float(values.max())), note
    low, high = values.min(axis=0), values.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    if len(low) == 1:
        return Range(float(low[0]), float(low[0] + width[0])), note
    return Affine(np.diag(1 / width), -low / width), note


def _note(low: float, high: float, words: str) -> str:
    return (
        f'display="auto" guessed: the values run from {low:.4g} to {high:.4g}, none of [0, 1], '
        f"[-1, 1] and [0, 255]; they are drawn {words}. Give display=(value of black, value of "
        "white), or a callable such as lambda x: x * std + mean, to have them drawn as they are."
    )
