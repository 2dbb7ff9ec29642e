"""Starting `distributed.py`, in one process or in two, and reading what they left."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

import kerasvis2 as kv

HERE = Path(__file__).resolve().parent


def run(how, log_dir, who, processes):
    """What each process left."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"PYTHONPATH": str(HERE.parents[1]), "PYTHONUNBUFFERED": "1"}
    started = [
        subprocess.Popen(
            [
                sys.executable,
                str(HERE / "distributed.py"),
                how,
                str(rank),
                str(port),
                str(log_dir),
                who,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for rank in range(processes)
    ]
    left = []
    try:
        for process in started:
            left.append(process.communicate(timeout=240))
            assert process.returncode == 0, left[-1][1][-3000:]
    finally:
        for process in started:
            process.kill()
            process.communicate()
    return [json.loads(out.splitlines()[-1]) for out, _ in left]


def on_one_device(weights_file):
    """The maps that one device gives of these weights."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 8, 8, 1)).astype("float32")
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
            keras.layers.GlobalAveragePooling2D(name="pool"),
            keras.layers.Dense(4, activation="softmax", name="scores"),
        ]
    )
    with np.load(weights_file) as found:
        model.set_weights([found[name] for name in found.files])
    probe = kv.Probe(x[:4], rng.integers(0, 4, 32)[:4], display=(-4, 4))
    return kv.GradCAM(layers="conv").compute(model, probe)["conv"]


def assert_one_writer_and_the_maps_of_one_device(log_dir, weights_file):
    for folder in ("train", "vis"):
        assert len(list((log_dir / folder).glob("events*"))) == 1
    (run,) = kv.read(log_dir).values()
    (tag,) = [tag for tag in run.tags() if tag.startswith("grad_cam/")]
    assert run.steps(tag) == [0, 1, 2]
    assert run.steps("train/epoch_loss") == [0, 1, 2]
    truth = on_one_device(weights_file)
    np.testing.assert_allclose(run.maps(tag, 2), truth, atol=truth.max() / 255 + 1e-7)


def assert_one_of_two_processes_looks(folder):
    """With a monitor in both, in the first or in the second: nobody waits, the first one writes."""
    plain = run("processes", folder / "plain", "none", 2)
    assert plain[0]["weights"] == plain[1]["weights"]
    for who in ("both", "first", "second"):
        watched = run("processes", folder / who, who, 2)
        for mine, his in zip(watched, plain):
            assert mine["said"] == []
            assert mine["losses"] == his["losses"]
            assert mine["weights"] == his["weights"]
        if who == "second":
            assert not (folder / who).exists()
        else:
            assert_one_writer_and_the_maps_of_one_device(folder / who, folder / f"{who}-0.npz")
