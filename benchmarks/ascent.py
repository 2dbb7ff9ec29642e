"""The ascent and the views that look many times, against the same number of bare passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kerasvis2 as kv
from benchmarks.networks import cnn
from benchmarks.report import Row, compared
from benchmarks.shared_pass import forward_backward, looked, probe_for
from benchmarks.timing import by_turns
from kerasvis2.attribution.perturb import masks_at_once
from kerasvis2.synthesis.presets import preset

STEPS = 40


def ascent_row(repeats: int) -> Row:
    """A step of the ascent ÷ a compiled forward and backward pass of as many images.

    All that an ascent does counts: its start, its checks of the pictures, its last scores.
    """
    model = cnn(keras)
    probe = probe_for(model)
    units, views = 10, preset("good", (32, 32, 3)).views
    images = np.random.default_rng(0).random((units * views, 32, 32, 3), "float32")
    once = forward_backward(model, images, np.arange(units * views) % 10)

    def floor() -> None:
        for _ in range(STEPS):
            once()

    view = kv.ActivationMaximization(steps=STEPS, warm_start=False)
    times = by_turns({"ours": looked(model, probe, [view]), "floor": floor}, repeats)
    measure = f"ascent of {units} classes, {STEPS} steps of {units * views} images, CNN 32×32"
    return compared(measure, times, "ours", "floor", "≤ 1.15", "forward + backward")


def perturbation_rows(repeats: int, masks: int = 400) -> Iterator[Row]:
    """Occlusion and RISE ÷ as many forward passes in full batches."""
    model = cnn(keras)
    probe = probe_for(model)
    for name, view, count in (
        ("occlusion", kv.Occlusion(patch=4, stride=4), 64),
        (f"RISE of {masks} masks", kv.RISE(masks=masks), masks),
    ):
        at_once = masks_at_once(probe.size, 32 * 32, count)
        floor = _forwards(model, probe.size * at_once, -(-count // at_once))
        works = {"ours": looked(model, probe, [view]), "floor": floor}
        times = by_turns(works, repeats)
        measure = f"{name}, 16 images, CNN 32×32"
        what = f"{probe.size * count} forwards in batches of {probe.size * at_once}"
        yield compared(measure, times, "ours", "floor", "≤ 1.1", what)


def _forwards(model: Any, batch: int, times: int) -> Callable[[], None]:
    images = tf.random.uniform((batch, *model.input_shape[1:]))

    @tf.function
    def forward(x: Any) -> Any:
        return model(x, training=False)

    concrete = forward.get_concrete_function(images)

    def run() -> None:
        for _ in range(times):
            concrete(images).numpy()

    return run
