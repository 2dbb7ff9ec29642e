"""256 colours for a frame of a GIF, chosen so that rare colours survive.

Paper and text fill most of a frame, but its rarest colours are what a heat map is about: its peaks,
and the top of its colour bar. Pillow's quantizer counts pixels and merges them with their
neighbours; here a colour counts by the square root of its pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_BITS = 6  # a channel: colours closer than this are one
_COUNT = 1 << 3 * _BITS


def with_palette(frame: NDArray[np.uint8]) -> Image.Image:
    """A uint8 picture (H, W, 3) in 256 colours of its own, without dithering.

    Dithered noise in flat colours would flicker from step to step, and be taken for data.
    """
    coarse = frame.astype(np.int32) >> (8 - _BITS)
    keys = coarse[..., 0] << 2 * _BITS | coarse[..., 1] << _BITS | coarse[..., 2]
    flat = keys.ravel()
    counts = np.bincount(flat, minlength=_COUNT)
    present = np.flatnonzero(counts)
    means = [
        np.bincount(flat, frame[..., channel].ravel(), _COUNT)[present] / counts[present]
        for channel in range(3)
    ]
    colours = np.stack(means, axis=-1).round().astype(np.uint8)
    weights = np.ceil(np.sqrt(counts[present])).astype(int)

    sample = Image.fromarray(np.repeat(colours, weights, axis=0)[None])
    palette = sample.quantize(256, Image.Quantize.MEDIANCUT, kmeans=3)
    nearest = Image.fromarray(colours[None]).quantize(palette=palette, dither=Image.Dither.NONE)
    table = np.zeros(_COUNT, np.uint8)
    table[present] = np.array(nearest)[0]
    result = Image.fromarray(table[keys], "P")
    result.putpalette(palette.getpalette() or [])
    return result
