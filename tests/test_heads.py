"""What is said of unusual heads, by networks whose logits are the first pixels of their input."""

import functools

import event_files
import keras
import numpy as np
import pytest

import kerasvis2 as kv
from kerasvis2 import task

L = keras.layers
SIDE = 6
ONE = [[2.0], [-3.0], [0.3], [-0.2]]
THREE = [[2.0, -1, 0], [-3, -2, -4], [0.5, 1.5, 0.2], [1, 3, 5]]


def reader(units, after=None, activation=None):
    """Its logits are the input's first values."""
    image = keras.Input((SIDE, SIDE, 1))
    head = L.Dense(units, activation, name="head")
    said = head(L.Flatten()(image))
    head.set_weights([np.eye(SIDE * SIDE, units), np.zeros(units)])
    return keras.Model(image, said if after is None else after(said))


def pixels(logits):
    values = np.random.default_rng(0).uniform(-1, 1, (len(logits), SIDE * SIDE))
    values[:, : np.shape(logits)[1]] = logits
    return values.reshape(-1, SIDE, SIDE, 1).astype("float32")


def session(model, logits, labels=None, **more):
    return kv.Session(model, kv.Probe(pixels(logits), labels, display=(-5, 5), **more))


def said(written, start):
    return [line.removeprefix(start) for line in written if line.startswith(start)]


def by_hand(x):
    return 1 / (1 + keras.ops.exp(-x))


@pytest.mark.parametrize(
    ("activation", "after", "logits"),
    [
        (None, None, [[0.9], [0.1], [0.3], [0.6]]),  # probabilities that nothing squashed
        (None, by_hand, ONE),
        ("hard_sigmoid", None, ONE),
    ],
)
def test_a_probability_that_no_sigmoid_made_says_yes_from_a_half_on(
    written, activation, after, logits
):
    model = reader(1, after, activation)
    model.compile(loss="binary_crossentropy")
    looked = session(model, logits, [1, 0, 0, 0], class_names=["no", "yes"])
    odds = np.asarray(model(pixels(logits)))[:, 0]
    expected = [f"yes {p:.2f}" if p > 0.5 else f"no {1 - p:.2f}" for p in odds]
    looked.render(kv.Saliency(target="predicted"))
    assert said(written, "map of: ") == expected
    guesses = [line.removeprefix("✗ ").removeprefix("pred ") for line in written if "pred " in line]
    assert guesses == expected
    looked = kv.Session(model, kv.Probe(pixels(logits), [1, 0, 0, 0], display=(-5, 5)))
    gradients = looked.compute(kv.GradientTimesInput(target="predicted"))["input"]
    shifts = np.sign(gradients.sum((1, 2, 3))) * np.sign(np.asarray(logits)[:, 0])
    moved = np.abs(gradients).sum((1, 2, 3)) > 0  # a hard sigmoid is flat at its ends
    assert (shifts[moved] == np.where(odds > 0.5, 1, -1)[moved]).all()


def watched(model, logits, labels, folder, views, **more):
    """One epoch that changes nothing, logged."""
    x = pixels(logits)
    probe = kv.Probe(x, labels, display=(-5, 5), **more)
    monitor = kv.Monitor(folder, probe, views, on_error="raise")
    model.fit(x, np.asarray(labels), shuffle=False, verbose=0, callbacks=[monitor])
    return folder / "vis"


def test_accuracy_and_margins_have_the_losses_threshold(tmp_path):
    model = reader(1, by_hand)
    model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy", metrics=["accuracy"])
    labels = np.array([1, 0, 0, 1])
    folder = watched(model, ONE, labels, tmp_path, [kv.Predictions()])
    _, accuracy = model.evaluate(pixels(ONE), labels, verbose=0)
    assert event_files.scalars(folder, "predictions/accuracy") == [accuracy] == [0.5]
    (table,) = event_files.texts(folder, "predictions/margins")
    margins = [float(row.split("|")[2]) for row in table.splitlines()[2:]]
    odds = np.asarray(model(pixels(ONE)))[:, 0]
    np.testing.assert_allclose(margins, np.where(labels, odds - 0.5, 0.5 - odds), rtol=6e-3)


def test_labels_that_name_no_class_count_nowhere(tmp_path):
    model = reader(3)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    model.compile(keras.optimizers.SGD(0.0), lambda y, p: keras.ops.mean(loss(y, p)))
    labels = np.array([0, 1, 0, -1])
    folder = watched(model, THREE, labels, tmp_path, [kv.Predictions()], task="classes")
    np.testing.assert_allclose(event_files.scalars(folder, "predictions/accuracy"), [2 / 3])
    np.testing.assert_allclose(event_files.scalars(folder, "predictions/margin/mean"), [2 / 3])


def test_a_margin_is_no_probability_whatever_its_sign(written):
    for logits in (THREE, np.abs(THREE)):
        model = reader(3)
        model.compile(loss="categorical_hinge")
        hot = np.eye(3)[[0, 1, 1, 2]]
        session(model, logits, hot).render(kv.Saliency(target="predicted"))
        classes = [str(c) for c in np.argmax(logits, axis=1)]
        assert said(written, "map of: ") == classes
        written.clear()


def test_whole_numbers_beyond_the_units_are_no_classes(written):
    """Three quantiles of a count, by a loss of one's own."""
    model = reader(3)
    model.compile(loss=lambda y, p: keras.ops.mean(keras.ops.abs(y - p)))
    looked = session(model, THREE, [12, 7, 33, 2])
    looked.render(kv.Predictions())
    assert said(written, "true ") == ["12", "7", "33", "2"]
    assert said(written, "pred ") == ["2, −1, 0", "−3, −2, −4", "0.5, 1.5, 0.2", "1, 3, 5"]


def test_a_number_within_0_and_1_is_said_as_the_output_has_it(written):
    model = reader(1, activation="sigmoid")
    model.compile(loss="mse")
    looked = session(model, ONE, [0.1, 0.4, 0.3, 0.9])
    looked.render(kv.Saliency())
    odds = np.asarray(model(pixels(ONE)))[:, 0]
    assert said(written, "map of: ") == [f"output {p:.3g}" for p in odds]
    assert said(written, "pred ") == [f"{p:.3g}" for p in odds]


def test_units_that_are_no_classes_have_their_own_names_only(written):
    model = reader(3)
    model.compile(loss="mse")
    session(model, THREE, THREE, class_names=["x", "y", "z"]).render(kv.Saliency(target=1))
    assert "Saliency · input · 1 y" in written
    assert said(written, "map of: ") == ["y −1", "y −2", "y 1.5", "y 3"]
    written.clear()
    model = reader(1)
    model.compile(loss="mse")
    session(model, ONE, [1, 0, 0, 1], class_names=["no", "yes"]).render(kv.Saliency(target=0))
    assert "Saliency · input · 0" in written
    assert said(written, "map of: ")[0] == "output 2"


def focal_loss(gamma):
    def inner(y, p):
        return keras.ops.mean(keras.ops.abs(y - p) ** gamma)

    return inner


def train_with_mse():
    return lambda y, p: keras.ops.mean(y - p)


def test_a_loss_that_was_made_goes_by_its_makers_name():
    assert task.loss_of(focal_loss(2)).family == "binary"
    assert task.loss_of(functools.partial(focal_loss(2))).name == "focal_loss"
    assert task.loss_of(train_with_mse()).family == ""
