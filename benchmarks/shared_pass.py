"""The shared pass against its floor: one compiled forward and backward pass of the same batch."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kerasvis2 as kv
from benchmarks.networks import NETWORKS
from benchmarks.report import Row, compared
from benchmarks.timing import Work, by_turns
from kerasvis2.observe.captions import describe
from kerasvis2.observe.session import Session


def probe_for(model: Any, count: int = 16) -> kv.Probe:
    """Random images: what is timed does not depend on what they show."""
    rng = np.random.default_rng(0)
    images = rng.random((count, *model.input_shape[1:]), "float32")
    return kv.Probe(images, np.arange(count) % 10, display=(0, 1))


def without_ascent() -> list[kv.View]:
    """The default views but the ascent."""
    return [v for v in kv.default_views() if not isinstance(v, kv.ActivationMaximization)]


def forward_backward(model: Any, inputs: Any, labels: Any) -> Callable[[], Any]:
    """Logits of the labels, differentiated with respect to the input; nothing else."""
    linear = keras.models.clone_model(model)
    linear.set_weights(model.get_weights())
    linear.layers[-1].activation = keras.activations.linear
    x, labels = tf.constant(inputs), tf.constant(labels)

    @tf.function
    def run(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = linear(x, training=False)
            total = tf.reduce_sum(tf.gather(logits, labels, batch_dims=1))
        return logits, tape.gradient(total, x)

    concrete = run.get_concrete_function(x)
    return lambda: [tensor.numpy() for tensor in concrete(x)]


def floor(model: Any, probe: kv.Probe) -> Work:
    """The floor of all views that share the pass."""
    return forward_backward(model, probe.inputs, probe.labels)


def looked(
    model: Any, probe: kv.Probe | None, views: list[kv.View], *, drawn: bool = False
) -> Work:
    """Views after their first look: their arrays fetched and, if wanted, drawn."""
    session = Session(model, probe)
    plans = [session.add(view, f"{i}_{view.name}") for i, view in enumerate(views)]

    def work() -> None:
        look = session.look([plan.name for plan in plans])
        for plan in plans:
            arrays = look.arrays(plan.name)
            if drawn:
                plan.view.draw(arrays, describe(look, plan.name, probe))

    return work


def epochs(model: Any, probe: kv.Probe, views: list[kv.View], folder: str) -> tuple[Work, Work]:
    """An epoch's end as the training thread knows it, and the wait for the drawing after it."""
    if getattr(model, "optimizer", None) is None:
        model.compile("adam", "sparse_categorical_crossentropy")
    monitor = kv.Monitor(folder, probe, views)
    monitor.set_model(model)
    monitor.on_train_begin()
    steps = iter(range(10**9))
    return lambda: monitor.on_epoch_end(next(steps), {"loss": 1.0}), monitor.on_train_end


def rows(repeats: int, only: str = "", more: Path | None = None) -> Iterator[Row]:
    """Training-thread time of an epoch's default views without ascent ÷ the floor."""
    targets = {"CNN 32×32": "≤ 1.25"}
    networks = dict(NETWORKS)
    if more is not None:
        networks[more.stem] = lambda keras: keras.models.load_model(more, compile=False)
    for name, make in networks.items():
        if only not in name:
            continue
        model = make(keras)
        probe = probe_for(model)
        with tempfile.TemporaryDirectory() as folder:
            epoch, drained = epochs(model, probe, without_ascent(), folder)
            works = {"ours": epoch, "forward + backward": floor(model, probe)}
            times = by_turns(works, repeats, after={"ours": drained})
        measure = f"epoch on the training thread, default views but ascent, {name}"
        target = targets.get(name, "≤ 1.15")
        yield compared(measure, times, "ours", "forward + backward", target)
