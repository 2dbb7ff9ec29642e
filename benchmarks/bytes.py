"""`python -m benchmarks.bytes`: what a step takes on disk, by tag, and in TensorBoard's memory.

The default views look at 16 crops of photographs through ResNet50, untrained, or through a model of
your own. Memory is that of all of TensorBoard's processes, for each further step of a run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import kerasvis2 as kv
from benchmarks.board import LOADERS, Board
from kerasvis2.record import events
from kerasvis2.record.maps import ANSWERS_TAG, MAPS_TAG, PROBE_TAG
from kerasvis2.record.writer import EventFile

IMAGES, EPOCHS, DRAWN = 16, 100, 10
FEW, MANY, KEPT = 20, 120, 500  # steps


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bytes", description=__doc__)
    parser.add_argument("--model", type=Path, help="a .keras file instead of ResNet50")
    parser.add_argument("--memory", action="store_true", help="TensorBoard's memory too")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = watched(Path(folder, "run"), args.model)
        print("\n".join(by_tag(run)), flush=True)
        if args.memory:
            print("\n" + "\n".join(in_memory(run, Path(folder))), flush=True)


def watched(folder: Path, path: Path | None) -> kv.Run:
    """A run of one epoch."""
    model = keras.saving.load_model(path) if path else keras.applications.ResNet50(weights=None)
    size = model.input_shape[1:3]
    x = photographs(size)
    classes = model.output_shape[-1]
    probe = kv.Probe(x, np.arange(IMAGES) % classes, display=(0, 1))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy())
    monitor = kv.Monitor(folder, probe)
    model.fit(x[:2], np.arange(2), epochs=1, verbose=0, callbacks=[monitor])
    return next(iter(kv.read(folder).values()))


def photographs(size: tuple[int, int]) -> np.ndarray:
    """(16, H, W, 3) in [0, 1]: four crops each of four photographs."""
    from skimage import data, transform

    found = []
    for photograph in (data.astronaut(), data.chelsea(), data.coffee(), data.rocket()):
        side = min(photograph.shape[:2]) * 3 // 4
        for top in (0, photograph.shape[0] - side):
            for left in (0, photograph.shape[1] - side):
                crop = photograph[top : top + side, left : left + side]
                found.append(transform.resize(crop, size, anti_aliasing=True))
    return np.asarray(found, np.float32)


def by_tag(run: kv.Run) -> Iterator[str]:
    """A line a tag, and what an epoch takes altogether."""
    pictures = {tag: len(run.encoded(tag, 0)[0]) for tag in run.tags()}
    blobs = {tag: len(run.blob(tag, 0)) for tag in run.tags("kerasvis_maps")}
    maps = {tag[len(MAPS_TAG) :]: size for tag, size in blobs.items() if tag.startswith(MAPS_TAG)}
    yield "| tag | picture | maps | |"
    yield "|---|---|---|---|"
    for tag in dict.fromkeys([*pictures, *maps]):
        sizes = pictures.get(tag), maps.get(tag)
        times = "" if None in sizes else f"1/{sizes[0] / sizes[1]:.0f}"  # type: ignore[operator]
        yield f"| `{tag}` | {_size(sizes[0])} | {_size(sizes[1])} | {times} |"
    due = sum(map(kv.log_spaced(DRAWN), range(EPOCHS)))
    all_pictures, all_maps = sum(pictures.values()), sum(maps.values())
    answers = len(run.blob(ANSWERS_TAG, 0))
    yield f"| all, an epoch | {_size(all_pictures)} | {_size(all_maps + answers)} | |"
    few = all_pictures * due / EPOCHS
    words = f"`pictures=kv.log_spaced({DRAWN})`, {due} of {EPOCHS} epochs drawn"
    yield f"| all, an epoch, {words} | {_size(few)} | {_size(all_maps + answers)} | |"
    yield f"| the probe, once | | {_size(blobs.get(PROBE_TAG))} | |"


def in_memory(run: kv.Run, folder: Path) -> Iterator[str]:
    """What each further step of a run costs, and so many of them as are kept by default."""
    yield f"| of a run are kept | loader | a step on disk | a step in memory | {KEPT} steps |"
    yield "|---|---|---|---|---|"
    for what, pictures in (("pictures and maps", True), ("maps", False)):
        values = _values(run, pictures)
        size = sum(value.ByteSize() for value in values)
        for loader, fast in LOADERS.items():
            taken = []
            for steps in (FEW, MANY):
                logs = folder / f"{what} {steps}"
                if not logs.exists():
                    _repeat(logs / "run" / "vis", values, steps)
                taken.append(_memory(logs, fast, steps))
            step = (taken[1] - taken[0]) / (MANY - FEW)
            cells = what, loader, _size(size), _size(step), f"{step * KEPT / 1e6:.0f} MB"
            yield f"| {' | '.join(cells)} |"


def _values(run: kv.Run, pictures: bool) -> list[events.Value]:
    values = [events.blob(tag, run.blob(tag, 0)) for tag in run.tags("kerasvis_maps")]
    values.append(events.answers(ANSWERS_TAG, run.blob(ANSWERS_TAG, 0)))
    if pictures:
        values += [events.image(tag, run.picture(tag, 0)) for tag in run.tags()]
    return [value for value in values if value.tag != PROBE_TAG]


def _repeat(folder: Path, values: Sequence[Any], steps: int) -> None:
    file = EventFile(folder)
    for step in range(steps):
        file.append(step, 1e9 + step, list(values))


def _memory(logs: Path, fast: str, steps: int) -> float:
    """Bytes of TensorBoard and of all that it started, once it has read everything."""
    tag = next(iter(kv.read(logs).values())).tags("kerasvis_maps")[0]
    with Board(str(logs), fast, steps, f"maps?tag={tag[len(MAPS_TAG) :]}") as _:
        time.sleep(5)  # until the reader's own buffers are gone
        listed = subprocess.run(["ps", "-eo", "pid,ppid,rss"], capture_output=True, text=True)
        rows = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()[1:]]
        ours = {os.getpid()}
        ours |= {pid for pid, parent, _ in rows if parent in ours}
        ours |= {pid for pid, parent, _ in rows if parent in ours}
        ours.discard(os.getpid())
        return 1024.0 * sum(size for pid, _, size in rows if pid in ours)


def _size(count: float | None) -> str:
    if count is None:
        return ""
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


if __name__ == "__main__":
    sys.exit(main())
