"""Encoded pictures as pixels. They may come from anybody, so nothing they say is believed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kerasvis2.record.files import Place
from kerasvis2.record.frames import Damaged

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 64 * 2**20
"""More pixels than this are not decoded: a few bytes may claim any number of them."""


def decode(encoded: bytes, path: Place) -> NDArray[np.uint8]:
    """An encoded picture as uint8 (H, W, 3).

    Raises:
        ValueError: If it cannot be decoded, or is too large; `path` says where it came from.
    """
    try:
        with _opened(encoded) as image:
            return np.array(image.convert("RGB"))
    except Exception as error:  # decoders raise what they like
        raise Damaged(f"{path}: a picture that cannot be decoded: {error}") from error


def size_of(encoded: bytes, path: Place) -> tuple[int, int]:
    """A picture's height and width without decoding it. See `decode`."""
    try:
        with _opened(encoded) as image:
            return image.height, image.width
    except Exception as error:
        raise Damaged(f"{path}: a picture that cannot be decoded: {error}") from error


def _opened(encoded: bytes) -> Image:
    import warnings

    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the bound here is lower
        image = Image.open(io.BytesIO(encoded))
    if image.width * image.height > MOST_PIXELS:
        raise Damaged(
            f"it says it has {image.width} × {image.height} pixels; more than "
            f"{MOST_PIXELS // 2**20} million are refused"
        )
    return image
