"""The CRC-32C checksum that guards each record of an event file.

Python's standard library has only the CRC-32 of zip files, and a loop over bytes manages some
15 MB/s. Here a long buffer is treated as rows of 4096 words: advancing the checksum over a whole
row is linear over GF(2), so NumPy does it for all 4096 columns at once through lookup tables, and
the columns are then folded together. Several hundred MB/s, with the GIL released meanwhile.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78
_WORDS = 4096
_ROW_BYTES = 4 * _WORDS
_SHORT = 2048  # below this the byte loop is faster


def _byte_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)


_BYTES = _byte_table()


def crc32c(data: bytes | bytearray | memoryview) -> int:
    """Returns the CRC-32C (Castagnoli) of `data`."""
    if len(data) >= _SHORT:
        return _crc_rows(data)
    crc = 0xFFFFFFFF
    table = _BYTES
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes | bytearray | memoryview) -> int:
    """Returns the CRC-32C of `data` as event files store it: rotated, and a constant added."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _crc_rows(data: bytes | bytearray | memoryview) -> int:
    # Zeros in front leave a checksum that starts at 0 unchanged; starting at all ones, as CRC-32C
    # does, is the same as inverting the first four bytes.
    padding = -len(data) % _ROW_BYTES
    buffer = np.zeros(padding + len(data), np.uint8)
    buffer[padding:] = np.frombuffer(data, np.uint8)
    buffer[padding : padding + 4] ^= 255
    rows = buffer.view("<u4").reshape(-1, _WORDS)

    low, high = _half_word_tables(_ROW_BYTES)
    state = rows[0].astype(np.uint32)
    part = np.empty_like(state)
    for row in rows[1:]:
        np.take(high, state >> 16, out=part, mode="clip")
        np.take(low, state & 0xFFFF, out=state, mode="clip")
        state ^= part
        state ^= row

    while len(state) > 1:
        half = len(state) // 2
        state = _advance(state[:half], 4 * half) ^ state[half:]
    return int(_advance(state, 4)[0]) ^ 0xFFFFFFFF


def _advance(states: NDArray[np.uint32], count: int) -> NDArray[np.uint32]:
    t0, t1, t2, t3 = _quarter_word_tables(count)
    return t0[states & 255] ^ t1[(states >> 8) & 255] ^ t2[(states >> 16) & 255] ^ t3[states >> 24]


@functools.cache
def _half_word_tables(count: int) -> list[NDArray[np.uint32]]:
    bits = _after_zeros(count)
    return [_span(bits[:16]), _span(bits[16:])]


@functools.cache
def _quarter_word_tables(count: int) -> list[NDArray[np.uint32]]:
    bits = _after_zeros(count)
    return [_span(bits[start : start + 8]) for start in (0, 8, 16, 24)]


def _span(vectors: list[int]) -> NDArray[np.uint32]:
    """All XOR combinations: entry i combines the vectors at the set bits of i."""
    table = np.zeros(1, np.uint32)
    for vector in vectors:
        table = np.concatenate([table, table ^ np.uint32(vector)])
    return table


def _after_zeros(count: int) -> list[int]:
    """What each single bit of a checksum becomes after `count` zero bytes, by repeated squaring."""
    step = [_BYTES[bit & 255] ^ (bit >> 8) for bit in (1 << place for place in range(32))]
    result = [1 << place for place in range(32)]
    while count:
        if count & 1:
            result = [_apply(step, bit) for bit in result]
        step = [_apply(step, bit) for bit in step]
        count >>= 1
    return result


def _apply(bits: list[int], word: int) -> int:
    out = 0
    for place in range(32):
        if word >> place & 1:
            out ^= bits[place]
    return out
