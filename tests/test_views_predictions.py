"""Predictions: margins, changes and confusions, in a real fit and by hand."""

import shutil
import subprocess
import tempfile
from itertools import pairwise

import event_files
import keras
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv
from kerasvis2.render.colour import WRONG
from kerasvis2.tasks.kind import Task
from kerasvis2.views.base import About

NAMES = [str(n) for n in range(10)]


def small(units=10, activation="softmax", loss="sparse_categorical_crossentropy"):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(units, activation=activation, name="scores"),
        ]
    )
    model.compile("adam", loss)
    return model


@pytest.fixture(scope="module")
def run(tmp_path_factory, digits, digits_probe):
    """Three epochs; the probe's logits after each, from the model itself."""
    model, folder, logits = small(), tmp_path_factory.mktemp("run"), []
    raw = keras.Model(model.inputs, model.layers[-1].output)

    def remember(epoch, logs):
        logits.append(np.log(raw(digits_probe.inputs).numpy()))  # less a constant an image

    model.fit(
        digits.x_train[:512],
        digits.y_train[:512],
        epochs=3,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_end=remember),
            kv.Monitor(folder, digits_probe, [kv.Predictions()], on_error="raise"),
        ],
    )
    return folder / "vis", logits


def test_margins_accuracy_and_changes_are_the_models(run, digits_probe):
    folder, logits = run
    true = digits_probe.labels
    tables = event_files.texts(folder, "predictions/margins")
    margins = np.array(
        [[float(row.split("|")[2]) for row in table.splitlines()[2:]] for table in tables]
    ).T
    rows = np.arange(16)
    for epoch, each in enumerate(logits):
        others = each.copy()
        others[rows, true] = -np.inf
        expected = each[rows, true] - others.max(1)
        np.testing.assert_allclose(
            margins[:, epoch], expected, rtol=6e-3, atol=1e-3
        )  # three digits
    said = [each.argmax(1) for each in logits]
    accuracy = [(each == true).mean() for each in said]
    np.testing.assert_allclose(event_files.scalars(folder, "predictions/accuracy"), accuracy)
    changed = [(a != b).mean() for a, b in pairwise(said)]
    np.testing.assert_allclose(event_files.scalars(folder, "predictions/changed"), changed)
    mean = event_files.scalars(folder, "predictions/margin/mean")
    np.testing.assert_allclose(mean, margins.mean(0), rtol=6e-3, atol=1e-3)


def test_three_pictures_an_epoch(run):
    folder, _ = run
    assert sorted(event_files.tags(folder, "images")) == [
        "predictions/00_confusion",
        "predictions/00_images",
        "predictions/00_margins",
    ]
    for tag in event_files.tags(folder, "images"):
        assert event_files.steps(folder, tag) == [0, 1, 2]


def test_compute_gives_the_logits(digits_model, digits_probe):
    found = kv.Predictions().compute(digits_model, digits_probe)["logits"]
    odds = np.exp(found - found.max(1, keepdims=True))
    expected = digits_model(digits_probe.inputs, training=False).numpy()
    np.testing.assert_allclose(odds / odds.sum(1, keepdims=True), expected, atol=1e-5)


def draw(logits, true, kept, step=0):
    said = logits.argmax(1)
    about = About(
        step=step,
        images=np.zeros((len(logits), 8, 8, 1), "float32"),
        labels=[NAMES[i] for i in true],
        predictions=[NAMES[i] for i in said],
        probabilities=np.full(len(logits), 0.5),
        label_indices=true,
        predicted_indices=said,
        class_names=NAMES,
        kept=kept,
    )
    return kv.Predictions().draw({"logits": logits}, about)


def test_what_changed_since_the_last_look_is_marked(written):
    true = np.array([0, 1, 2, 3])
    first = np.eye(10)[[0, 1, 2, 4]]
    second = np.eye(10)[[0, 5, 2, 4]]
    before = draw(first, true, {})
    same = draw(first, true, before.keep, step=1)
    other = draw(second, true, before.keep, step=1)
    assert "changed" not in before.scalars  # nothing can have at the first look
    assert same.scalars["changed"] == 0
    assert other.scalars["changed"] == 0.25
    assert [line for line in written if line.startswith("was ")] == ["was 1"]
    blue = [(d.pictures["images"].pixels == (0, 92, 175)).all(-1).any() for d in (same, other)]
    assert blue == [False, True]


