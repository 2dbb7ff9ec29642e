"""Superpixels: an image cut into parts that belong together. NumPy; done once, before training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_PARTS, _SMALLEST = 50, 4  # SLIC's: how many, and how many pixels each at least on average


def label_maps(segments: Any, pictures: np.ndarray) -> np.ndarray:
    """(N, H, W) int32, the parts of each image numbered from 0 without a gap.

    Args:
        segments: None for SLIC; a label map (H, W) for all images, or (N, H, W); or a callable
            from a picture (H, W, 1 or 3) in [0, 1] to a label map.
        pictures: (N, H, W, 1 or 3) in [0, 1].

    Raises:
        ImportError: SLIC is wanted, but scikit-image is not installed.
        ValueError: a label map is not whole numbers, or not of the image's size.
    """
    size = pictures.shape[1:3]
    if segments is None or callable(segments):
        cut = _slic() if segments is None else segments
        given = [np.asarray(cut(picture)) for picture in pictures]
    else:
        array = np.asarray(segments)
        given = list(array) if array.ndim == 3 else [array] * len(pictures)
    if len(given) != len(pictures):
        raise ValueError(f"segments has {len(given)} label maps for {len(pictures)} images.")
    for one in given:
        if one.shape != size or one.dtype.kind not in "biu":
            raise ValueError(
                f"segments: a label map is {one.dtype} of shape {one.shape}; it must be whole "
                f"numbers of the image's {size[0]} × {size[1]} pixels."
            )
    numbered = [np.unique(one, return_inverse=True)[1].reshape(size) for one in given]
    return np.stack(numbered).astype("int32")


def mean_colours(images: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Images (N, H, W[, C]) in which every part has its mean colour; float32."""
    flat = np.asarray(images, "float64").reshape(*segments.shape, -1)
    painted = np.empty(flat.shape, "float32")
    for image, labels, out in zip(flat, segments, painted):
        times = np.bincount(labels.ravel())
        for channel in range(flat.shape[-1]):
            total = np.bincount(labels.ravel(), image[..., channel].ravel())
            out[..., channel] = (total / times)[labels]
    return painted.reshape(images.shape)


def _slic() -> Callable[[np.ndarray], np.ndarray]:
    try:
        from skimage.segmentation import slic
    except ImportError as error:
        raise ImportError(
            "LIME cuts images into superpixels with scikit-image, which is not installed: "
            'pip install "kerasvis2[lime]", or give segments= a label map of your own.'
        ) from error

    def cut(picture: np.ndarray) -> np.ndarray:
        height, width, channels = picture.shape
        parts = max(2, min(_PARTS, height * width // _SMALLEST))
        if channels == 1:  # distances of grey are in 0…1, those of Lab colours in 0…100
            found = slic(picture[..., 0], parts, 0.1, channel_axis=None, start_label=0)
        else:
            found = slic(picture, parts, 10.0, start_label=0)
        if found.max() == found.min():  # of a few pixels; one part alone explains nothing
            found = np.arange(height * width).reshape(height, width)
        return found

    return cut
