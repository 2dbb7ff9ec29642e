"""Whether runs looked at the same images."""

from __future__ import annotations

from collections.abc import Mapping

from kerasvis2.record.maps import PROBE_TAG, unpack
from kerasvis2.record.reader import Run


def same_images(first: Run, second: Run) -> bool:
    """Whether two runs looked at the same images in the same order, whatever their labels."""
    hashes = _hashes(first), _hashes(second)
    if None in hashes:
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
    hashes = [_hashes(run) for run in runs]
    known = [each for each in hashes if each is not None]
    if len(known) < len(hashes):
        return "these runs did not look at the same images, or not with the same labels"
    if len(set(known)) == 1:
        return "these runs looked at the same images with other labels"
    if len({tuple(sorted(each)) for each in known}) == 1:
        return "these runs looked at the same images in another order"
    return "these runs did not look at the same images"


def _fingerprint(run: Run) -> str | None:
    """Of the images and labels."""
    probe = run.about.get("probe")
    found = probe.get("fingerprint") if isinstance(probe, dict) else None
    return str(found) if found else None


def _hashes(run: Run) -> tuple[str, ...] | None:
    """Of each image, where the run kept maps."""
    try:
        header, _ = unpack(run.blob(PROBE_TAG, run.steps(PROBE_TAG)[-1]))
    except (LookupError, ValueError):
        return None
    return tuple(str(each) for each in header.get("hashes") or ()) or None
