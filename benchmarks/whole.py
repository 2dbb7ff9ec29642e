"""The processor time of whole processes that train: with the default views, and without.

What a process computes is told by the system, of all of its threads from its start to its end, so
that nothing is left out: imports, tracing, drawing, writing. What a core does in a second changes
by more than what is measured here (one training took 182 to 215 s within an hour), so the two that
are compared run at the same time, each on a core of its own, and change cores at every turn.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import Row

KINDS = {
    "views": ("default views", "≤ 1.07"),
    "spaced": ("default views, `pictures=kv.log_spaced(10)`", "≤ 1.04"),
}


def rows(mnist: str | None, epochs: int = 20, images: int = 8000, turns: int = 2) -> Iterator[Row]:
    """A training with the default views ÷ without, seconds of the processor.

    Args:
        turns: an even number, so that each has been on each core as often as the other.
    """
    for kind, (views, target) in KINDS.items():
        found = [pair(kind, epochs, images, mnist, turn % 2 == 1) for turn in range(turns)]
        ratios = [seen / without for seen, without in found]
        # A core that is faster by a factor gives it to one ratio and takes it from the next.
        swapped = [math.sqrt(one * two) for one, two in zip(ratios[::2], ratios[1::2])]
        seen, without = (statistics.median(seconds) for seconds in zip(*found))
        yield Row(
            f"processor time of a process, {epochs} epochs of {images:,} images, CNN, {views}",
            f"{seen:.1f} s",
            f"without {without:.1f} s",
            statistics.median(swapped),
            target,
            (min(swapped), max(swapped)),
        )


def pair(
    kind: str, epochs: int, images: int, mnist: str | None, swapped: bool
) -> tuple[float, float]:
    """Seconds of the processor of a training with and one without, that run side by side."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise RuntimeError("Two trainings are compared side by side: that takes two cores.")
    running = [
        subprocess.Popen(
            [
                *[sys.executable, "-m", "benchmarks.whole", one, str(epochs), str(images)],
                *([mnist] if mnist else []),
            ],
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda core=core: os.sched_setaffinity(0, {core}),
        )
        for one, core in zip((kind, "without"), reversed(cores) if swapped else cores)
    ]
    return tuple(_computed(process) for process in running)  # type: ignore[return-value]


def _computed(process: subprocess.Popen[bytes]) -> float:
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"A training ended with {process.returncode}.")
    return used.ru_utime + used.ru_stime


def main(kind: str, epochs: str, images: str, mnist: str | None = None) -> None:
    """Trains."""
    import keras

    from benchmarks.networks import cnn, digits

    x, y, _ = digits(mnist)
    x, y = x[: int(images)], y[: int(images)]
    keras.utils.set_random_seed(0)
    model = cnn(keras, x.shape[1], x.shape[3])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [] if kind == "without" else [_monitor(kind, x, y, Path(folder, "run"))]
        model.fit(x, y, epochs=int(epochs), verbose=0, callbacks=callbacks)


def _monitor(kind: str, x: Any, y: Any, folder: Path) -> Any:
    import numpy as np

    import kerasvis2 as kv

    rows = [int(np.flatnonzero(y == c)[0]) for c in range(10)] + [*range(6)]
    probe = kv.Probe(x[rows], y[rows], display=(0, 1))
    return kv.Monitor(folder, probe, pictures=kv.log_spaced(10) if kind == "spaced" else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
