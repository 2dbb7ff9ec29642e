"""A long training of a small model with every view: what it holds, and how long an epoch takes.

    python tests/reliability/long_training.py EPOCHS LOG_DIR [EVERY]

Every view looks at every epoch; pictures are drawn at one epoch in EVERY (1). Prints ten lines of
JSON: the epoch, seconds of the processor and of the clock an epoch since the last line, megabytes
resident, files, threads and objects held.
Runs on the backend that KERAS_BACKEND names.
"""

import gc
import json
import os
import sys
import threading
import time

import keras
import numpy as np
from keras import layers

import kerasvis2 as kv

FAST = {
    "SmoothGrad": {"samples": 2},
    "VarGrad": {"samples": 2},
    "IntegratedGradients": {"points": 2},
    "RISE": {"masks": 4, "grid": 3},
    "LIME": {"samples": 4},
    "ScoreCAM": {"channels": 2},
    "Occlusion": {"patch": 4, "stride": 4},
    "ActivationMaximization": {"steps": 2, "units": [0]},
    "LayerHealth": {"gradients": True},
}


def every_view():
    """All views that a picture classifier has."""
    names = [name for name in kv.__all__ if isinstance(getattr(kv, name), type)]
    kinds = [getattr(kv, name) for name in names if name not in ("View", "Attention")]
    kinds = [each for each in kinds if issubclass(each, kv.View) and "Rollout" not in each.__name__]
    return [kind(**FAST.get(kind.__name__, {})) for kind in kinds]


class Watch(keras.callbacks.Callback):
    """Tells what the process holds, ten times, with all that waited written."""

    def __init__(self, monitor, epochs, tell):
        super().__init__()
        self.monitor, self.every, self.tell = monitor, max(epochs // 10, 1), tell
        self.since = self.now()

    def now(self):
        """All threads' time on the processor, which others leave as it is, and the clock's."""
        return np.array([time.process_time(), time.perf_counter()])

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        self.monitor._recorder.wait(60)
        processor, seconds = ((self.now() - self.since) / self.every).tolist()
        gc.collect()
        with open("/proc/self/statm") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        self.tell(
            {
                "epoch": epoch + 1,
                "processor": round(processor, 4),
                "seconds": round(seconds, 4),
                "megabytes": round(resident / 1e6, 1),
                "files": len(os.listdir("/proc/self/fd")),
                "threads": threading.active_count(),
                "objects": len(gc.get_objects()),
            }
        )
        self.since = self.now()


def train(epochs, log_dir, tell, every=1):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x, y = rng.random((16, 5, 5, 1), "float32"), np.arange(16) % 3
    model = keras.Sequential(
        [
            keras.Input((5, 5, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(3, activation="softmax", name="scores"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    probe = kv.Probe(x[:4], y[:4], display=(0, 1))
    monitor = kv.Monitor(log_dir, probe, every_view(), pictures=every)
    watch = Watch(monitor, epochs, tell)
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=[monitor, watch])


if __name__ == "__main__":
    train(
        int(sys.argv[1]),
        sys.argv[2],
        lambda held: os.write(1, json.dumps(held).encode() + b"\n"),
        *map(int, sys.argv[3:]),
    )
