"""A training that goes on from an earlier step: which of the older data it makes void."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

from tensorboard.compat.proto import event_pb2

from kerasvis2.record.index import Folder, index_file

SUFFIX = ".kerasvis"
"""How the names of our event files end."""

_BEGUN = re.compile(r"events\.out\.tfevents\.([0-9]{10})\..+")


def others(folder: Path) -> list[Path]:
    """All event files in a folder, in the order in which TensorBoard reads them."""
    return sorted(path for path in folder.glob("*tfevents*") if path.is_file())


def newest(files: Collection[Path]) -> int:
    """When the last file was begun by its name, in seconds since 1970; 0 without any.

    Names with a fraction of a second are those of older versions of this package.
    """
    named = [match for path in files if (match := _BEGUN.fullmatch(path.name))]
    return max((int(match[1]) for match in named), default=0)


def repeats(files: Collection[Path], step: int, tags: Collection[str], since: float) -> bool:
    """Whether a new file, beginning at `step`, writes anew what older ones hold from there on.

    So that nothing is lost that will not be written again, this holds only where all the files are
    ours and finished, and all that they have from `step` on is of the new file's first tags.
    TensorBoard cannot stand an image tag that is left without any picture, not even for a while.

    Args:
        files: The folder's event files.
        step: The first step of the new one.
        tags: What it has there.
        since: Seconds since 1970. A file written later than this has a living writer.
    """
    for path in files:
        if not path.name.endswith(SUFFIX) or os.stat(path).st_mtime >= since:
            return False
    held = Folder()
    for path in files:
        index_file(path, held)
    void = {tag for tag, series in held.series.items() if max(series.entries, default=-1) >= step}
    return bool(void) and void.issubset(tags)


def restart(step: int, wall_time: float) -> list[event_pb2.Event]:
    """Events that tell TensorBoard to drop what it has read of this folder from `step` on.

    Its fast loader does so by itself, tag by tag, and passes over these. The other takes the first
    such Event that it meets in a folder for the beginning and heeds the second.
    """
    log = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    return [event_pb2.Event(step=step, wall_time=wall_time, session_log=log)] * 2
