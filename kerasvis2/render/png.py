"""Pictures to PNG and back."""

import io

import numpy as np
from PIL import Image


def encode(picture: np.ndarray) -> bytes:
    """A uint8 picture (H, W, 3) or (H, W) as PNG.

    Compressed at Pillow's level 1: a third of the time of its default for hardly more bytes.

    Raises:
        ValueError: If it is no such picture.
    """
    picture = np.asarray(picture)
    if picture.dtype != np.uint8 or not (
        picture.ndim == 2 or (picture.ndim == 3 and picture.shape[-1] == 3)
    ):
        raise ValueError(
            f"picture has dtype {picture.dtype} and shape {picture.shape}; "
            "give uint8 (H, W, 3) or (H, W)."
        )
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def decode(data: bytes) -> np.ndarray:
    """The uint8 picture in a PNG: (H, W) where it is grey, else (H, W, 3)."""
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image if image.mode == "L" else image.convert("RGB"))
