"""One event file: records appended whole, or not at all."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import struct
import time
from collections.abc import Iterable

from tensorboard.compat.proto import event_pb2, summary_pb2

from kerasvis2.record import resume
from kerasvis2.record.crc32c import masked
from kerasvis2.record.events import Value
from kerasvis2.record.files import Place, changed, event_files, place
from kerasvis2.record.growing import Growing, begin
from kerasvis2.record.index import RUN_GRAPH

_counter = itertools.count()


class EventFile:
    """Appends Events to a new event file in `folder`, which is made with the first of them.

    Every Event is with the operating system, or the store, when `append` returns. An append that
    fails (a full disk) leaves the file as it was. A process killed in the middle of one leaves a
    cut last record, which TensorBoard's loaders take for an Event still being written, and skip;
    since nobody appends to another process's file, nothing ever follows it.

    Where a tag is written at a step that it had before this training, in an older file of ours or
    in this one before `taken_up`, as when a training goes on from a checkpoint, TensorBoard is told
    to drop what was there. See `resume`.

    Args:
        folder: Where the file goes. Other event files there are left alone.
        since: Seconds since 1970; files written later have a living writer. Now, by default.
        own: Names of the files that this writer has begun in all its folders; kept up.

    Attributes:
        path: the file, or None before the first Event.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | Place,
        since: float | None = None,
        own: set[str] | None = None,
    ) -> None:
        self.folder = place(folder)
        self.path: Place | None = None
        self._since = time.time() if since is None else since
        self._own = set() if own is None else own
        self._file: Growing | None = None
        self._held: dict[str, int] | None = None
        self._written: dict[str, int] = {}

    def taken_up(self) -> None:
        """Another training begins: what was written so far is an earlier one's."""
        if self._held is not None:
            self._held, self._written = _later(self._held, self._written), {}

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
        tags = {value.tag for value in values}
        events = _events(step, wall_time, values)
        if self._held is None:
            self._held = resume.last_steps(event_files(self.folder))
        void = None
        if any(self._held.get(tag, step - 1) >= step for tag in tags):
            void = resume.void(event_files(self.folder), step, tags, self._since, self._own)
        if void is not None:
            events = [*resume.restart(step, wall_time), *events, *void]
        if self._file is None or self._file.full:
            self._begin()
        assert self._file is not None
        self._file.append(b"".join(_record(event.SerializeToString()) for event in events))
        self._written = _later(self._written, dict.fromkeys(tags, step))
        # Whatever they had from here on is void.
        self._held |= {tag: min(self._held[tag], step - 1) for tag in tags & self._held.keys()}

    def vanished(self) -> bool:
        """Whether the file has been deleted behind our back. If so, the next append starts anew."""
        if self._file is None or not self._file.vanished():
            return False
        self._file = self.path = None
        return True

    def _begin(self) -> None:
        now = time.time()
        # TensorBoard reads a folder's files in the order of their names, hence a second of its own;
        # also where the clock has been put back, or is another machine's. A fraction would tell
        # W&B's follower, which reads a whole number and the host, that the file is not ours.
        second = max(int(now), resume.newest(event_files(self.folder)) + 1)
        host = socket.gethostname()
        name = f"events.out.tfevents.{second}.{host}.{os.getpid()}.{next(_counter)}{resume.SUFFIX}"
        # Ours before it is there: who lists the folder meanwhile must not take it for another's.
        self._own.add(name)
        self.path = self.folder / name
        head = event_pb2.Event(wall_time=now, file_version="brain.Event:2")
        try:
            self._file = begin(self.path, _record(head.SerializeToString()))
        except OSError:
            self.path = None
            raise


def _later(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """The later step of each tag."""
    return one | {tag: max(step, one.get(tag, step)) for tag, step in other.items()}


def foreign_writers(folder: str | os.PathLike[str] | Place, since: float) -> list[str]:
    """Names the event files in `folder` that are being written now, by whomever.

    TensorBoard reads one event file of a folder after the other, so two writers at the same time
    (`keras.callbacks.TensorBoard` given the same log directory) hide each other's data.

    Args:
        folder: The folder to look into; it need not exist.
        since: Seconds since 1970. Files last written before this are finished runs, not writers.

    Returns:
        File names, sorted.
    """
    found = []
    for path in event_files(place(folder)):
        with contextlib.suppress(OSError):  # it may be gone by now
            if changed(path) >= since:
                found.append(path.name)
    return found


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
