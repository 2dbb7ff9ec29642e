"""The same rows on PyTorch and JAX: `KERAS_BACKEND=jax python -m benchmarks --only pass`."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

import kerasvis2 as kv
from benchmarks import floors
from benchmarks.networks import NETWORKS, cnn
from benchmarks.report import Row, compared
from benchmarks.timing import Times, Work, by_turns
from kerasvis2.attribution.perturb import masks_at_once
from kerasvis2.attribution.random_masks import RandomMasks
from kerasvis2.attribution.windows import windows_of
from kerasvis2.observe.backend import backend
from kerasvis2.synthesis import objectives
from kerasvis2.synthesis.ascent import ascend, begin
from kerasvis2.synthesis.canvas import measure
from kerasvis2.synthesis.presets import Settings

NAMES = {"torch": "PyTorch", "jax": "JAX"}


def probe_for(model: Any, count: int = 16) -> kv.Probe:
    """Random images: what is timed does not depend on what they show."""
    images = np.random.default_rng(0).random((count, *model.input_shape[1:]), "float32")
    return kv.Probe(images, np.arange(count) % 10, display=(0, 1))


def pass_rows(repeats: int, only: str = "") -> Iterator[Row]:
    """An epoch's default views without ascent ÷ the floor; the first look ÷ the floor's first."""
    for name, make in NETWORKS.items():
        if only in name:
            yield from _pass_rows(repeats, name, make(keras))


def _pass_rows(repeats: int, name: str, model: Any) -> Iterator[Row]:
    where = NAMES[keras.backend.backend()]
    probe = probe_for(model)
    model.compile("adam", "sparse_categorical_crossentropy")
    views = [v for v in kv.default_views() if not isinstance(v, kv.ActivationMaximization)]
    floor = floors.forward_backward(model, probe.inputs, probe.labels)
    with tempfile.TemporaryDirectory() as folder:
        monitor = kv.Monitor(Path(folder), probe, views)
        monitor.set_model(model)
        steps = iter(range(10**9))

        def epoch() -> None:
            monitor.on_epoch_end(next(steps), {"loss": 1.0})
            _wait()

        def first() -> None:
            monitor.on_train_begin()
            epoch()

        once = Times({"ours": [_wall(first)], "floor": [_wall(floor)]}, {"ours": [], "floor": []})
        works = {"ours": epoch, "floor": floor}
        times = by_turns(works, repeats, after={"ours": monitor.on_train_end})
    until = ", until computed" if keras.backend.backend() == "jax" else " on the training thread"
    words = f"epoch{until}, default views but ascent, {name}, {where}"
    target = "≤ 1.25" if name == "CNN 32×32" else "≤ 1.15"
    yield compared(words, times, "ours", "floor", target, "forward + backward")
    if not backend().eager:
        words = f"first look, tracing and compiling and all, {name}, {where}"
        yield compared(words, once, "ours", "floor", "≤ 2", "the floor's first pass", here=False)


def _wait() -> None:
    """Until all is computed that JAX was asked for: it goes on beside the training thread."""
    if keras.backend.backend() == "jax":
        import jax

        jax.block_until_ready(jax.live_arrays())


def _wall(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ascent_rows(repeats: int, steps: int = 40, units: int = 10, views: int = 8) -> Iterator[Row]:
    """A step of the ascent ÷ a forward and backward pass of as many images in the same loop."""
    where = NAMES[keras.backend.backend()]
    model = floors.linear(cnn(keras))
    canvas = measure(np.random.default_rng(0).random((4, *model.input_shape[1:])))
    settings = replace(Settings(), views=views)
    chosen = np.eye(units, model.output_shape[-1], dtype=np.float32)

    def score(images: Any) -> Any:
        return objectives.direction(model(images, training=False), chosen)

    def climbed(state: Any, start: Any) -> Any:
        given: dict[str, Any] = {"canvas": canvas, "settings": settings, "steps": steps, "seed": 0}
        with keras.StatelessScope(state_mapping=list(state)):
            return ascend(backend().differentiate, score, start, **given)["score"]

    start = keras.ops.convert_to_tensor(begin(canvas, settings, units, 0))
    run = backend().compile(climbed, model.variables, [start])
    images = np.random.default_rng(0).random((units * views, *model.input_shape[1:]), "float32")
    works = {
        "ours": lambda: keras.ops.convert_to_numpy(run(start)),
        "floor": floors.climbing(score, images, steps, model),
    }
    words = f"ascent, pixels, no transforms: {steps} steps of {units * views} images, CNN, {where}"
    times = by_turns(works, repeats)
    yield compared(words, times, "ours", "floor", "≤ 1.15", "forward + backward")


def perturbation_rows(repeats: int, masks: int = 400) -> Iterator[Row]:
    """Occlusion and RISE ÷ as many forward passes in full batches, of the same pictures."""
    model = cnn(keras)
    probe = probe_for(model)
    size = (32, 32)
    for name, view, count, covered in (
        ("occlusion", kv.Occlusion(patch=4, stride=4), 64, windows_of(size, 4, 4).masks),
        (
            *(f"RISE of {masks} masks", kv.RISE(masks=masks), masks),
            RandomMasks(masks, 7, 0.5, size, 0).draw(),
        ),
    ):
        at_once = masks_at_once(probe.size, size[0] * size[1], count)
        images = shown(probe.inputs, covered, at_once)
        works = {
            "ours": partial(kv.Session(model, probe).compute, view),
            "floor": floors.forwards(model, images, -(-count // at_once)),
        }
        what = f"{probe.size * count} forwards in batches of {len(images)}"
        words = f"{name}, 16 images, CNN 32×32, {NAMES[keras.backend.backend()]}"
        yield compared(words, by_turns(works, repeats), "ours", "floor", "≤ 1.1", what)


def shown(images: np.ndarray, masks: Callable[[Any], Any], at_once: int) -> np.ndarray:
    """The pictures under the first masks: pooling takes half as long again where much is equal."""
    kept = keras.ops.convert_to_numpy(masks(keras.ops.arange(at_once, dtype="int32")))[..., None]
    return (kept * images[:, None]).reshape(-1, *images.shape[1:])


SECTIONS: dict[str, Callable[[argparse.Namespace], Iterable[Row]]] = {
    "pass": lambda args: pass_rows(args.repeats, "CNN" if args.quick else ""),
    "ascent": lambda args: ascent_rows(args.repeats, 4 if args.quick else 40),
    "perturbation": lambda args: perturbation_rows(args.repeats, 40 if args.quick else 400),
}
