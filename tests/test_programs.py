"""The demo, the examples and `explain`, run as a user runs them."""

import re
import runpy
import sys
from pathlib import Path

import event_files
import numpy as np
import pytest
from PIL import Image

from kerasvis2.cli import main
from kerasvis2.explain import class_names

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
        assert "grad_cam/07_conv5@predicted" in tags
        assert event_files.steps(demo / run / "vis", "grad_cam/07_conv5@predicted") == [0]
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
        ("own_view", ["--epochs", "1"], {"grad_cam/01_conv2", "channel_evidence/01_conv2"}),
        (
            "transfer_learning",
            ["--epochs", "1", "--images", "24"],
            {"grad_cam/153_mobilenetv2_1.00_96.Conv_1"},
        ),
        (
            "vision_transformer",
            ["--epochs", "1", "--images", "128"],
            {"attention/05_attention1", "attention_rollout/00_input", "grad_cam/04_norm1"},
        ),
        (
            "segmentation",
            ["--epochs", "1", "--images", "64"],
            {"predictions/00_images", "grad_cam/15_up1_conv@digit", "occlusion/00_input@digit"},
        ),
        (
            "object_detection",
            ["--epochs", "1", "--images", "64"],
            {"grad_cam/06_conv4@best_box"},
        ),
        (
            "text_classification",
            ["--epochs", "1"],
            {"integrated_gradients/00_input", "occlusion/00_input", "attention/02_attention"},
        ),
        (
            "time_series",
            ["--epochs", "1", "--signals", "128"],
            {"grad_cam/04_conv3@1", "integrated_gradients/00_input@1"},
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
    if name == "time_series":  # the probe's masks say where the early beats are
        curves = event_files.tags(tmp_path / "run" / "vis", "scalars")
        assert "grad_cam/energy_on_object/conv3" in curves
    assert name != "object_detection" or (tmp_path / "run" / "boxes.png").exists()


def test_runs_are_compared_in_python(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "argv", ["", "--epochs", "2", "--log-dir", str(tmp_path)])
    runpy.run_path(str(EXAMPLES / "compare_runs.py"), run_name="__main__")
    made = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert made == {"comparison.png", "comparison.html", "similarity.png"}
    said = capsys.readouterr().out
    assert re.search(r"dropout +validation accuracy 0\.\d+", said)
    assert re.search(r"maps differ most on the probe's images \d \(\d\)", said)
    assert re.search(r"conv1 +\d\.\d\d", said)


def test_every_example_is_run_by_a_test():
    tested = (EXAMPLES.parent / "tests").rglob("test_*.py")
    words = "\n".join(path.read_text("utf-8") for path in tested)
    for path in EXAMPLES.glob("*.py"):
        assert path.stem in words, path.name
        assert '"""' in path.read_text("utf-8")[:3]


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
    ("options", "tag"),
    [
        ([], "grad_cam/05_conv3"),
        (["--view", "saliency", "--target", "3"], "saliency/00_input@3"),
        (["--layers", "conv1,conv2"], "grad_cam/00_conv1, grad_cam/01_conv2"),
        (["--view", "predictions"], "predictions/00_images"),
        (["--view", "filters"], "filters/00_conv1"),
    ],
)
def test_explain_writes_a_picture_and_says_so(saved, tmp_path, capsys, options, tag):
    out = tmp_path / "out.png"
    assert explain(saved, "-o", str(out), *options) == 0
    picture = np.asarray(Image.open(out))
    assert picture.std() > 10
    assert picture.shape[1] <= 720
    height, width = picture.shape[:2]
    said = capsys.readouterr().out.splitlines()[-1]
    assert re.sub(r"/\d\d_", "/NN_", said).startswith(
        re.sub(r"/\d\d_", "/NN_", f"{out}: {tag}, {width}×{height}, ")
    )
    assert said.endswith("to the model black is 0 and white 1 (--range)")


@pytest.mark.parametrize("loss", ["from_logits", "own"])
def test_explain_takes_linear_outputs_for_what_the_saved_loss_says(tmp_path, digits, capsys, loss):
    import keras

    def own(true, said):
        return keras.ops.mean((true - said) ** 2)

    model = keras.Sequential(
        [
            keras.Input(digits.x_test.shape[1:]),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(10),
        ]
    )
    logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", logits if loss == "from_logits" else own)
    model.save(tmp_path / "model.keras")
    Image.fromarray((digits.x_test[0, ..., 0] * 255).astype("uint8")).save(tmp_path / "0.png")
    command = ["explain", str(tmp_path / "model.keras"), str(tmp_path / "0.png")]
    assert main([*command, "-o", str(tmp_path / "out.png")]) == 0
    told = capsys.readouterr().err
    if loss == "from_logits":
        assert "sum" not in told
    else:
        assert "the map is of their sum. --class-names FILE says" in told
        assert "--target 0 … 9 takes one of them" in told


