"""Reading runs back: tags, steps, curves, and pictures as arrays. TensorFlow is not needed.

Any event files will do, not only those of this package: pictures are the standard data of
TensorBoard's Images tab.
"""

from __future__ import annotations

import functools
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasvis2.record.card import CARD
from kerasvis2.record.decoding import decode
from kerasvis2.record.files import Place, is_folder, near, opened, place, read, walk
from kerasvis2.record.frames import Damaged, peek_file, verified
from kerasvis2.record.index import SCALE_TAG, SCALES, Entry, Folder, Series, index_file
from kerasvis2.record.maps import ANSWERS, ANSWERS_TAG, MAPS, MAPS_TAG, VALUES_TAG, decode_maps
from kerasvis2.record.scales import read_scales
from kerasvis2.record.tags import find_tag

_PARTS = ("train", "validation", "vis")
_CARDS = (CARD, "kerasvis.json")  # the second is that of older runs
_MOST_BYTES = 2**28  # of one Event: larger ones are refused, as reading them takes the memory
_MOST_TEXT = 2**24  # of one text, or of a card
_SCALE = re.compile(r"^scale: (.+?)\s*$", re.MULTILINE)


class Run:
    """One training run on disk.

    Its event files are looked through when first asked for a tag, and not again: read the folder
    anew to see what a training in progress has added. Pictures are read one by one.
    A tag of `vis`, or of the run's own folder, goes by its name; a tag of another folder goes by
    `folder/tag`, such as `validation/epoch_loss`. Wherever a tag is asked for, a glob or an ending
    that fits one tag only will do.

    Args:
        name: What to call it.
        path: Its folder.
        files: Its event files by subfolder ("" for the folder itself), in the order of time.
    """

    def __init__(self, name: str, path: Place, files: dict[str, list[Place]]) -> None:
        self.name = name
        self.path = path
        self.files = files
        self._verified: set[tuple[Place, int]] = set()

    def __repr__(self) -> str:
        return f"<Run {self.name!r} at {str(self.path)!r}>"

    def tags(self, kind: str | None = "images") -> list[str]:
        """The tags of a kind: "images", "scalars", "text" …, or None for all."""
        return sorted(tag for tag, s in self.series.items() if kind in (None, s.kind))

    def steps(self, tag: str) -> list[int]:
        """The steps at which a tag was logged."""
        return sorted(self._find(tag, None).entries)

    def wall_times(self, tag: str) -> list[float]:
        """When they were logged, in seconds since 1970."""
        entries = self._find(tag, None).entries
        return [entries[step].wall_time for step in sorted(entries)]

    def scalars(self, tag: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """A curve: its steps and its values.

        Raises:
            LookupError: If there is no such tag.
        """
        entries = self._find(tag, "scalars").entries
        steps = sorted(entries)
        values = [entries[step].number for step in steps]
        return np.array(steps, np.int64), np.array(values, np.float64)

    def picture(self, tag: str, step: int | None = None) -> NDArray[np.uint8]:
        """The picture logged at a step, the last one by default: uint8 (H, W, 3).

        Raises:
            LookupError: If there is no such tag, or nothing was logged at this step.
            ValueError: If the file is damaged there.
        """
        return decode(self.encoded(tag, step)[0], self._entry(tag, "images", step).path)

    def pictures(self, tag: str) -> dict[int, NDArray[np.uint8]]:
        """All pictures of a tag by step. See `picture`."""
        return {step: self.picture(tag, step) for step in self.steps(tag)}

    def numbers(self, tag: str, step: int | None = None) -> NDArray[np.float32]:
        """An array that was logged for programs to read, at a step or the last one.

        Raises:
            LookupError: If there is no such tag, or nothing was logged at this step.
            ValueError: If the file is damaged there.
        """
        entry = self._entry(tag, "kerasvis_numbers", step)
        tensor = self._value(entry).tensor
        shape = [size.size for size in tensor.tensor_shape.dim]
        try:
            return np.frombuffer(tensor.tensor_content, "<f4").reshape(shape)
        except ValueError as error:
            raise Damaged(f"{entry.path}: numbers that are none: {error}") from error

    def text(self, tag: str, step: int | None = None) -> str:
        """The Markdown logged at a step, or the last one; several pieces of other writers in lines.

        Raises:
            LookupError: If there is no such tag, or nothing was logged at this step.
            ValueError: If the file is damaged there, or the text longer than 16 million bytes.
        """
        entry = self._entry(tag, "text", step)
        start, stop = entry.place
        if stop - start > _MOST_TEXT:
            raise Damaged(f"{entry.path}: a text of {(stop - start) / 1e6:,.0f} MB is refused")
        pieces = self._value(entry).tensor.string_val
        return b"\n".join(pieces).decode("utf-8", "replace")

    def maps(self, tag: str, step: int | None = None) -> NDArray[np.float32]:
        """The maps behind the picture `tag`, as `compute` gives them: (N, h, w) or (N, H, W, C).

        Of the last step by default. Signals, tables, tokens and volumes have their own axes.

        They are exact to half a step of 1/254 of each image's largest value, 1/127 where signed.

        Raises:
            LookupError: If there is no such tag, or nothing was logged at this step.
            ValueError: If the file is damaged there, or holds something else.
        """
        known = {
            name[len(before) :]: name
            for before in (VALUES_TAG, MAPS_TAG)
            for name in self.tags(MAPS)
            if name.startswith(before)
        }
        return decode_maps(self.blob(known[find_tag(tag, known, self.name)], step))[1]

    def blob(self, tag: str, step: int | None) -> bytes:
        """Numbers as they are in the file; see `kerasvis2.record.maps`."""
        entry = self._entry(tag, ANSWERS if tag == ANSWERS_TAG else MAPS, step)
        value = self._value(entry)
        if len(value.tensor.string_val) != 1:
            raise Damaged(f"{entry.path}: no numbers at byte {entry.place[0]}")
        return value.tensor.string_val[0]

    def encoded(self, tag: str, step: int | None) -> list[bytes]:
        """The pictures logged at a step as they are in the file, PNG as a rule. See `picture`.

        There is one, unless another writer logged several at once.
        """
        entry = self._entry(tag, "images", step)
        value = self._value(entry)
        if value.HasField("image"):
            return [value.image.encoded_image_string]
        samples = list(value.tensor.string_val[2:])  # after width and height
        if not samples:
            raise Damaged(f"{entry.path}: no picture at byte {entry.place[0]}")
        return samples

    def description(self, tag: str, step: int) -> str:
        """The Markdown logged with a picture."""
        return self._entry(tag, "images", step).description

    def scale(self, tag: str, step: int) -> str | None:
        """The display scale of a picture, where its writer told it.

        Either by a number `scale/<tag>` of the same moment, as this package does, or by a line
        such as "scale: 0…0.5" in the description.
        """
        picture = self._entry(tag, "images", step)
        told = self.series.get(SCALE_TAG + find_tag(tag, self.tags(), self.name))
        entry = told.entries.get(step) if told and told.kind == SCALES else None
        if entry is not None and entry.wall_time == picture.wall_time:
            return f"{entry.number:g}"
        match = _SCALE.search(picture.description)
        return match[1] if match else None

    @property
    def series(self) -> dict[str, Series]:
        """All tags, indexed on first use."""
        return self._index[0]

    @property
    def damage(self) -> list[str]:
        """What is wrong with the event files, each of which was read up to there."""
        return self._index[1]

    @functools.cached_property
    def about(self) -> dict[str, Any]:
        """What the run's card, `about.json`, says: versions, probe, views; empty without one."""
        for card in (self.path / part / name for name in _CARDS for part in ("vis", "")):
            try:
                content = json.loads(read(card, _MOST_TEXT))
            except (OSError, ValueError, RecursionError):
                continue
            if isinstance(content, dict):
                return content
        return {}

    @functools.cached_property
    def scales(self) -> dict[str, list[tuple[int, float]]]:
        """Each tag's display scales, as (first step, scale) of each change, where they are kept."""
        return read_scales(self.path)

    @functools.cached_property
    def _index(self) -> tuple[dict[str, Series], list[str]]:
        merged: dict[str, Series] = {}
        damage = []
        for part, paths in self.files.items():
            found = Folder()
            damage += [wrong for path in paths if (wrong := index_file(path, found))]
            for tag, series in found.series.items():
                name = tag if part in ("", "vis") else f"{part}/{tag}"
                for entry in series.entries.values():
                    merged.setdefault(name, Series(series.kind)).add(entry)
        return merged, damage

    def _find(self, tag: str, kind: str | None) -> Series:
        tags = self.tags(kind)
        if kind is None and tag not in tags:  # what lies behind a picture goes by its name
            tags = [name for name in tags if self.series[name].kind not in (SCALES, MAPS, ANSWERS)]
        return self.series[find_tag(tag, tags, self.name)]

    def _entry(self, tag: str, kind: str, step: int | None) -> Entry:
        entries = self._find(tag, kind).entries
        step = max(entries) if step is None else step
        if step not in entries:
            nearest = min(entries, key=lambda other: abs(other - step), default=None)
            behind = self.series.get(MAPS_TAG + tag)
            mapped = kind == "images" and behind is not None and step in behind.entries
            raise LookupError(
                f"run {self.name!r} logged no {tag!r} at step {step}; the nearest is {nearest}"
                + (f"; `maps` has its maps at step {step}" if mapped else "")
            )
        return entries[step]

    def _value(self, entry: Entry) -> Any:
        from google.protobuf.message import DecodeError
        from tensorboard.compat.proto import summary_pb2

        try:
            return summary_pb2.Summary.Value.FromString(self._read(entry))
        except DecodeError as error:
            raise Damaged(f"{entry.path}: no value at byte {entry.place[0]}: {error}") from error

    def _read(self, entry: Entry) -> bytes:
        with opened(entry.path) as file:
            peek = peek_file(file)
            start, stop = entry.place
            key = entry.path, entry.record[0]
            if key in self._verified:
                return peek(start, stop - start)
            try:
                if entry.record[1] - entry.record[0] > _MOST_BYTES:
                    raise Damaged("an Event of more than 268 MB is refused")
                record = verified(peek, *entry.record)
            except Damaged as error:
                raise Damaged(f"{entry.path}: {error}") from None
            self._verified.add(key)
            return record[start - entry.record[0] : stop - entry.record[0]]


def runs(root: str | os.PathLike[str]) -> dict[str, Run]:
    """Finds the runs in a folder, at any depth; the folder may itself be one.

    The folders `train`, `validation` and `vis` belong to the run that holds them; any other
    folder with event files is a run of its own, named by its path from `root`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    where = place(root)
    if not is_folder(where):
        raise FileNotFoundError(f"no folder {str(root)!r}{near(where)}")
    found: dict[tuple[str, ...], dict[str, list[Place]]] = {}
    for folder, names in walk(where):
        events = [name for name in names if "tfevents" in name]
        if not events:
            continue
        is_part = bool(folder) and folder[-1] in _PARTS
        run, part = (folder[:-1], folder[-1]) if is_part else (folder, "")
        found.setdefault(run, {})[part] = [_below(where, *folder, name) for name in events]
    alone = where.resolve().name if isinstance(where, Path) else where.name
    named = {("/".join(run) or ("." if len(found) > 1 else alone)): run for run in sorted(found)}
    return {name: Run(name, _below(where, *run), found[run]) for name, run in named.items()}


def _below(folder: Place, *names: str) -> Place:
    for name in names:
        folder = folder / name
    return folder
