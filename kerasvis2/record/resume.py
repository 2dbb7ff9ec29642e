"""A training that goes on from an earlier step: which of the older data it makes void."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from tensorboard.compat.proto import event_pb2, summary_pb2

from kerasvis2.record.files import Place, changed, event_files, opened
from kerasvis2.record.frames import Damaged, peek_file, verified
from kerasvis2.record.index import RUN_GRAPH, Entry, Folder, index_file

SUFFIX = ".kerasvis"
"""How the names of our event files end."""

_BEGUN = re.compile(r"events\.out\.tfevents\.([0-9]{10})\..+")
_MOST = 2**26
"""More bytes than this are not written anew to keep them from going with what is void."""


def newest(files: Iterable[Place]) -> int:
    """When the last file was begun by its name, in seconds since 1970; 0 without any.

    Names with a fraction of a second are those of older versions of this package.
    """
    named = [match for path in files if (match := _BEGUN.fullmatch(path.name))]
    return max((int(match[1]) for match in named), default=0)


def last_steps(files: Iterable[Place]) -> dict[str, int]:
    """The last step of each tag in the files."""
    held = Folder()
    for path in files:
        index_file(path, held)
    return {tag: max(series.entries) for tag, series in held.series.items() if series.entries}


def void(
    files: Sequence[Place], step: int, tags: Collection[str], since: float, own: Collection[str]
) -> list[event_pb2.Event] | None:
    """Whether TensorBoard may be told to drop what it has read of a folder from `step` on.

    It may where all the files are this package's and finished, so that nothing of somebody else's
    is lost. It can only be told to drop everything, and cannot stand an image tag that is left
    without any picture, not even for a while: hence what is of other tags is written anew.

    Args:
        files: The folder's event files.
        step: The step that is about to be written.
        tags: What it has.
        since: Seconds since 1970. A file written later than this has a living writer.
        own: The names of the files that the same writer has begun; these have no other.

    Returns:
        What is to be written anew, or None where nothing may be dropped.
    """
    for path in files:
        if not path.name.endswith(SUFFIX) or (path.name not in own and changed(path) >= since):
            return None
    held = Folder()
    for path in files:
        index_file(path, held)
    kept = [
        (tag, entry)
        for tag, series in held.series.items()
        for entry in series.entries.values()
        if entry.step >= step and tag not in tags
    ]
    if sum(entry.place[1] - entry.place[0] for _, entry in kept) > _MOST:
        return None
    try:
        return _events(kept)
    except (Damaged, OSError):
        return None


def restart(step: int, wall_time: float) -> list[event_pb2.Event]:
    """Events that tell TensorBoard to drop what it has read of this folder from `step` on.

    Its fast loader does so by itself, tag by tag, and passes over these. The other takes the first
    such Event that it meets in a folder for the beginning and heeds the second.
    """
    log = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    return [event_pb2.Event(step=step, wall_time=wall_time, session_log=log)] * 2


def last_step(log_dir: Place) -> int | None:
    """The last step that a run holds, epochs where it has curves; None where there is nothing."""
    for part, named in (("train", "epoch_"), ("vis", "")):
        last = last_steps(event_files(log_dir / part))
        steps = [step for tag, step in last.items() if tag.startswith(named)]
        if steps:
            return max(steps)
    return None


def _events(kept: Iterable[tuple[str, Entry]]) -> list[event_pb2.Event]:
    """The values as they were, in the order of their steps."""
    events = []
    for tag, entry in sorted(kept, key=lambda pair: (pair[1].step, pair[1].wall_time)):
        with opened(entry.path) as file:
            record = verified(peek_file(file), *entry.record)
        data = record[entry.place[0] - entry.record[0] : entry.place[1] - entry.record[0]]
        event = event_pb2.Event(step=entry.step, wall_time=entry.wall_time)
        if tag == RUN_GRAPH:
            event.graph_def = data
        else:
            event.summary.value.append(summary_pb2.Summary.Value.FromString(data))
        events.append(event)
    return events
