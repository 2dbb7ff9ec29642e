"""Event files as bytes: records, and the fields of protocol buffer messages, without reading them.

A step's pictures may take megabytes. To list what a log holds, these functions walk over the
lengths and keys alone and leave the rest on disk.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeAlias

from kerasvis2.record.crc32c import masked

Peek: TypeAlias = Callable[[int, int], bytes]
"""Reads `count` bytes at `position`; fewer at the end."""

_HEADER, _FOOTER = 12, 4


class Damaged(ValueError):
    """What is wrong with an event file, and where."""


def peek_file(file: BinaryIO) -> Peek:
    """Random access to a file."""

    def peek(position: int, count: int) -> bytes:
        file.seek(position)
        return file.read(count)

    return peek


def peek_bytes(data: bytes, origin: int) -> Peek:
    """The same for bytes that were read from position `origin`."""
    return lambda position, count: data[position - origin : position - origin + count]


def records(peek: Peek, size: int) -> Iterator[tuple[int, int]]:
    """Yields (start, stop) of each record's data, without reading the data.

    Raises:
        Damaged: Where the file ends in the middle of a record or a length is wrong. What came
            before is good.
    """
    position = 0
    while position < size:
        header = peek(position, _HEADER)
        if len(header) == _HEADER:
            length, checksum = struct.unpack("<QI", header)
            if masked(header[:8]) != checksum:
                raise Damaged(f"the record's length at byte {position} fails its checksum")
            start = position + _HEADER
            stop = start + length
        if len(header) < _HEADER or stop + _FOOTER > size:
            raise Damaged(
                f"the record at byte {position} is cut off (still being written, or its writer "
                "was killed)"
            )
        yield start, stop
        position = stop + _FOOTER


def verified(peek: Peek, start: int, stop: int) -> bytes:
    """Reads a record's data and checks it.

    Raises:
        Damaged: If the data fail their checksum.
    """
    data = peek(start, stop - start)
    footer = peek(stop, _FOOTER)
    if len(footer) < _FOOTER or masked(data) != struct.unpack("<I", footer)[0]:
        raise Damaged(f"the record at byte {start - _HEADER} fails its checksum")
    return data


def fields(peek: Peek, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Yields (field number, start, stop) of what each field of a message holds.

    Raises:
        Damaged: If this is no message.
    """
    position = start
    while position < stop:
        head = peek(position, min(20, stop - position))
        key, at = _varint(head, 0, position)
        kind = key & 7
        if kind == 2:
            length, at = _varint(head, at, position)
            end = at + length
        elif kind == 0:
            _, end = _varint(head, at, position)
        elif kind == 1:
            end = at + 8
        elif kind == 5:
            end = at + 4
        else:
            raise Damaged(f"no protocol buffer field at byte {position}")
        if position + end > stop:
            raise Damaged(f"the field at byte {position} is longer than what it lies in")
        yield key >> 3, position + at, position + end
        position += end


def varint(data: bytes) -> int:
    """Decodes a field of kind int64."""
    value, _ = _varint(data, 0, 0)
    return value - (1 << 64) if value >> 63 else value


def _varint(data: bytes, at: int, position: int) -> tuple[int, int]:
    value = shift = 0
    for byte in data[at : at + 10]:
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise Damaged(f"no protocol buffer field at byte {position}")
