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
_GREY, _RGB, _PALETTE = 0, 2, 3  # PNG's colour types
_MOST_COLOURS = 256
_SAMPLED = 32  # Whether there are more is mostly known from so few rows, every 32nd.


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
    few = _in_few_colours(picture) if picture.ndim == 3 else None
    kind, rows = (_GREY if picture.ndim == 2 else _RGB), picture
    palette = []
    if few is not None:
        kind, rows = _PALETTE, few[1]
        palette = [(b"PLTE", few[0].tobytes())]
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = [(b"IHDR", header), *palette, (b"IDAT", _compress(_rows(rows).data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _in_few_colours(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The colours (n, 3) of (H, W, 3), and (H, W) which of them each pixel has.

    None where they are too many, which a few rows tell of nearly every photograph.
    """
    if len(np.unique(_numbers(picture[::_SAMPLED]))) > _MOST_COLOURS:
        return None
    numbers = _numbers(picture).ravel()
    # Most pixels are like the one before.
    starts = np.flatnonzero(np.concatenate([[True], numbers[1:] != numbers[:-1]]))
    begun = numbers[starts]
    found = np.unique(begun)
    if len(found) > _MOST_COLOURS:
        return None
    lengths = np.diff(starts, append=len(numbers))
    places = np.repeat(np.searchsorted(found, begun).astype(np.uint8), lengths)
    return found.view(np.uint8).reshape(-1, 4)[:, :3], places.reshape(picture.shape[:2])


def _numbers(picture: np.ndarray) -> np.ndarray:
    """One number a pixel, whose first three bytes are its colour."""
    padded = np.zeros((*picture.shape[:2], 4), np.uint8)
    for channel in range(3):  # several times as fast as all at once
        padded[..., channel] = picture[..., channel]
    return padded.view("<u4")[..., 0]


def _rows(picture: np.ndarray) -> np.ndarray:
    """Rows of bytes, each led by its filter; photographs less the row above."""
    values = picture.reshape(len(picture), -1)
    rows = np.zeros((len(values), 1 + values.shape[1]), np.uint8)
    rows[:, 1:] = values
    smooth = 1 + np.flatnonzero(_sizes(values[1:] - values[:-1]) < _SMOOTH * _sizes(values[1:]))
    rows[smooth, 0] = _UP
    rows[smooth, 1:] -= values[smooth - 1]
    return rows


def _sizes(rows: np.ndarray) -> np.ndarray:
    """About how far each row is from 0, bytes taken as signed, by every fifth of them."""
    return np.abs(rows[:, ::5].view(np.int8).astype(np.int16)).sum(axis=1)


def decode(data: bytes) -> np.ndarray:
    """The uint8 picture in a PNG: (H, W) where it is grey, else (H, W, 3)."""
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image if image.mode == "L" else image.convert("RGB"))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
