"""Pictures to PNG and back."""

import io
import struct
import zlib
from functools import partial

import numpy as np
from PIL import Image

try:
    from isal import isal_zlib

    _compress = partial(isal_zlib.compress, level=2)  # 3 is as slow as zlib
except ImportError:  # there is no build of it for this machine
    _compress = partial(zlib.compress, level=1)

_UP = 2  # PNG's filter type
_SMOOTH = 0.6  # A row is filtered where that makes its bytes so much smaller.
_COLOUR_TYPES = {2: 0, 3: 2}  # by the picture's axes: grey, RGB


def encode(picture: np.ndarray) -> bytes:
    """A uint8 picture (H, W, 3) or (H, W) as PNG.

    Through ISA-L: a fraction of the time of Pillow's encoder, and about as many bytes. Unlike that
    it lets the training have the interpreter meanwhile. Rows of photographs are stored as what they
    are more than the row above, a quarter fewer bytes; those of words and flat colours as they are.

    Raises:
        ValueError: If it is no such picture.
    """
    picture = np.asarray(picture)
    if (
        picture.dtype != np.uint8
        or not picture.size
        or not (picture.ndim == 2 or (picture.ndim == 3 and picture.shape[-1] == 3))
    ):
        raise ValueError(
            f"picture has dtype {picture.dtype} and shape {picture.shape}; "
            "give uint8 (H, W, 3) or (H, W)."
        )
    height, width = picture.shape[:2]
    values = picture.reshape(height, -1)
    rows = np.zeros((height, 1 + values.shape[1]), np.uint8)  # Each led by its filter, 0 for none.
    rows[:, 1:] = values
    smooth = 1 + np.flatnonzero(_sizes(values[1:] - values[:-1]) < _SMOOTH * _sizes(values[1:]))
    rows[smooth, 0] = _UP
    rows[smooth, 1:] -= values[smooth - 1]
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[picture.ndim], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", _compress(rows.data)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _sizes(rows: np.ndarray) -> np.ndarray:
    """About how far each row is from 0, bytes taken as signed, by every fifth of them."""
    return np.abs(rows[:, ::5].view(np.int8).astype(np.int16)).sum(axis=1)


def decode(data: bytes) -> np.ndarray:
    """The uint8 picture in a PNG: (H, W) where it is grey, else (H, W, 3)."""
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image if image.mode == "L" else image.convert("RGB"))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
