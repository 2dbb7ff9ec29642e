"""A one-dimensional network learns to tell heartbeats that come too early; where does it look?

The signals are made here: a pulse in a regular rhythm, noise, a slow drift. In half of them one
beat comes too early, and the probe's `masks` say where.

What to look at: `grad_cam/…` and `integrated_gradients/00_input`, drawn along each signal, light up
where the early beat is. The scalar `grad_cam/energy_on_object/…` is the share of the map on the
stretch around it, of the signals that have one.

    python -m pip install "kerasvis2[demo]"
    python examples/time_series.py
    tensorboard --logdir runs
"""

import argparse

import keras
import numpy as np
from keras import layers

import kerasvis2 as kv

LENGTH, RHYTHM = 256, 32

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--signals", type=int, default=2000)
parser.add_argument("--log-dir", default="runs/time_series")
args = parser.parse_args()
keras.utils.set_random_seed(0)


def heartbeats(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Signals (count, 256, 1), whether a beat comes too early, and where."""
    rng = np.random.default_rng(seed)
    time, labels = np.arange(LENGTH), np.arange(count) % 2
    signals = rng.normal(0, 0.1, (count, LENGTH))
    masks = np.zeros((count, LENGTH), bool)
    for signal, mask, early in zip(signals, masks, labels):
        beats = np.arange(rng.integers(8, RHYTHM), LENGTH, RHYTHM).astype(float)
        if early:
            which = rng.integers(2, len(beats) - 1)
            mask[int(beats[which - 1]) : int(beats[which]) + 4] = True
            beats[which] -= RHYTHM * rng.uniform(0.35, 0.55)
        for beat in beats:
            signal += np.exp(-(((time - beat) / 2) ** 2))
            signal -= 0.3 * np.exp(-(((time - beat - 6) / 4) ** 2))
        signal += 0.2 * np.sin(2 * np.pi * (time / LENGTH * rng.uniform(0.5, 2) + rng.random()))
    return signals[..., None].astype("float32"), labels, masks


x, y, _ = heartbeats(args.signals, seed=0)
x_val, y_val, masks_val = heartbeats(300, seed=1)

model = keras.Sequential(
    [
        keras.Input((LENGTH, 1)),
        layers.Conv1D(16, 7, padding="same", activation="relu", name="conv1"),
        layers.MaxPooling1D(2),
        layers.Conv1D(32, 9, padding="same", activation="relu", name="conv2"),
        layers.MaxPooling1D(2),
        layers.Conv1D(32, 9, padding="same", activation="relu", name="conv3"),
        layers.GlobalMaxPooling1D(),
        layers.Dense(2, activation="softmax", name="rhythm"),
    ]
)
model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])

probe = kv.Probe(
    x_val[:8],
    y_val[:8],
    class_names=["regular", "one too early"],
    feature_names=["pulse"],
    masks=masks_val[:8],
)
views = [kv.Curves(), kv.Predictions(), kv.GradCAM(target=1), kv.IntegratedGradients(target=1)]
model.fit(
    x,
    y,
    validation_data=(x_val, y_val),
    epochs=args.epochs,
    callbacks=[kv.Monitor(args.log_dir, probe, views)],
)
