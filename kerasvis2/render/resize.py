"""Arrays to the size they are drawn at. Pixels are areas: corners line up, not centres."""

from typing import Any

import numpy as np
from PIL import Image

from kerasvis2.render.colour import NOT_A_NUMBER
from kerasvis2.render.scale import as_float

HIGH = np.uint8(0b11111100)
"""The bits that are seen of what was smoothed."""


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
    size = fitted_to((pictures.shape[1], pictures.shape[2]), height, width)
    assert size is not None, "any picture can shrink"
    return size


def fitted_to(
    shape: tuple[int, int], height: int, width: int, whole: bool = False
) -> tuple[int, int] | None:
    """As `fitted`, for (H, W); with `whole` by whole factors only, None where it would shrink."""
    factor = min(height / shape[0], width / shape[1])
    if factor >= 2 or whole:
        factor = int(factor)
    if not factor:
        return None
    return max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))


def resize_pictures(pictures: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 (N, H, W, 3) at another size: pixels repeated for a whole factor, else smoothed.

    What is smoothed has 64 levels of red, green and blue, which look the same: its last two bits
    were made up, and a third of a photograph's bytes is theirs.
    """
    height, width = pictures.shape[1:3]
    if (height, width) == size:
        return pictures
    if size[0] % height == 0 and size[1] % width == 0:
        return enlarge(pictures, size[0] // height, size[1] // width)
    filtering = Image.Resampling.BILINEAR
    smoothed = np.stack(
        [np.asarray(Image.fromarray(each).resize(size[::-1], filtering)) for each in pictures]
    )
    return smoothed & HIGH


def few_colours(pictures: np.ndarray, count: int) -> np.ndarray:
    """uint8 (N, H, W, 3) in so many colours at most, the nearest ones, for small thumbnails."""
    column = Image.fromarray(pictures.reshape(-1, *pictures.shape[2:]))
    reduced = column.quantize(count, dither=Image.Dither.NONE).convert("RGB")
    return np.asarray(reduced).reshape(pictures.shape)


def enlarge(pictures: np.ndarray, down: int, across: int) -> np.ndarray:
    """(N, H, W, …) with every pixel repeated so many times."""
    # Across first, while there are few rows: whole rows are then copied at once.
    return np.repeat(np.repeat(pictures, across, axis=2), down, axis=1)


def resize_maps(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Float (N, h, w) at another size: bilinear where it grows, the largest where it shrinks.

    What is not finite stays NaN where it covers a drawn pixel and takes no part in its neighbours.
    """
    height, width = maps.shape[1:]
    if size[0] < height or size[1] < width:
        maps = shrink(maps, (min(size[0], height), min(size[1], width)))
    finite = np.isfinite(maps)
    if finite.all():
        return _resized(maps, size)
    known = _resized(finite, size)
    sums = _resized(np.where(finite, maps, 0), size)
    return np.where(known <= 0.5, np.nan, sums / np.maximum(known, 1e-5))


def draw_maps(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Float (N, h, w) at another size with its pixels kept apart where the factor is whole."""
    height, width = maps.shape[1:]
    if size[0] % height == 0 and size[1] % width == 0:
        return enlarge(maps, size[0] // height, size[1] // width)
    return resize_maps(maps, size)


def shrink(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Float (N, h, w, …) at a smaller size: of each block of pixels the largest magnitude, signed.

    A mean would let red and blue cancel out, and what is thin fade. Where a block holds both signs
    alike, the positive one is taken; where it holds what is not finite, NaN.
    """
    height, width = values.shape[1:3]
    if (height, width) == tuple(size):
        return values
    if not np.isfinite(values).all():
        values = np.where(np.isfinite(values), values, np.nan)
    high = low = values
    for axis, (length, wanted) in enumerate(((height, size[0]), (width, size[1])), start=1):
        high, low = (
            _block(high, axis, length, wanted, np.maximum),
            _block(low, axis, length, wanted, np.minimum),
        )
    with np.errstate(invalid="ignore"):
        return np.where(high >= -low, high, np.where(np.isnan(high), high, low))


def _block(values: np.ndarray, axis: int, length: int, wanted: int, ufunc: np.ufunc) -> np.ndarray:
    """`ufunc` over the pixels that each of `wanted` blocks of an axis covers."""
    if length == wanted:
        return values
    starts = np.arange(wanted) * length // wanted
    ends = -(-np.arange(1, wanted + 1) * length // wanted)
    found = np.take(values, starts, axis=axis)
    for offset in range(1, int((ends - starts).max())):
        found = ufunc(found, np.take(values, np.minimum(starts + offset, ends - 1), axis=axis))
    return found


def _resized(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    # Pillow rather than two matrix products: those wait for the cores that training is busy on.
    resized = np.empty((len(maps), *size), np.float32)
    for each, drawn in zip(maps.astype(np.float32, copy=False), resized, strict=True):
        drawn[:] = np.asarray(Image.fromarray(each).resize(size[::-1], Image.Resampling.BILINEAR))
    return resized
