"""What a monitored training takes, drawing and writing and all."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kerasvis2 as kv
from benchmarks.networks import cnn, digits
from benchmarks.report import Row, compared
from benchmarks.shared_pass import without_ascent
from benchmarks.timing import Work, by_turns

EPOCHS = 20


def rows(path: str | None, epochs: int = EPOCHS, images: int = 8000) -> Iterator[Row]:
    """Wall time of trainings with the default views ÷ without, epoch by epoch in turns.

    By turns, as the machine's speed changes by more than the views cost within a training. Each
    epoch ends when its pictures are on disk: in life they are drawn while the next one trains.
    """
    x, y, what = digits(path)
    x, y = x[:images], y[:images]
    with tempfile.TemporaryDirectory() as folder:
        works = {
            "without": _training(x, y, []),
            "views": _training(x, y, [_monitor(x, y, folder, without_ascent())]),
            "ascent": _training(x, y, [_monitor(x, y, folder, kv.default_views())]),
        }
        times = by_turns(works, epochs, warmup=1, most_seconds=600)
    named = {
        "views": ("default views but ascent", "≤ 1.05"),
        "ascent": ("default views, ascent of all 10 classes warm", "≤ 1.1"),
    }
    for name, (views, target) in named.items():
        measure = f"each of {epochs} epochs of {images:,} {what}, CNN, {views}"
        yield compared(measure, times, name, "without", target, "without monitor")


def _monitor(x: Any, y: Any, folder: str, views: list[kv.View]) -> kv.Monitor:
    place = Path(folder) / str(len(views))
    # All ten classes are among them: the ascent takes the classes of the probe.
    rows = [int(np.flatnonzero(y == c)[0]) for c in range(10)] + [*range(6)]
    return kv.Monitor(place, kv.Probe(x[rows], y[rows], display=(0, 1)), views)


def _training(x: Any, y: Any, callbacks: list[Any]) -> Work:
    model = cnn(keras, x.shape[1], x.shape[3])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(32)
    # Tuning itself, a dataset ends only when its next step of that is due, 5 or 10 s after its
    # start, and `fit` with it: all that takes less would look alike.
    options = tf.data.Options()
    options.autotune.enabled = False
    batches = batches.with_options(options)
    epochs = itertools.count()

    def fit() -> None:
        epoch = next(epochs)
        model.fit(
            batches,
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=callbacks,
            verbose=0,
        )

    return fit


def keras_rows(repeats: int, count: int = 1000) -> Iterator[Row]:
    """Keras's own TensorBoard with histograms and images ÷ our curves, filters and histograms.

    What training waits for at the end of an epoch, and the same with our drawing on its thread,
    until everything is on disk. Keras's callback draws while training waits.
    """
    x, y, _ = digits(None)
    model = cnn(keras, x.shape[1], x.shape[3])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[:count], y[:count], verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        views = [kv.Curves(), kv.Filters(), kv.ModelGraph()]
        ours = kv.Monitor(Path(folder) / "ours", kv.Probe(x[:1], y[:1], display=(0, 1)), views)
        theirs = keras.callbacks.TensorBoard(
            str(Path(folder) / "keras"), histogram_freq=1, write_images=True, write_graph=False
        )
        end, keras_end = _ended(model, ours), _ended(model, theirs)

        def drain() -> None:
            ours.on_train_end({})

        def end_and_drain() -> None:
            end()
            drain()

        waits = by_turns({"ours": end, "Keras": keras_end}, repeats, after={"ours": drain})
        whole = by_turns({"ours": end_and_drain, "Keras": keras_end}, repeats)
        theirs.on_train_end({})
    what = "`TensorBoard(histogram_freq=1, write_images=True)`"
    for times, words in ((waits, "training waits"), (whole, "until it is on disk")):
        measure = f"epoch's end, {words}: curves, filters, histograms of weights, CNN"
        yield compared(measure, times, "ours", "Keras", "≥ 2", what)


def _ended(model: Any, callback: Any) -> Callable[[], None]:
    callback.set_model(model)
    callback.on_train_begin({})
    steps = itertools.count()
    return lambda: callback.on_epoch_end(next(steps), {"loss": 1.0, "accuracy": 0.5})
