"""Small trainings in processes of their own, to be killed, starved and taken up again."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent

PRELUDE = """
import os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import warnings
import numpy as np
import keras
import kerasvis2 as kv

warnings.simplefilter("always")
warnings.simplefilter("ignore", DeprecationWarning)  # of Keras itself, at each array on PyTorch
warnings.showwarning = lambda message, *rest, **more: tell(f"warning: {message}")

def tell(line):
    "In one piece, as several threads do."
    print(line + "\\n", end="", flush=True)

rng = np.random.default_rng(0)
x = rng.normal(size=(32, 8, 8, 1)).astype("float32")
y = rng.integers(0, 3, 32)
probe = kv.Probe(x[:4], y[:4], class_names=["a", "b", "c"], display=(-4, 4))

def small_model(name="conv"):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(4, 3, activation="relu", name=name),
        keras.layers.GlobalAveragePooling2D(name="gap"),
        keras.layers.Dense(3, activation="softmax", name="scores"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

def views():
    return [kv.Curves(), kv.Saliency(), kv.GradCAM(layers="conv", freq=2)]

class Tell(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        tell(f"epoch {epoch}")

def fit(log_dir, epochs, initial_epoch=0, more=(), **options):
    monitor = kv.Monitor(log_dir, probe, views(), **options)
    train(epochs, [monitor, *more, Tell()], initial_epoch)
    return monitor

def train(epochs, callbacks, initial_epoch=0, model=None):
    model = model or small_model()
    fitted = model.fit(
        x, y, epochs=epochs, initial_epoch=initial_epoch, verbose=0, validation_split=0.25,
        callbacks=callbacks,
    )
    return fitted.history, [value.tobytes() for value in model.get_weights()]
"""


def start(script, *arguments):
    """Starts a process with the prelude and `script`; what it prints is read as it goes."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(TESTS)]),
        "PYTHONUNBUFFERED": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


def run(script, *arguments, timeout=120):
    """Runs it to its end: its lines, its stderr and its exit status."""
    process = start(script, *arguments)
    out, err = process.communicate(timeout=timeout)
    return out.splitlines(), err, process.returncode


def wait_for(process, line):
    """Reads until a line comes, and returns all that came before."""
    before = []
    for each in process.stdout:
        each = each.rstrip("\n")
        if each == line:
            return before
        before.append(each)
    raise AssertionError(f"no {line!r}: {before}\n{process.stderr.read()}")


def cards(folder):
    """What `kerasvis2 list` says of a folder, and its exit status."""
    script = "import sys; from kerasvis2.cli import main; sys.exit(main(['list', sys.argv[1]]))"
    result = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    return result.stdout, result.stderr, result.returncode


def parsed(lines):
    """The JSON among the lines."""
    return [json.loads(line) for line in lines if line.startswith(("{", "["))]
