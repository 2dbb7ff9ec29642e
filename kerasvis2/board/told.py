"""What networks answered to their probes: all runs and steps in one blob of numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasvis2.record.maps import pack, unpack
from kerasvis2.record.probed import TOP

# Of each image a number, or its TOP: type, axes, and what stands where nothing was told.
_NUMBERS: dict[str, tuple[str, int, float]] = {
    "predicted": ("<i4", 1, -1),
    "truth": ("<f4", 1, np.nan),
    "margin": ("<f4", 1, np.nan),
    "top": ("<i4", 2, -1),
    "shares": ("<f4", 2, np.nan),
}
_LARGEST = 1 << 22  # bytes of a step's numbers: those of ten thousand images are less
_MOST = 1 << 26  # bytes of all numbers; of more, each run's first steps are left out


def told(runs: Mapping[str, Sequence[tuple[int, bytes]]]) -> bytes:
    """A blob of what each run's steps told; as JSON it would be six times as large, and slow.

    Args:
        runs: by id, each step and what `kerasvis2.record.probed.answers_blob` made of it.

    Returns:
        The header's `runs` list the `id`, and of how many `images` its steps are. The arrays of
        the first run are `0/steps`, and `0/predicted` and so on, (steps, images) or (steps, images,
        5), −1 and NaN at steps that did not keep it, or where what they kept cannot be read;
        `0/words` is JSON: for each step a list of words, or null.
    """
    every = [
        {step: _read(blob) for step, blob in steps if abs(step) < 1 << 31}
        for steps in runs.values()
    ]
    each = sum(_bytes(list(steps.values())) for steps in every)
    most = max(1, _MOST // max(1, each))
    head: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    for place, (run, steps) in enumerate(zip(runs, every)):
        latest = dict(list(steps.items())[-most:])
        count = _count(list(latest.values()))
        head.append({"id": run, "images": count})
        joined = {"steps": np.array([*latest], "<i4"), **_joined([*latest.values()], count)}
        arrays |= {f"{place}/{name}": array for name, array in joined.items()}
    return pack({"kind": "told", "runs": head}, arrays)


def _read(blob: bytes) -> dict[str, Any]:
    try:
        header, arrays = unpack(blob)
    except ValueError:
        return {}
    if sum(array.nbytes for array in arrays.values()) > _LARGEST:
        return {}
    found: dict[str, Any] = {}
    for name, (kind, axes, _) in _NUMBERS.items():
        array = arrays.get(name)
        if array is not None and array.dtype.str == kind and array.ndim == axes:
            found[name] = array if axes == 1 else array[:, :TOP]
    words = header.get("words")
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        found["words"] = words
    return found


def _count(steps: Sequence[Mapping[str, Any]]) -> int:
    """How many images the last step that told anything told of."""
    return next((len(value) for step in steps[::-1] for value in step.values()), 0)


def _bytes(steps: Sequence[Mapping[str, Any]]) -> int:
    last = next((step for step in steps[::-1] if step), {})
    return sum(value.nbytes for value in last.values() if isinstance(value, np.ndarray))


def _joined(steps: Sequence[Mapping[str, Any]], count: int) -> dict[str, np.ndarray]:
    found = {}
    for name, (kind, axes, nothing) in _NUMBERS.items():
        known = [
            (place, step[name])
            for place, step in enumerate(steps)
            if name in step and len(step[name]) == count
        ]
        if known:
            shape = (len(steps), count, TOP)[: axes + 1]
            found[name] = np.full(shape, nothing, kind)
        for place, array in known:
            found[name][place][..., : array.shape[-1]] = array
    if any("words" in step for step in steps):
        words = [step.get("words") for step in steps]
        found["words"] = np.frombuffer(json.dumps(words).encode(), np.uint8)
    return found
