"""Maps as numbers in an event file: the format of a blob, written and read.

A blob is `KVM1`, the length of its header (uint32, little-endian), the header (JSON) and deflated
values. The header's `arrays` says what these are: names, NumPy types and shapes, one behind the
other in C order. Where an array is `residual`, its values are what `residuals` makes of pictures of
that shape, and the version is 2, so that nobody takes them for the pictures. Of maps there is one
array of 8 or 16 bits, `values`, whose first axis counts the images; image i has

    value = code · scale[i] / largest

with `largest` 254 of uint8, 127 of int8, 65534 of uint16 and 32767 of int16, worked out in float64
and rounded to float32. The code `nan` stands for what is no finite number. A plain float16 would
not do: the gradients of a deep network lie below what it can hold.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from kerasvis2.record import residuals
from kerasvis2.record.frames import Damaged

try:
    from isal import isal_zlib

    _deflate = partial(isal_zlib.compress, level=2)
except ImportError:  # there is no build of it for this machine
    _deflate = partial(zlib.compress, level=3)

MAPS = "kerasvis_maps"
"""The kind of data that blobs are."""
MAPS_TAG, VALUES_TAG = "maps/", "values/"
"""What comes before an image's tag in the tag of its maps; of those that lie over no pictures."""
ANSWERS = "kerasvis_answers"
"""The kind of data that answers are: as blobs, but told as a series that is read at once."""
PROBE_TAG, ANSWERS_TAG = "kerasvis/probe", "kerasvis/answers"
VERSION, WITH_RESIDUALS = 1, 2

_MAGIC = b"KVM1"
_START = len(_MAGIC) + 4
_LONGEST = 1 << 20  # a header's bytes at most
_LARGEST = 1 << 27  # bytes of the values at most: no header can make a reader allocate more
_CODES = {"|u1": (254, 255), "|i1": (127, -128), "<u2": (65534, 65535), "<i2": (32767, -32768)}
_TYPES = (*_CODES, "<i4", "<f4")


def pack(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], pictures: str = "") -> bytes:
    """A blob of arrays, each of one of the types that `unpack` knows.

    Args:
        header: what else is to be known of them.
        arrays: by name.
        pictures: the array of uint8 pictures (N, H, W, C) that may be photographs; these are kept
            as residuals where that makes the blob smaller.

    Raises:
        ValueError: If the arrays are larger than any reader takes.
    """
    size = sum(array.nbytes for array in arrays.values())
    if size > _LARGEST:
        raise ValueError(f"{size / 1e6:.0f} MB of numbers; a blob holds {_LARGEST / 1e6:.0f} MB")
    listed: list[dict[str, Any]] = [
        {"name": name, "dtype": array.dtype.str, "shape": list(array.shape)}
        for name, array in arrays.items()
    ]
    version, values = VERSION, _deflate(_joined(arrays))
    if pictures in arrays:
        other = residuals.deflated(_joined({**arrays, pictures: residuals.taken(arrays[pictures])}))
        if len(other) < len(values):
            version, values = WITH_RESIDUALS, other
            listed[list(arrays).index(pictures)]["residual"] = True
    head = json.dumps({"version": version, **header, "arrays": listed}, allow_nan=False).encode()
    return b"".join((_MAGIC, struct.pack("<I", len(head)), head, values))


