"""Predictions: margins, changes and confusions, in a real fit and by hand."""

from itertools import pairwise

import event_files
import keras
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv
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
    margins = np.stack(
        [
            event_files.scalars(folder, f"predictions/margin/{i:02d}_{label}")
            for i, label in enumerate(true)
        ]
    )
    rows = np.arange(16)
    for epoch, each in enumerate(logits):
        others = each.copy()
        others[rows, true] = -np.inf
        expected = each[rows, true] - others.max(1)
        np.testing.assert_allclose(margins[:, epoch], expected, atol=1e-3)
    said = [each.argmax(1) for each in logits]
    accuracy = [(each == true).mean() for each in said]
    np.testing.assert_allclose(event_files.scalars(folder, "predictions/accuracy"), accuracy)
    changed = [0, *((a != b).mean() for a, b in pairwise(said))]
    np.testing.assert_allclose(event_files.scalars(folder, "predictions/changed"), changed)
    mean = event_files.scalars(folder, "predictions/margin/mean")
    np.testing.assert_allclose(mean, margins.mean(0), rtol=1e-4)


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


def test_what_changed_since_the_last_look_is_marked():
    true = np.array([0, 1, 2, 3])
    first = np.eye(10)[[0, 1, 2, 4]]
    second = np.eye(10)[[0, 5, 2, 4]]
    before = draw(first, true, {})
    same = draw(first, true, before.keep, step=1)
    other = draw(second, true, before.keep, step=1)
    assert before.scalars["changed"] == same.scalars["changed"] == 0
    assert other.scalars["changed"] == 0.25
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


def test_outputs_that_are_no_classes_are_an_error(digits):
    bare = kv.Probe(digits.x_test[:8])
    with pytest.raises(ValueError, match="one answer an image"):
        kv.Predictions().compute(small(1, None, "mse"), bare)
    keras.utils.set_random_seed(0)
    pixels = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(3, 1)])
    with pytest.raises(ValueError, match=r"the output is \(8, 8, 8, 3\)"):
        kv.Predictions().compute(pixels, bare)