def test_explain_names_classes(saved, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("\n".join(f"digit {n}" for n in range(10)), encoding="utf-8")
    plain, named = tmp_path / "plain.png", tmp_path / "named.png"
    view = ["--view", "predictions"]
    assert explain(saved, "-o", str(plain), *view) == 0
    assert explain(saved, "-o", str(named), *view, "--class-names", str(names)) == 0
    assert plain.read_bytes() != named.read_bytes()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("names.txt", "cat\ndog\n\n"),
        ("names.json", '["cat", "dog"]'),
        ("names.json", '{"1": "dog", "0": "cat"}'),
        ("names.json", '{"0": ["n02", "cat"], "1": ["n03", "dog"]}'),
        ("names.json", '{"dog": 1, "cat": 0}'),
        ("names.JSON", '\ufeff["cat", "dog"]'),
    ],
)
def test_class_names_of_a_file(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert class_names(path) == ["cat", "dog"]


@pytest.mark.parametrize("text", ["{", '{"a": "b"}', '{"0": "a", "2": "b"}', "3"])
def test_what_holds_no_class_names(tmp_path, text):
    path = tmp_path / "names.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"--class-names .*give a list of names, or a dict"):
        class_names(path)


def test_an_ascent_of_many_units_says_how_long_it_takes(saved, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("kerasvis2.explain.CHUNK", 2)
    out = tmp_path / "out.png"
    view = ["--view", "activation_maximization", "--units", "0,4,9"]
    assert explain(saved, *view, "-o", str(out)) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "units" in line]
    assert [line.partition(" units in ")[0] for line in lines] == ["kerasvis2: 2 of 3"]
    assert "the others will take about" in lines[0]
    assert np.asarray(Image.open(out)).shape[0] > 400  # two sheets, one below the other


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--view", "gradcam", "-o", "x.png"], "--view gradcam: give one of"),
        (["--view", "curves", "-o", "x.png"], "--view curves: it draws the metrics of a training"),
        (["--view", "filmstrip", "-o", "x.png"], "a saved model is one moment"),
        (["--layers", "conv9", "-o", "x.png"], "Did you mean"),
        (["--view", "saliency", "--layers", "conv1", "-o", "x.png"], "does not take --layers"),
        (["-o", "x.jpg"], "ends in .png"),
        (["-o", "nowhere/x.png"], "no folder 'nowhere'"),
        (["--target", "77", "-o", "x.png"], "0 to 9"),
        (["--units", "3", "-o", "x.png"], "--units are those of --view activation_maximization"),
        (
            ["--view", "activation_maximization", "--units", "a", "-o", "x.png"],
            "--units a: give indices",
        ),
        (
            ["--view", "activation_maximization", "--target", "3", "-o", "x.png"],
            "Give --units for activation_maximization",
        ),
        (["--class-names", "none.txt", "-o", "x.png"], "none.txt"),
    ],
)
def test_explain_says_what_is_wrong_in_one_line(saved, capsys, options, words):
    assert explain(saved, *options) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line


def test_explain_says_why_a_file_is_not_loaded(saved, tmp_path, capsys):
    import keras

    class Own(keras.layers.Layer):
        def call(self, x):
            return x

    layers = keras.layers
    models = {
        "holds Python code .a Lambda layer.*safe_mode=False.*if you trust": [
            keras.Input((8, 8, 1)),
            layers.Lambda(lambda x: x * 2),
        ],
        "a class of its own, Own,.*custom_objects": [keras.Input((8, 8, 1)), Own()],
        r"takes \(None, 12\); explain works on models of one picture": [keras.Input((12,))],
    }
    for words, stack in models.items():
        keras.Sequential([*stack, layers.Flatten(), layers.Dense(2)]).save(tmp_path / "m.keras")
        assert main(["explain", str(tmp_path / "m.keras"), str(saved / "0.png"), "-o", "x.png"])
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert re.search(words, line), line
    (tmp_path / "m.keras").write_text("no model")
    assert main(["explain", str(tmp_path / "m.keras"), str(saved / "0.png"), "-o", "x.png"])
    assert "m.keras cannot be loaded" in capsys.readouterr().err


@pytest.mark.parametrize("shape", [(28, 28), (3, 28, 28)])
def test_explain_knows_grey_pictures_and_channels_first(saved, tmp_path, shape):
    import keras

    layers = keras.layers
    stack = [keras.Input(shape), layers.Flatten(), layers.Dense(2, activation="softmax")]
    keras.Sequential(stack).save(tmp_path / "m.keras")
    arguments = ["explain", str(tmp_path / "m.keras"), str(saved / "0.png")]
    out = tmp_path / "out.png"
    assert main([*arguments, "--view", "predictions", "-o", str(out)]) == 0
    assert np.asarray(Image.open(out)).std() > 5
