"""The checksum against its published values and against a bit-by-bit computation."""

import numpy as np
import pytest

from kerasvis2.record.crc32c import crc32c, masked


def bit_by_bit(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),  # RFC 3720, B.4, as are the next two
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_published_values(data, crc):
    assert crc32c(data) == crc


@pytest.mark.parametrize("size", [1, 2047, 2048, 2049, 16383, 16384, 16385, 70001])
def test_every_length_and_any_buffer(size):
    data = np.random.default_rng(size).bytes(size)
    assert crc32c(data) == bit_by_bit(data)
    assert crc32c(memoryview(b"x" + data)[1:]) == bit_by_bit(data)


def test_leading_zeros_count():
    assert crc32c(bytes(5000)) != crc32c(bytes(5001))
    assert crc32c(bytes(5000)) == bit_by_bit(bytes(5000))


def test_masked_is_what_tensorboard_computes():
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    data = np.random.default_rng(0).bytes(3000)
    assert masked(data) == masked_crc32c(data)
