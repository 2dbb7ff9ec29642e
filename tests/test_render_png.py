"""PNG: what others' decoders read is the picture."""

import io
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kerasvis2.render import png
from kerasvis2.render.png import decode, encode

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("compress", [png._compress, zlib.compress], ids=["ISA-L", "zlib"])
@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (1, 1, 3), (9, 9, 3), (300, 41, 3), (2, 900, 3)])
def test_every_decoder_reads_the_picture(shape, compress, monkeypatch):
    monkeypatch.setattr(png, "_compress", compress)
    picture = RNG.integers(0, 256, shape, np.uint8)
    data = encode(picture)
    np.testing.assert_array_equal(decode(data), picture)
    with Image.open(io.BytesIO(data)) as image:
        image.load()  # a wrong checksum would raise
        shown = image.convert("RGB") if picture.ndim == 3 else image
        np.testing.assert_array_equal(np.asarray(shown), picture)
    np.testing.assert_array_equal(tf.io.decode_png(data).numpy().reshape(shape), picture)


def test_photographs_take_fewer_bytes_than_as_they_are():
    down, across = np.mgrid[0:300, 0:400]
    photo = 128 + 90 * np.sin(down / 40) * np.cos(across / 23) + RNG.normal(size=(300, 400)) * 2
    picture = np.repeat(photo.astype(np.uint8)[..., None], 3, axis=2)
    data = encode(picture)
    np.testing.assert_array_equal(decode(data), picture)
    assert len(data) < 0.8 * len(png._compress(picture.tobytes()))


@pytest.mark.parametrize("count", [1, 2, 256, 257])
def test_few_colours_are_stored_as_their_numbers(count):
    colours = RNG.permutation(1 << 24)[:count]
    which = np.concatenate([np.arange(count), RNG.integers(0, count, 120 * 100 - count)])
    red, green, blue = (colours[which] >> shift & 255 for shift in (16, 8, 0))
    picture = np.stack([red, green, blue], axis=-1).astype(np.uint8).reshape(120, 100, 3)
    data = encode(picture)
    np.testing.assert_array_equal(decode(data), picture)
    np.testing.assert_array_equal(tf.io.decode_png(data).numpy(), picture)
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == ("P" if count <= 256 else "RGB")
    if count == 256:
        assert len(data) < 0.55 * len(png._compress(picture.tobytes()))


def test_a_part_of_a_larger_picture():
    large = RNG.integers(0, 256, (40, 40, 3), np.uint8)
    np.testing.assert_array_equal(decode(encode(large[5:30:2, ::-3])), large[5:30:2, ::-3])


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_picture_is_refused(wrong):
    with pytest.raises(ValueError, match="uint8"):
        encode(wrong)