def test_one_unit_for_two_classes(digits):
    probe = kv.Probe(digits.x_test[:8], digits.y_test[:8] % 2)
    model = small(1, "sigmoid", "binary_crossentropy")
    logits = kv.Predictions().compute(model, probe)["logits"]
    assert logits.shape == (8, 1)
    kv.Predictions().render(model, probe)


def test_without_labels_the_margin_is_the_predicted_class(digits):
    bare = kv.Probe(digits.x_test[:8])
    pictures = kv.Predictions().render(small(), bare)
    assert set(pictures) == {"predictions/00_images", "predictions/00_margins"}


def words_of(picture):
    """What is written on a picture, by OCR."""
    from PIL import Image

    image = Image.fromarray(picture).resize((picture.shape[1] * 2, picture.shape[0] * 2))
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        image.save(file.name)
        command = ["tesseract", file.name, "-", "--psm", "11"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


ocr = pytest.mark.skipif(shutil.which("tesseract") is None, reason="no tesseract on this machine")


@ocr
def test_the_first_look_says_nothing_of_changes_and_no_none():
    true = np.array([0, 1, 2, 3])
    logits = np.eye(10)[[0, 1, 2, 4]]
    first = draw(logits, true, {}, step=None)
    said = "".join(words_of(each.pixels) for each in first.pictures.values())
    assert "Predictions" in said
    assert "changed" not in said
    assert "None" not in said
    second = draw(logits, true, draw(logits, true, {}).keep, step=1)
    assert "0 of 4 changed" in words_of(second.pictures["images"].pixels)


@ocr
def test_the_cross_stands_by_the_prediction():
    drawn = draw(np.eye(10)[[7]], np.array([3]), {}).pictures["images"].pixels
    orange = abs(drawn.astype(int) - WRONG).sum(-1) < 90
    last = np.flatnonzero(orange.any(1))[-1]
    line = np.full((60, orange.shape[1], 3), 255, np.uint8)
    line[20:40] = np.where(orange[last - 16 : last + 4, :, None], 0, 255)
    assert "50" in words_of(line)  # and no other words are orange
    assert "true" not in words_of(line)


def test_a_regression_is_drawn_over_its_true_values(digits):
    values = digits.x_test[:8].mean((1, 2, 3))
    probe = kv.Probe(digits.x_test[:8], values)
    model = small(1, None, "mse")
    pictures = kv.Predictions().render(model, probe)
    assert set(pictures) == {"predictions/00_images", "predictions/00_values"}
    bare = kv.Predictions().render(model, kv.Probe(digits.x_test[:8]))
    assert set(bare) == {"predictions/00_images"}


def test_told_tasks_are_drawn_as_what_they_are(digits):
    """Label maps, pictures and several labels, with the truth where it is known."""
    images = digits.x_test[:4]
    masks = (images[..., 0] > 0.5).astype(int)
    logits = np.stack([1 - masks, masks], -1).astype("float32")
    logits[0] = 1 - logits[0]
    common = {"images": images, "input_shape": (8, 8, 1), "to_display": lambda x: x}
    cases = {
        Task("mask", 2, 2, space=2): (logits, masks, "iou", 0.75),
        Task("image", 1, space=2): (images + 0.1, images, "error", 0.1),
        Task("regression", 2): (np.ones((4, 2)), np.zeros((4, 2)), "error", 1.0),
    }
    for task, (answer, truth, name, expected) in cases.items():
        about = About(step=1, task=task, truth=truth, **common)
        drawing = kv.Predictions().draw({"logits": answer}, about)
        assert drawing.scalars[name] == pytest.approx(expected, rel=1e-5)
        assert "images" in drawing.pictures
        assert max(max(each.pixels.shape) for each in drawing.pictures.values()) <= 1200
    several = About(step=1, task=Task("multilabel", 3, 3, "sigmoid"), **common)
    drawing = kv.Predictions().draw({"logits": np.zeros((4, 3))}, several)
    assert set(drawing.pictures) == {"images"}


def test_label_maps_are_drawn_without_being_told(digits):
    keras.utils.set_random_seed(0)
    pixels = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(3, 1)])
    pictures = kv.Predictions().render(pixels, kv.Probe(digits.x_test[:8]))
    assert set(pictures) == {"predictions/00_images"}
