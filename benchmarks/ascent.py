"""The ascent and the views that look many times, against the same number of bare passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kerasvis2 as kv
from benchmarks.networks import cnn, resnet
from benchmarks.report import Row, compared
from benchmarks.shared_pass import probe_for
from benchmarks.timing import Work, by_turns
from kerasvis2.attribution.perturb import masks_at_once
from kerasvis2.observe.backend import backend
from kerasvis2.synthesis import objectives, transforms
from kerasvis2.synthesis.ascent import ascend, begin
from kerasvis2.synthesis.canvas import measure
from kerasvis2.synthesis.presets import Settings, preset

STEPS = 40
UNITS = 10
ALL = (
    transforms.warp(
        transforms.jitter(0.1),
        transforms.scale(0.6, 1.3),
        transforms.rotate(15),
        transforms.shear(0.1),
        transforms.crop(0.8, 1.0),
    ),
    transforms.noise(0.05),
)


def ascent_rows(repeats: int, quick: bool = False) -> Iterator[Row]:
    """A step of the ascent ÷ a forward and backward pass of as many images in the same loop.

    All that an ascent does counts: its start, its checks of the pictures, its last scores.
    """
    small, large = ("CNN 32×32", cnn, UNITS), ("ResNet50V2 224×224", resnet, 4)
    plain, moved = Settings(), Settings(transforms=ALL)
    yield _step_row(repeats, *small, 8, plain, "pixels, no transforms", "≤ 1.15")
    if quick:
        return
    good, shape = preset("good", (32, 32, 3)), "as quality good"
    yield _step_row(repeats, *small, good.views, good, shape, "")
    yield _step_row(repeats, *large, 1, plain, "pixels, no transforms", "≤ 1.15")
    yield _step_row(repeats, *large, 1, moved, "pixels, all transforms", "≤ 1.4")


def _step_row(
    repeats: int,
    network: str,
    make: Callable[..., Any],
    units: int,
    views: int,
    settings: Settings,
    words: str,
    target: str,
) -> Row:
    model = make(keras)
    steps = STEPS if model.input_shape[1] < 100 else STEPS // 2
    climbed = climb(model, units, replace(settings, views=views), steps)
    times = by_turns({"ours": climbed, "floor": bare(model, units, views, steps)}, repeats)
    measure = f"ascent, {words}: {steps} steps of {units * views} images, {network}"
    return compared(measure, times, "ours", "floor", target, "forward + backward")


def bare(model: Any, units: int, views: int, steps: int) -> Work:
    """The forward and backward passes of an ascent and nothing else, in one loop as well."""
    score = _score(model, units)

    @tf.function(autograph=False)
    def passes(images: Any) -> Any:
        def step(i: Any, images: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(images)
                total = tf.reduce_sum(score(images))
            # Of the images that come next, so that no turn can be left out.
            return i + 1, images + 1e-9 * tape.gradient(total, images)

        return tf.while_loop(lambda i, _: i < steps, step, (0, images))[1]

    images = tf.random.uniform((units * views, *model.input_shape[1:]))
    return lambda: passes(images).numpy()


def climb(model: Any, units: int, settings: Settings, steps: int) -> Work:
    """An ascent of the model's first outputs, before their softmax."""
    canvas = measure(np.random.default_rng(0).random((4, *model.input_shape[1:])))
    score = _score(model, units)

    @tf.function(autograph=False)
    def climbed(start: Any) -> Any:
        given = {"canvas": canvas, "settings": settings, "steps": steps, "seed": 0}
        return ascend(backend().differentiate, score, start, **given)["score"]

    start = tf.constant(begin(canvas, settings, units, 0))
    return lambda: climbed(start).numpy()


def _score(model: Any, units: int) -> Callable[[Any], Any]:
    model.layers[-1].activation = keras.activations.linear
    chosen = np.eye(units, model.output_shape[-1], dtype=np.float32)
    return lambda images: objectives.direction(model(images, training=False), chosen)


def perturbation_rows(repeats: int, masks: int = 400) -> Iterator[Row]:
    """Occlusion and RISE ÷ as many forward passes in full batches."""
    model = cnn(keras)
    probe = probe_for(model)
    for name, view, count in (
        ("occlusion", kv.Occlusion(patch=4, stride=4), 64),
        (f"RISE of {masks} masks", kv.RISE(masks=masks), masks),
    ):
        at_once = masks_at_once(probe.size, 32 * 32, count)
        floor = forwards(model, probe.size * at_once, -(-count // at_once))
        works = {"ours": partial(kv.Session(model, probe).compute, view), "floor": floor}
        times = by_turns(works, repeats)
        measure = f"{name}, 16 images, CNN 32×32"
        what = f"{probe.size * count} forwards in batches of {probe.size * at_once}"
        yield compared(measure, times, "ours", "floor", "≤ 1.1", what)


def forwards(model: Any, batch: int, times: int) -> Work:
    """So many forward passes of a batch, one after the other."""
    images = tf.random.uniform((batch, *model.input_shape[1:]))

    @tf.function
    def forward(x: Any) -> Any:
        return model(x, training=False)

    concrete = forward.get_concrete_function(images)

    def run() -> None:
        for _ in range(times):
            concrete(images).numpy()

    return run
