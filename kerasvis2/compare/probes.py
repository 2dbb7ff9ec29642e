"""What runs kept of their probes, and whether they looked at the same images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kerasvis2.record.maps import PROBE_TAG, unpack
from kerasvis2.record.reader import Run


class Kept(NamedTuple):
    """A run's probe."""

    about: dict[str, Any]
    images: NDArray[np.float32] | None
    hashes: tuple[str, ...]

    @property
    def labelled(self) -> list[tuple[str, str]] | None:
        """Each image's hash and class, in no order; None where the labels are no classes."""
        labels = self.about.get("labels")
        if not isinstance(labels, list) or len(labels) != len(self.hashes):
            return None
        return sorted(zip(self.hashes, map(str, labels)))


def blob_of(run: Run) -> bytes | None:
    """A run's probe as it is in the file, None without one."""
    try:
        return run.blob(PROBE_TAG, run.steps(PROBE_TAG)[-1])
    except (LookupError, ValueError):
        return None


def kept(run: Run) -> Kept:
    """A run's probe; nothing where the run kept none, or none that can be read."""
    try:
        about, arrays = unpack(blob_of(run) or b"")
    except (LookupError, ValueError):
        return Kept({}, None, ())
    images, hashes = arrays.get("images"), about.get("hashes")
    return Kept(
        about,
        None if images is None else (images / 255).astype(np.float32),
        tuple(map(str, hashes)) if isinstance(hashes, list) else (),
    )


def same_images(first: Run, second: Run) -> bool:
    """Whether two runs looked at the same images in the same order, whatever their labels."""
    hashes = kept(first).hashes, kept(second).hashes
    if () in hashes:
        return _fingerprint(first) == _fingerprint(second)
    return hashes[0] == hashes[1]


def differing(runs: Mapping[str, Run]) -> str | None:
    """In what the probes of these runs differ; None if in nothing."""
    prints: dict[str, list[str]] = {}
    for name, run in runs.items():
        fingerprint = _fingerprint(run)
        if fingerprint:
            prints.setdefault(fingerprint, []).append(name)
    if len(prints) < 2:
        return None
    groups = "; ".join(f"{', '.join(names)}: {key[:8]}" for key, names in prints.items())
    return f"The probes differ: {_how([runs[names[0]] for names in prints.values()])} ({groups})."


def _how(runs: list[Run]) -> str:
    probes = [kept(run) for run in runs]
    hashes = [probe.hashes for probe in probes]
    if () in hashes:
        return "these runs did not look at the same images, or not with the same labels"
    if len(set(hashes)) == 1:
        return "these runs looked at the same images with other labels"
    if len({tuple(sorted(each)) for each in hashes}) > 1:
        return "these runs did not look at the same images"
    labelled = [probe.labelled for probe in probes]
    if None in labelled:
        more = ", and perhaps with other labels"
    else:
        more = "" if all(each == labelled[0] for each in labelled) else " and with other labels"
    return f"these runs looked at the same images in another order{more}"


def _fingerprint(run: Run) -> str | None:
    """Of the images and labels."""
    probe = run.about.get("probe")
    found = probe.get("fingerprint") if isinstance(probe, dict) else None
    return str(found) if found else None
