"""The views that say whether a network learns, beside the default views alone."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import keras

import kerasvis2 as kv
from benchmarks.networks import cnn, mobilenet_nested
from benchmarks.report import Row, compared
from benchmarks.shared_pass import epochs, floor, probe_for, without_ascent
from benchmarks.timing import by_turns


def rows(repeats: int, quick: bool = False) -> Iterator[Row]:
    """Training-thread time of an epoch with all of them ÷ the default views; gradients apart."""
    networks = {"CNN 32×32": cnn, "MobileNetV2 nested 96×96": mobilenet_nested}
    for name, make in list(networks.items())[: 1 if quick else 2]:
        model = make(keras)
        probe = probe_for(model)
        sets = {
            "default": without_ascent(),
            "all": [*without_ascent(), *_monitors(gradients=False)],
            "gradients": [*without_ascent(), *_monitors(gradients=True)],
        }
        with tempfile.TemporaryDirectory() as folder:
            works, after = {"pass": floor(model, probe)}, {}
            for key, views in sets.items():
                works[key], after[key] = epochs(model, probe, views, str(Path(folder) / key))
            times = by_turns(works, repeats, after=after)
        what = "the default views alone"
        measure = f"epoch on the training thread, with all views of the training monitor, {name}"
        yield compared(measure, times, "all", "default", "≤ 1.1", what)
        wall = times.wall
        more = [g - a for g, a in zip(wall["gradients"], wall["all"])]
        share = statistics.median(m / p for m, p in zip(more, wall["pass"]))
        middle = statistics.median(more) * 1e3
        measure = f"what gradient norms add to that, {name}"
        yield Row(measure, f"{middle:.1f} ms", "forward + backward", share, "≤ 1")


def _monitors(gradients: bool) -> list[kv.View]:
    return [
        kv.Predictions(),
        kv.LayerHealth(gradients=gradients),
        kv.Drift(),
        kv.ModelGraph(),
        kv.Filmstrip(),
    ]
