"""What an event file holds: tags, steps, and where each picture lies."""

from __future__ import annotations

import functools
import os
import struct
from dataclasses import dataclass, field

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2

from kerasvis2.record.files import Place, opened
from kerasvis2.record.frames import (
    Damaged,
    Peek,
    fields,
    peek_bytes,
    peek_file,
    records,
    varint,
    verified,
)

_SMALL = 4096  # records up to this are read whole, and so checked, when indexed
_LONG_TAG = 1 << 16
_LONG = 1 << 20  # what is read whole beside it: metadata, a number, a session's log

RUN_GRAPH = "__run_graph__"
"""What TensorBoard calls a run's graph. In an event file it has a field instead of a tag."""
SCALES = "kerasvis_scale"
"""The kind of data that display scales are, which no stock tab shows."""
SCALE_TAG = "scale/"
"""What comes before an image's tag in the tag of its display scale."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a tag.

    Attributes:
        step: its step.
        wall_time: seconds since 1970.
        description: Markdown, of pictures.
        number: the value, of scalars.
        path: the event file.
        record: (start, stop) of the record's data in it.
        place: (start, stop) of the Summary.Value in it.
    """

    step: int
    wall_time: float
    description: str
    number: float
    path: Place
    record: tuple[int, int]
    place: tuple[int, int]


@dataclass
class Series:
    """All values of a tag: a TensorBoard plugin's name ("images", "scalars"), and by step the
    latest entry."""

    kind: str
    entries: dict[int, Entry] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Keeps the entry unless there is a later one at its step, as there is after a resume."""
        present = self.entries.get(entry.step)
        if present is None or present.wall_time <= entry.wall_time:
            self.entries[entry.step] = entry


@dataclass
class Folder:
    """What the event files of a folder hold.

    Attributes:
        series: by tag.
        started: whether a session is known to have begun there.
    """

    series: dict[str, Series] = field(default_factory=dict)
    started: bool = False

    def start(self, step: int) -> None:
        """A session begins at `step`: unless it is the first, older data from there on are void.

        TensorBoard does the same.
        """
        for series in self.series.values() if self.started else ():
            series.entries = {at: entry for at, entry in series.entries.items() if at < step}
        self.started = True


def index_file(path: Place, found: Folder) -> str | None:
    """Adds all values in an event file to `found`. Files are added in the order of their names.

    Returns:
        None, or what is wrong with the file; it has been read up to there.
    """
    try:
        with opened(path) as file:
            peek = peek_file(file)
            for start, stop in records(peek, file.seek(0, os.SEEK_END)):
                small = stop - start <= _SMALL
                source = peek_bytes(verified(peek, start, stop), start) if small else peek
                for tag, kind, entry in _entries(source, path, start, stop, found):
                    found.series.setdefault(tag, Series(kind)).add(entry)
    except (Damaged, OSError, struct.error) as error:
        return f"{path}: {error}"
    return None


def _entries(
    peek: Peek, path: Place, start: int, stop: int, found: Folder
) -> list[tuple[str, str, Entry]]:
    """Parses an Event: (tag, kind, entry) of each value."""
    step, wall_time = 0, 0.0
    summary = graph = None
    for number, begin, end in fields(peek, start, stop):
        if number == 1:
            wall_time = struct.unpack("<d", peek(begin, 8))[0]
        elif number == 2:
            step = varint(peek(begin, end - begin))
        elif number == 4:
            graph = begin, end
        elif number == 5:
            summary = begin, end
        elif number == 7:
            log = _parse(event_pb2.SessionLog, _short(peek, begin, end))
            if log.status == event_pb2.SessionLog.START:
                found.start(step)
    if graph is not None:
        entry = Entry(step, wall_time, "", np.nan, path, (start, stop), graph)
        return [(RUN_GRAPH, "graphs", entry)]
    if summary is None:
        return []
    entries = []
    for number, begin, end in fields(peek, *summary):
        if number == 1:
            tag, kind, description, scalar = _value(peek, begin, end, found)
            place = (begin, end)
            entry = Entry(step, wall_time, description, scalar, path, (start, stop), place)
            entries.append((tag, kind, entry))
    return entries


def _value(peek: Peek, start: int, stop: int, found: Folder) -> tuple[str, str, str, float]:
    """Parses a Summary.Value: its tag, kind, description and, of a scalar, number."""
    tag, kind, description, number = "", "", "", np.nan
    tensor = None
    for index, begin, end in fields(peek, start, stop):
        if index == 1:
            tag = peek(begin, min(end - begin, _LONG_TAG)).decode("utf-8", "replace")
        elif index == 2:
            kind, number = "scalars", struct.unpack("<f", peek(begin, 4))[0]
        elif index == 4:
            kind = "images"
        elif index == 5:
            kind = "histograms"
        elif index == 6:
            kind = "audio"
        elif index == 8:
            tensor = begin, end
        elif index == 9:
            plugin, description = _metadata(_short(peek, begin, end))
            kind = kind or plugin
    if not kind:
        # Writers may give the metadata with a tag's first value only.
        kind = found.series[tag].kind if tag in found.series else "tensors"
    if kind in ("scalars", SCALES) and tensor is not None:
        number = _number(_short(peek, *tensor))
    return tag, kind, description, number


@functools.lru_cache(maxsize=4096)
def _metadata(data: bytes) -> tuple[str, str]:
    metadata = _parse(summary_pb2.SummaryMetadata, data)
    return metadata.plugin_data.plugin_name, metadata.summary_description


def _short(peek: Peek, start: int, stop: int) -> bytes:
    """Reads what cannot be long: a length may lie."""
    if stop - start > _LONG:
        raise Damaged(
            f"{(stop - start) / 1e6:,.0f} MB at byte {start}, where there is little to say"
        )
    return peek(start, stop - start)


def _number(data: bytes) -> float:
    tensor = _parse(tensor_pb2.TensorProto, data)
    if len(tensor.float_val) == 1:
        return tensor.float_val[0]
    # Loaded late: the pictures' readers do without it.
    from tensorboard.util import tensor_util

    try:
        return float(tensor_util.make_ndarray(tensor).item())
    except (ValueError, TypeError) as error:
        raise Damaged(f"a scalar that holds no number: {error}") from error


def _parse(message, data: bytes):  # type: ignore[no-untyped-def]
    from google.protobuf.message import DecodeError

    try:
        return message.FromString(data)
    except DecodeError as error:
        raise Damaged(f"no {message.__name__}: {error}") from error
