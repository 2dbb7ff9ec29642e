"""One event file: records appended whole, or not at all."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import socket
import struct
import time
from collections.abc import Iterable
from pathlib import Path

from tensorboard.compat.proto import event_pb2, summary_pb2

from kerasvis2.record import resume
from kerasvis2.record.crc32c import masked
from kerasvis2.record.events import Value
from kerasvis2.record.index import RUN_GRAPH

_counter = itertools.count()


class EventFile:
    """Appends Events to a new event file in `folder`, which is made with the first of them.

    The file is opened for each append and closed again, so that every Event is with the operating
    system when `append` returns. An append that fails (a full disk) leaves the file as it was. A
    process killed in the middle of one leaves a cut last record, which TensorBoard's loaders take
    for an Event still being written, and skip; since nobody appends to another process's file,
    nothing ever follows it.

    Where older files of ours hold the same tags at the first step and later, as when a training was
    taken up from a checkpoint, the new file tells TensorBoard to drop these. See `resume`.

    Args:
        folder: Where the file goes. Other event files there are left alone.
        since: Seconds since 1970; files written later have a living writer. Now, by default.
    """

    def __init__(self, folder: str | os.PathLike[str], since: float | None = None) -> None:
        self.folder = Path(folder)
        self._since = time.time() if since is None else since
        self.path: Path | None = None
        self._size = 0

    def append(self, step: int, wall_time: float, values: Iterable[Value]) -> None:
        """Writes `values` as one Event, complete or absent; a graph becomes an Event of its own.

        Args:
            step: The Event's step.
            wall_time: Seconds since 1970.
            values: What to write.

        Raises:
            OSError: If the folder or the file cannot be written.
        """
        values = list(values)
        events = _events(step, wall_time, values)
        if self.path is None:
            older = resume.others(self.folder)
            if resume.repeats(older, step, {value.tag for value in values}, self._since):
                events = resume.restart(step, wall_time) + events
            self._create(resume.newest(older))
        record = b"".join(_record(event.SerializeToString()) for event in events)
        assert self.path is not None
        with open(self.path, "r+b", buffering=0) as file:
            try:
                file.seek(self._size)
                _write_all(file, record)
            except OSError:
                file.truncate(self._size)
                raise
        self._size += len(record)

    def vanished(self) -> bool:
        """Whether the file has been deleted behind our back. If so, the next append starts anew."""
        if self.path is None or self.path.exists():
            return False
        self.path = None
        return True

    def _create(self, newest: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        now = time.time()
        # TensorBoard reads a folder's files in the order of their names, hence a second of its own;
        # also where the clock has been put back, or is another machine's. A fraction would tell
        # W&B's follower, which reads a whole number and the host, that the file is not ours.
        name = (
            f"events.out.tfevents.{max(int(now), newest + 1)}.{socket.gethostname()}"
            f".{os.getpid()}.{next(_counter)}{resume.SUFFIX}"
        )
        path = self.folder / name
        event = event_pb2.Event(wall_time=now, file_version="brain.Event:2")
        record = _record(event.SerializeToString())
        # Ours before it is there: who lists the folder meanwhile must not take it for another's.
        self.path, self._size = path, len(record)
        try:
            with open(path, "xb", buffering=0) as file:
                _write_all(file, record)
        except OSError:
            self.path = None
            path.unlink(missing_ok=True)
            raise


def foreign_writers(folder: str | os.PathLike[str], since: float) -> list[str]:
    """Names the event files in `folder` that were written lately: ours, and somebody else's.

    TensorBoard reads one event file of a folder after the other, so two writers at the same time
    (`keras.callbacks.TensorBoard` given the same log directory) hide each other's data.

    Args:
        folder: The folder to look into; it need not exist.
        since: Seconds since 1970. Files last written before this are finished runs, not writers.

    Returns:
        File names, sorted.
    """
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if "tfevents" not in entry.name or not entry.is_file():
                continue
            if entry.stat().st_mtime >= since:
                found.append(entry.name)
    return sorted(found)


def _events(step: int, wall_time: float, values: list[Value]) -> list[event_pb2.Event]:
    """One Event of all values, before it one for each graph: these have a field of their own."""
    graphs = [value for value in values if value.tag == RUN_GRAPH]
    events = [
        event_pb2.Event(step=step, wall_time=wall_time, graph_def=value.tensor.string_val[0])
        for value in graphs
    ]
    if len(graphs) < len(values) or not values:
        summary = summary_pb2.Summary(value=[v for v in values if v.tag != RUN_GRAPH])
        events.append(event_pb2.Event(step=step, wall_time=wall_time, summary=summary))
    return events


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return b"".join(
        [length, struct.pack("<I", masked(length)), data, struct.pack("<I", masked(data))]
    )


def _write_all(file: io.FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
