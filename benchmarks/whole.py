"""The processor time of whole processes that train: with the default views, and without.

What a process computes is told by the system, of all of its threads from its start to its end, so
that nothing is left out: imports, tracing, drawing, writing. The processes take turns.
"""

from __future__ import annotations

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


def rows(mnist: str | None, epochs: int = 20, images: int = 8000, turns: int = 3) -> Iterator[Row]:
    """A training with the default views ÷ without, seconds of the processor."""
    found: dict[str, list[float]] = {kind: [] for kind in ("without", *KINDS)}
    for turn in range(turns):
        for kind in found if turn % 2 else reversed(found):
            found[kind].append(computed(kind, epochs, images, mnist))
    for kind, (views, target) in KINDS.items():
        ratios = [one / other for one, other in zip(found[kind], found["without"])]
        yield Row(
            f"processor time of a process, {epochs} epochs of {images:,} images, CNN, {views}",
            f"{statistics.median(found[kind]):.1f} s",
            f"without {statistics.median(found['without']):.1f} s",
            statistics.median(ratios),
            target,
            (min(ratios), max(ratios)),
        )


def computed(kind: str, epochs: int, images: int, mnist: str | None) -> float:
    """Seconds of the processor that a training in a process of its own takes."""
    before = os.times()
    command = [sys.executable, "-m", "benchmarks.whole", kind, str(epochs), str(images)]
    subprocess.run([*command, *([mnist] if mnist else [])], check=True, capture_output=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


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
