"""Display scales over a whole run: when each changed, kept so that a resumed training goes on."""

from __future__ import annotations

import json
import math
import os
import threading
from bisect import bisect_right
from typing import Any

from kerasvis2.record.files import Place, place, read, replace

NAME = "about.scales.json"
"""It lies in the run's own folder, and sorts before event files."""

_MOST = 2**24


class Scales:
    """The history of each tag's display scale: from which step on which scale has held.

    What was kept in the folder is there at once. It may be used from several threads.

    Args:
        log_dir: the run's folder.
    """

    def __init__(self, log_dir: str | os.PathLike[str] | Place) -> None:
        self._path = place(log_dir) / NAME
        self._history = read_scales(log_dir)
        self._lock = threading.Lock()
        self._saved = True

    def at(self, tag: str, step: int) -> float | None:
        """The scale that holds at a step: that of the last change before it, or at it."""
        with self._lock:
            changes = self._history.get(tag, ())
            index = bisect_right([at for at, _ in changes], step)
            return changes[index - 1][1] if index else None

    def history(self, tag: str) -> list[tuple[int, float]]:
        """All changes of a tag, as (first step, scale)."""
        with self._lock:
            return list(self._history.get(tag, ()))

    def set(self, tag: str, step: int, top: float) -> bool:
        """From `step` on a scale holds. What was said of later steps is void, as after a resume.

        Returns:
            Whether this is a change.
        """
        with self._lock:
            changes = self._history.get(tag, [])
            before = [change for change in changes if change[0] < step]
            changed = not before or before[-1][1] != top
            now = [*before, (step, float(top))] if changed else before
            if now != changes:
                self._history[tag] = now
                self._saved = False
            return changed

    def save(self) -> None:
        """Writes the history, if it has changed.

        Raises:
            OSError: If the folder cannot be written.
        """
        with self._lock:
            if self._saved:
                return
            content = json.dumps({"version": 1, "scales": self._history}, ensure_ascii=False)
            self._saved = True
        try:
            replace(self._path, content.encode(errors="backslashreplace"))
        except BaseException:
            self._saved = False
            raise


def read_scales(log_dir: str | os.PathLike[str] | Place) -> dict[str, list[tuple[int, float]]]:
    """The history that a run has kept, by tag; empty where there is none that makes sense."""
    try:
        content = json.loads(read(place(log_dir) / NAME, _MOST))
        given = content["scales"].items()
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return {}
    return {tag: changes for tag, listed in given if (changes := _changes(listed))}


def _changes(listed: Any) -> list[tuple[int, float]]:
    """The changes that are ones, in the order of their steps."""
    found = {}
    for change in listed if isinstance(listed, list) else ():
        if isinstance(change, list) and len(change) == 2:
            step, top = change
            if type(step) is int and type(top) in (int, float) and 0 < top < math.inf:
                found[step] = float(top)
    return sorted(found.items())
