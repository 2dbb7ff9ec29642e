"""Faults planted in a training on real digits must be named within three epochs; none without."""

import event_files
import keras
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv

MISSING = 6


def plain():
    return [
        layers.Conv2D(12, 3, padding="same", activation="relu", name="conv1"),
        layers.Conv2D(16, 3, padding="same", activation="relu", name="conv2"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(32, activation="relu", name="hidden"),
        layers.Dense(10, activation="softmax", name="scores"),
    ]


def normalised():
    return [
        layers.Conv2D(12, 3, padding="same", use_bias=False, name="conv1"),
        layers.BatchNormalization(momentum=0.9, name="norm1"),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Conv2D(16, 3, padding="same", activation="relu", name="conv2"),
        layers.GlobalMaxPooling2D(),
        layers.Dropout(0.1),
        layers.Dense(10, activation="softmax", name="scores"),
    ]


def train(
    folder, digits, body=plain, plant=lambda model: None, rate=2e-3, x=1.0, y=None, keep=None
):
    """Three epochs, watched; returns the last report."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 8, 1)), *body()])
    plant(model)
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    labels = digits.y_train if y is None else y
    rows = slice(None) if keep is None else keep
    probe = kv.Probe.from_dataset(
        (digits.x_test * x, digits.y_test), class_names=list("0123456789"), display=(0, x)
    )
    model.fit(
        digits.x_train[rows] * x,
        labels[rows],
        validation_data=(digits.x_test * x, digits.y_test),
        epochs=3,
        verbose=0,
        callbacks=[kv.Monitor(folder, probe, [kv.LayerHealth()], on_error="raise")],
    )
    return event_files.texts(folder / "vis", "layer_health/report")


@pytest.mark.parametrize("body", [plain, normalised])
def test_a_healthy_training_is_left_in_peace(tmp_path, digits, body):
    for report in train(tmp_path, digits, body):
        assert "No trouble found." in report
        assert "Earlier:" not in report


@pytest.mark.parametrize("body", [plain, normalised])
def test_a_learning_rate_a_hundred_times_too_high(tmp_path, digits, body):
    report = train(tmp_path, digits, body, rate=0.2)[-1]
    assert "steps are too large" in report


def test_dying_relus(tmp_path, digits):
    def kill(model):
        bias = model.get_layer("conv2").bias
        bias.assign(np.full(bias.shape, -10.0))

    report = train(tmp_path, digits, plant=kill)[-1]
    assert "conv2: 100 % of filters dead since epoch 0" in report


def test_a_frozen_backbone_that_was_forgotten(tmp_path, digits):
    def freeze(model):
        for name in ("conv1", "conv2"):
            model.get_layer(name).trainable = False

    report = train(tmp_path, digits, plant=freeze)[-1]
    assert "frozen since epoch 0 (trainable=False): conv1, conv2 (" in report


def test_shuffled_labels(tmp_path, digits):
    shuffled = np.random.default_rng(0).permutation(digits.y_train)
    report = train(tmp_path, digits, y=shuffled)[-1]
    assert "no better than guessing" in report
    assert "do the labels belong to the images" in report


@pytest.mark.parametrize("body", [plain, normalised])
def test_a_missing_class(tmp_path, digits, body):
    report = train(tmp_path, digits, body, keep=digits.y_train != MISSING)[-1]
    assert f"class “{MISSING}” is never predicted" in report


@pytest.mark.parametrize("scale", [255.0, 1 / 255])
def test_inputs_in_the_wrong_range(tmp_path, digits, scale):
    report = train(tmp_path, digits, x=scale)[-1]
    assert "inputs in the wrong range" in report
