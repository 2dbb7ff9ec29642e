"""Arrays to the size they are drawn at. Pixels are areas: corners line up, not centres."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from kerasvis2.render.colour import NOT_A_NUMBER
from kerasvis2.render.scale import as_float


def as_pictures(images: Any) -> np.ndarray:
    """Images in [0, 1] as uint8 pictures.

    Args:
        images: Array (N, H, W) or (N, H, W, C). One channel is grey, two are drawn as the grey of
            their mean, of more than three the first three are taken for red, green and blue.

    Returns:
        uint8 (N, H, W, 3). What lies outside [0, 1] is clipped, never wrapped around; a pixel that
        is not finite gets the colour of NaN.

    Raises:
        ValueError: If the shape is another.
    """
    images = as_float(images)
    images = images[..., None] if images.ndim == 3 else images
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(
            f"images has shape {images.shape}; give (N, height, width, channels) or "
            "(N, height, width), none of them 0."
        )
    if images.shape[-1] == 2:
        images = images.mean(-1, keepdims=True)
    images = images[..., :3]
    broken = None if np.isfinite(images).all() else ~np.isfinite(images).all(-1)
    if broken is not None:
        images = np.where(broken[..., None], 0, images)
    bright = np.clip(images, 0, 1)
    bright *= 255
    bright += 0.5
    pictures = bright.astype(np.uint8)
    if pictures.shape[-1] == 1:
        pictures = np.repeat(pictures, 3, axis=-1)
    if broken is not None:
        pictures[broken] = NOT_A_NUMBER
    return pictures


def fitted(pictures: np.ndarray, height: int, width: int) -> tuple[int, int]:
    """The size, in the same proportions, at which (N, H, W, …) is drawn in the room there is.

    Small pictures grow by a whole factor, so that all their pixels stay equally large, unless
    that would leave much of the room empty.
    """
    factor = min(height / pictures.shape[1], width / pictures.shape[2])
    if factor >= 2:
        factor = int(factor)
    return max(1, round(pictures.shape[1] * factor)), max(1, round(pictures.shape[2] * factor))


def resize_pictures(pictures: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 (N, H, W, 3) at another size: pixels repeated for a whole factor, else smoothed."""
    height, width = pictures.shape[1:3]
    if (height, width) == size:
        return pictures
    if size[0] % height == 0 and size[1] % width == 0:
        return enlarge(pictures, size[0] // height, size[1] // width)
    filtering = Image.Resampling.BILINEAR
    return np.stack(
        [np.asarray(Image.fromarray(each).resize(size[::-1], filtering)) for each in pictures]
    )


def enlarge(pictures: np.ndarray, down: int, across: int) -> np.ndarray:
    """(N, H, W, …) with every pixel repeated so many times."""
    # Across first, while there are few rows: whole rows are then copied at once.
    return np.repeat(np.repeat(pictures, across, axis=2), down, axis=1)


def resize_maps(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Float (N, h, w) at another size: bilinear where it grows, averaged by area where it shrinks.

    What is not finite stays NaN where it covers a drawn pixel and takes no part in its neighbours.
    """
    finite = np.isfinite(maps)
    if finite.all():
        return _resized(maps, size)
    known = _resized(finite, size)
    sums = _resized(np.where(finite, maps, 0), size)
    shrinks = size[0] < maps.shape[1] or size[1] < maps.shape[2]
    lost = known < 1 - 1e-5 if shrinks else known <= 0.5
    return np.where(lost, np.nan, sums / np.maximum(known, 1e-5))


def block_means(values: np.ndarray, blocks: Mapping[int, int]) -> np.ndarray:
    """Float array with so many neighbours along each of some axes replaced by their mean.

    The last block of an axis is the mean of as many as there are left.
    """
    for axis, block in blocks.items():
        if block > 1:
            along = np.moveaxis(values, axis, 0)
            means = along[::block].copy()
            for offset in range(1, block):  # Ten times faster than np.add.reduceat.
                part = along[offset::block]
                means[: len(part)] += part
            means[: len(along) // block] /= block
            means[len(along) // block :] /= len(along) % block or 1
            values = np.moveaxis(means, 0, axis)
    return values


def draw_maps(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Float (N, h, w) at another size with its pixels kept apart where the factor is whole."""
    height, width = maps.shape[1:]
    if size[0] % height == 0 and size[1] % width == 0:
        return enlarge(maps, size[0] // height, size[1] // width)
    return resize_maps(maps, size)


def _resized(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    # Pillow rather than two matrix products: those wait for the cores that training is busy on.
    shrinks = size[0] <= maps.shape[1] and size[1] <= maps.shape[2]
    filtering = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    resized = np.empty((len(maps), *size), np.float32)
    for each, drawn in zip(maps.astype(np.float32, copy=False), resized, strict=True):
        drawn[:] = np.asarray(Image.fromarray(each).resize(size[::-1], filtering))
    return resized