def unpack(blob: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A blob's header and arrays.

    Raises:
        ValueError: If the blob is not what `pack` makes: nothing larger than its header says, and
            nothing that no header may say, is ever inflated.
    """
    header = _header(blob)
    arrays = [_array(entry) for entry in _list(header.get("arrays"), "arrays")]
    size = sum(dtype.itemsize * math.prod(shape) for _, dtype, shape, _ in arrays)
    if size > _LARGEST:
        raise Damaged(f"a blob that says to hold {size} bytes, more than {_LARGEST}")
    values = _inflated(blob[_START + struct.unpack_from("<I", blob, len(_MAGIC))[0] :], size)
    found, start = {}, 0
    for name, dtype, shape, residual in arrays:
        count = math.prod(shape)
        array = np.frombuffer(values, dtype, count, start)
        if residual:
            planes = array.reshape(shape[0], shape[3], shape[1], shape[2])
            found[name] = residuals.restored(planes)
        else:
            found[name] = array.reshape(shape)
        start += count * dtype.itemsize
    return header, found


def is_blob(data: bytes) -> bool:
    """Whether this begins as blobs do."""
    return data[: len(_MAGIC)] == _MAGIC


def encode_maps(values: Any, header: Mapping[str, Any], bits: int = 8) -> bytes:
    """A blob of maps.

    Args:
        values: float (N, h, w) or (N, h, w, C); of signals, tables, tokens and volumes with the
            axes that these have.
        header: what else is to be known of them.
        bits: 8 or 16.
    """
    values = np.asarray(values, np.float32)
    finite = np.isfinite(values)
    known = values if finite.all() else np.where(finite, values, np.float32(0))
    flat = known.reshape(len(known), -1)
    scale = np.abs(flat).max(axis=1, initial=0).astype(np.float32)
    kind = "i" if (flat < 0).any() else "u"
    dtype = np.dtype(f"{kind}{bits // 8}").newbyteorder("<")
    largest, nan = _CODES[dtype.str]
    # As float64: over the scale of a weak image a float32 could overflow, or be rounded to 0.
    exact = scale.astype(np.float64)
    inverse = np.divide(largest, exact, out=np.zeros(len(scale)), where=exact > 0)
    codes = np.rint(known * inverse.reshape(-1, *[1] * (values.ndim - 1))).astype(dtype)
    if known is not values:
        codes[~finite] = nan
    head = {"kind": "maps", **header, "scale": scale.tolist(), "nan": nan}
    return pack(head, {"values": codes})


def decode_maps(blob: bytes) -> tuple[dict[str, Any], np.ndarray]:
    """A blob's header and its maps, float32.

    Raises:
        ValueError: If it is no blob of maps.
    """
    header, arrays = unpack(blob)
    codes = arrays.get("values")
    if header.get("kind") != "maps" or codes is None or codes.dtype.str not in _CODES:
        raise Damaged("a blob that holds no maps")
    if codes.ndim < 2:
        raise Damaged(f"maps of shape {codes.shape}")
    scale = _scales(header.get("scale"), len(codes))
    largest, nan = _CODES[codes.dtype.str]
    if header.get("nan") != nan:
        raise Damaged(f"the code {header.get('nan')!r} for NaN")
    steps = scale / largest
    values = (codes * steps.reshape(-1, *[1] * (codes.ndim - 1))).astype(np.float32)
    values[codes == nan] = np.nan
    return header, values


def _joined(arrays: Mapping[str, np.ndarray]) -> bytes:
    return b"".join(array.tobytes() for array in arrays.values())


def _header(blob: bytes) -> dict[str, Any]:
    if not is_blob(blob) or len(blob) < _START:
        raise Damaged("no blob of numbers")
    length = struct.unpack_from("<I", blob, len(_MAGIC))[0]
    if length > min(_LONGEST, len(blob) - _START):
        raise Damaged(f"a blob's header of {length} bytes")
    try:
        header = json.loads(blob[_START : _START + length])
    except (ValueError, RecursionError) as error:
        raise Damaged(f"a blob's header that is no JSON: {error}") from error
    version = header.get("version") if isinstance(header, dict) else None
    if not isinstance(header, dict) or version not in (VERSION, WITH_RESIDUALS):
        raise Damaged(f"a blob of version {version!r}; this is version {WITH_RESIDUALS}")
    return header


def _array(entry: Any) -> tuple[str, np.dtype, tuple[int, ...], bool]:
    """Its name, type and shape, and whether it holds residuals."""
    given = entry if isinstance(entry, dict) else {}
    name, dtype, shape = given.get("name"), given.get("dtype"), given.get("shape")
    good = isinstance(shape, list) and 0 < len(shape) <= 5
    if not good or not all(type(size) is int and 0 <= size < 1 << 24 for size in shape or ()):
        raise Damaged(f"an array of shape {shape!r}")
    if not isinstance(name, str) or dtype not in _TYPES:
        raise Damaged(f"an array {name!r} of type {dtype!r}")
    residual = given.get("residual", False)
    if residual is not False and (residual is not True or dtype != "|u1" or len(shape or ()) != 4):
        raise Damaged(f"an array of type {dtype!r} and shape {shape!r} that cannot be residual")
    return name, np.dtype(dtype), tuple(shape or ()), residual


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Damaged(f"a blob without {name}")
    return value


def _scales(given: Any, count: int) -> np.ndarray:
    values = _list(given, "scale")
    numbers = all(type(value) in (int, float) and 0 <= value < math.inf for value in values)
    if len(values) != count or not numbers:
        raise Damaged("scales that are no numbers, or not one an image")
    return np.array(values, np.float64)


def _inflated(data: bytes, size: int) -> bytes:
    inflate = zlib.decompressobj()
    try:
        # One byte more than there may be, so that a bomb is known before it goes off.
        values = inflate.decompress(data, size + 1)
    except zlib.error as error:
        raise Damaged(f"values that cannot be inflated: {error}") from error
    if len(values) != size or not inflate.eof:
        raise Damaged(f"values that are not of the {size} bytes that their header says")
    return values
