"""The demo, the examples and `explain`, run as a user runs them."""

import runpy
import sys
from pathlib import Path

import event_files
import numpy as np
import pytest
from PIL import Image

from kerasvis2.cli import main

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "runs"
    assert main(["demo", "--log-dir", str(folder), "--epochs", "1", "--no-board"]) == 0
    return folder


def test_the_demo_writes_two_runs_on_one_probe(demo):
    import json

    cards = [json.loads((demo / run / "vis" / "about.json").read_text()) for run in RUNS]
    assert cards[0]["probe"] == cards[1]["probe"]
    for run in RUNS:
        tags = event_files.tags(demo / run / "vis", "images")
        assert "grad_cam/07_conv5" in tags
        assert event_files.steps(demo / run / "vis", "grad_cam/07_conv5") == [0]
        assert event_files.steps(demo / run / "validation", "epoch_accuracy") == [0]


RUNS = ("shortcut", "fixed")


def test_a_second_demo_overwrites_nothing(demo, capsys):
    from kerasvis2.demo import _unused

    assert _unused(demo) == demo.with_name("runs-2")
    assert "holds an earlier demo" in capsys.readouterr().out


def test_the_demos_pictures_are_what_they_say():
    from kerasvis2.demo.data import story

    pictures = story()
    tied, free = pictures["shortcut"], pictures["fixed"]
    np.testing.assert_array_equal(tied.labels, tied.textures)
    assert 0.2 < (free.labels == free.textures).mean() < 0.45
    probe = pictures["probe"]
    assert {(a, b) for a, b in zip(probe.labels, probe.textures)} == {
        (a, b) for a in range(3) for b in range(3)
    }
    for each in pictures.values():
        assert 0 <= each.images.min() <= each.images.max() <= 1
        assert 0.03 < each.masks.mean() < 0.1
        digit = each.images[each.masks].mean()
        assert (
            digit > each.images[~np.broadcast_to(each.masks[..., None], each.images.shape)].mean()
        )


@pytest.mark.parametrize(
    ("name", "options", "tags"),
    [
        ("quickstart", ["--epochs", "1"], {"grad_cam/03_conv3", "filters/00_conv1"}),
        ("custom_model", ["--epochs", "1"], {"grad_cam/02_conv3", "saliency/00_input"}),
        (
            "transfer_learning",
            ["--epochs", "1", "--images", "24"],
            {"grad_cam/153_mobilenetv2_1.00_96.Conv_1"},
        ),
    ],
)
def test_examples_run_and_write_what_they_promise(monkeypatch, tmp_path, name, options, tags):
    script = EXAMPLES / f"{name}.py"
    monkeypatch.setattr(sys, "argv", [str(script), "--log-dir", str(tmp_path / "run"), *options])
    runpy.run_path(str(script), run_name="__main__")
    found = event_files.tags(tmp_path / "run" / "vis", "images")
    assert tags <= set(found), found
    steps = event_files.steps(tmp_path / "run" / "vis", next(iter(tags)))
    assert steps == ([0, 1] if name == "transfer_learning" else [0])


@pytest.fixture(scope="module")
def saved(tmp_path_factory, digits_model, digits):
    folder = tmp_path_factory.mktemp("explain")
    digits_model.save(folder / "model.keras")
    for i in range(2):
        pixels = (digits.x_test[i, ..., 0] * 255).astype("uint8")
        Image.fromarray(pixels).resize((80, 80)).save(folder / f"{i}.png")
    return folder


def explain(folder, *options):
    pictures = [str(folder / f"{i}.png") for i in range(2)]
    return main(["explain", str(folder / "model.keras"), *pictures, "--range", "0,1", *options])


@pytest.mark.parametrize(
    "options", [[], ["--view", "saliency", "--target", "3"], ["--layers", "conv1,conv2"]]
)
def test_explain_writes_a_picture(saved, tmp_path, options):
    out = tmp_path / "out.png"
    assert explain(saved, "-o", str(out), *options) == 0
    picture = np.asarray(Image.open(out))
    assert picture.std() > 10
    assert picture.shape[1] <= 720


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--view", "gradcam", "-o", "x.png"], "--view gradcam: give one of"),
        (["--layers", "conv9", "-o", "x.png"], "Did you mean"),
        (["--view", "saliency", "--layers", "conv1", "-o", "x.png"], "does not take"),
        (["-o", "x.jpg"], "ends in .png"),
        (["--target", "77", "-o", "x.png"], "0 to 9"),
    ],
)
def test_explain_says_what_is_wrong_in_one_line(saved, capsys, options, words):
    assert explain(saved, *options) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line
