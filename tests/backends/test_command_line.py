"""The commands and TensorBoard's tab, each in a process of its own, on this backend alone."""

import json
import os
import subprocess
import sys

import keras
import networks
import numpy as np
import pytest
from board_server import Server
from PIL import Image

TAG = "grad_cam/07_conv5@predicted"


def command(*arguments):
    environment = os.environ | {
        "KERAS_BACKEND": keras.backend.backend(),
        "KERAS_MAX_STEPS_PER_EPOCH": "4",  # Keras's own; enough to be shown
    }
    run = subprocess.run(
        [sys.executable, "-m", "kerasvis2", *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "runs"
    said = command("demo", "--log-dir", folder, "--epochs", "1", "--no-board")
    assert "any digit on any photograph" in said
    return folder


def test_list_knows_what_the_demo_wrote(demo):
    lines = command("list", demo).splitlines()
    assert sum(TAG in line for line in lines) == 2
    assert sum("validation/epoch_accuracy" in line for line in lines) == 2


@pytest.mark.parametrize("kind", ["png", "html"])
def test_compare_draws_the_demo(demo, tmp_path, kind):
    target = tmp_path / f"out.{kind}"
    said = command("compare", demo, "--tag", TAG, "-o", target)
    assert f"2 runs, 1 steps of {TAG}" in said
    assert target.stat().st_size > 1000


def test_tensorboard_shows_the_demo(demo):
    server = Server(demo, "--load_fast=false")
    try:
        for path, wanted in (
            ("data/plugin/kerasvis/index", TAG),
            ("data/plugin/scalars/tags", "epoch_accuracy"),
            ("data/plugin/images/tags", TAG),
        ):
            server.wait(path, lambda text, wanted=wanted: wanted in text)
        text = server.wait(
            f"data/plugin/kerasvis/series?tag={TAG}", lambda text: '"fixed/vis"' in text
        )
        assert json.loads(text)["fixed/vis"]["steps"] == [0]
    finally:
        server.stop()


def test_explain_looks_into_a_file(tmp_path):
    networks.functional().save(tmp_path / "model.keras")
    pixels = (networks.images(1)[0] * 255).astype("uint8")
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    target = tmp_path / "out.png"
    said = command(
        *("explain", tmp_path / "model.keras", tmp_path / "photo.png"),
        *("--range", "0,1", "--view", "saliency", "-o", target),
    )
    assert "saliency" in said
    assert np.asarray(Image.open(target)).std() > 0
