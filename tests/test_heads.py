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
        classes = [f"class {c}" for c in np.argmax(logits, axis=1)]
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
    assert "Saliency · input · unit 0" in written
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


def mapper(units, after=None, activation=None):
    """The logits of its label map are the input's channels."""
    image = keras.Input((12, 12, units))
    head = L.Conv2D(units, 1, activation=activation, name="map")
    said = head(image)
    head.set_weights([np.eye(units)[None, None], np.zeros(units)])
    return keras.Model(image, said if after is None else after(said))


def of_maps(classes, units):
    return np.where(np.eye(units)[classes] > 0, 3, -3).astype("float32")


LABELS = np.zeros((3, 12, 12), int)
LABELS[0, :2] = 1
LABELS[1, :8] = 1


@pytest.mark.parametrize("squeezed", [True, False])
def test_a_map_without_an_axis_of_units_is_read_as_one_with_it(written, squeezed):
    model = mapper(1, (lambda y: keras.ops.squeeze(y, -1)) if squeezed else None, "sigmoid")
    model.compile(loss="binary_crossentropy")
    logits = np.where(LABELS == 1, 3.0, -3.0).astype("float32")[..., None]
    labels = LABELS if squeezed else LABELS[..., None]
    probe = kv.Probe(logits, labels, class_names=["ground", "thing"], display=(-4, 4))
    looked = kv.Session(model, probe)
    looked.render(kv.Predictions())
    assert said(written, "pred ") == ["ground 83 %", "thing 67 %", "ground 100 %"]
    assert said(written, "true ") == said(written, "pred ")
    assert said(written, "IoU ") == ["1.00"] * 3
    written.clear()
    looked.render(kv.Saliency(target="label"))
    assert said(written, "map of: ") == ["ground", "thing", "ground"]
    for target, sign in ((1, 1), (0, -1)):
        got = looked.compute(kv.GradientTimesInput(target=target))["input"][..., 0]
        np.testing.assert_allclose(got, np.where((LABELS == 1) == (sign > 0), 3, 0), atol=1e-5)


def test_classes_of_a_map_that_are_each_yes_or_no_leave_places_without_any(written):
    """Two sigmoid channels without one for the background, as many a U-Net has."""
    here = np.zeros((2, 12, 12, 2), "float32")
    here[0, :2, :, 1] = 1
    here[1, :4, :, 0] = here[1, 2:6, :, 1] = 1  # both in two rows
    model = mapper(2, activation="sigmoid")
    model.compile(loss="binary_crossentropy")
    probe = kv.Probe(here * 6 - 3, here, class_names=["road", "car"], display=(-4, 4))
    looked = kv.Session(model, probe)
    looked.render(kv.Predictions())
    assert said(written, "pred ") == ["car 17 %", "road 33 %"]  # of two that are as likely, road
    assert said(written, "true ") == said(written, "pred ")
    assert said(written, "IoU ") == ["1.00", "1.00"]
    assert "none" in written  # beside its colour
    looked.render(kv.Saliency())
    assert said(written, "map of: ") == ["car", "road"]
    got = looked.compute(kv.GradientTimesInput(target="predicted"))["input"]
    np.testing.assert_allclose(got[0, ..., 1], here[0, ..., 1] * 3, atol=1e-5)
    np.testing.assert_allclose(got[1, ..., 0], here[1, ..., 0] * 3, atol=1e-5)
    assert not got[0, ..., 0].any()
    assert not got[1, ..., 1].any()


def test_a_map_of_which_nothing_is_labelled_has_no_true_class(written):
    void = np.where(LABELS == 1, 1, 255)
    model = mapper(3, activation="softmax")
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=255))
    looked = kv.Session(model, kv.Probe(of_maps(LABELS, 3), void, display=(-4, 4)))
    looked.render(kv.Predictions())
    assert said(written, "true ") == ["class 1 100 %", "class 1 100 %", "–"]
    looked.render(kv.Saliency())
    assert said(written, "map of: ") == ["class 1", "class 1", "class 0"]  # as predicted


def test_depths_are_drawn_on_their_own_scale(written):
    model = mapper(1)
    model.compile(loss="mae")
    depths = np.linspace(2, 10, 144).reshape(1, 12, 12, 1)
    images = np.repeat(depths - 1, 2, axis=0).astype("float32")
    probe = kv.Probe(images / 10, np.repeat(depths, 2, axis=0), display=(0, 1))
    kv.Session(model, probe).render(kv.Predictions())
    assert "black: 2, white: 10, by what is wanted" in written
    assert "wanted, put out, difference" in written
    assert said(written, "mean error ") == [f"{np.abs((depths - 1) / 10 - depths).mean():.3g}"] * 2


def test_what_stands_for_a_probability_is_one(written):
    """RISE and Score-CAM weigh by it; where a class has none, the legend says what they took."""
    cases = [
        (reader(3), keras.losses.BinaryCrossentropy(from_logits=True), np.eye(3)[[0, 1, 1, 2]]),
        (reader(3, activation="softmax"), "categorical_crossentropy", np.eye(3)[[0, 1, 1, 2]]),
        (reader(1, by_hand), "binary_crossentropy", [1, 0, 0, 0]),
    ]
    for model, loss, labels in cases:
        model.compile(loss=loss)
        logits = THREE if model.output_shape[-1] == 3 else ONE
        looked = session(model, logits, labels)
        (found,) = looked.compute(kv.RISE(masks=1, grid=2, keep=0.99)).values()
        given = pixels(logits)
        best = np.argmax(labels, axis=1) if np.ndim(labels) == 2 else np.asarray(labels)
        said_by = np.asarray(model(given))
        if np.ndim(labels) == 2 and loss != "categorical_crossentropy":
            said_by = 1 / (1 + np.exp(-said_by))
        odds = said_by[np.arange(4), best] if np.ndim(labels) == 2 else said_by[:, 0]
        odds = odds if np.ndim(labels) == 2 else np.where(best == 1, odds, 1 - odds)
        np.testing.assert_allclose(found.max((1, 2)), odds / 0.99, rtol=2e-2)
    written.clear()
    model = reader(1)
    model.compile(loss="hinge")
    session(model, ONE, [1, -1, -1, -1]).render(kv.RISE(masks=4))
    assert any(line.startswith("logit where visible") or "output where" in line for line in written)
    assert not any("probability" in line for line in written)
    written.clear()
    session(model, ONE).render(kv.IntegratedGradients(target=lambda y: y[:, 0] * 2, points=2))
    assert "share of the score" in written


def three_outputs():
    """A dict of outputs whose own order is not the one that Keras flattens it in."""
    image = keras.Input((SIDE, SIDE, 1))
    flat = L.Flatten()(image)
    heads = {
        "kind": L.Dense(3, "softmax", name="kind"),
        "age": L.Dense(1, name="age"),
        "wet": L.Dense(1, "sigmoid", name="wet"),
    }
    model = keras.Model(image, {name: head(flat) for name, head in heads.items()})
    places = {"kind": [0, 1, 2], "age": [3], "wet": [4]}
    for name, head in heads.items():
        head.set_weights([np.eye(SIDE * SIDE)[:, places[name]], np.zeros(len(places[name]))])
    losses = {
        "kind": "sparse_categorical_crossentropy",
        "age": "mse",
        "wet": "binary_crossentropy",
    }
    model.compile(loss=losses)
    return model


def test_one_number_an_example_is_read_without_an_axis_of_units(written):
    model = reader(1, lambda y: keras.ops.squeeze(y, -1), "sigmoid")
    model.compile(loss="binary_crossentropy")
    looked = session(model, ONE, [1, 0, 0, 0])
    for output in (None, looked.survey.outputs[0].name):
        looked.render(kv.Predictions(output=output))
        assert said(written, "pred ") == ["class 1 0.88", "class 0 0.95", "class 0 0.55"]
        assert "✗ pred class 1 0.57" in written
        written.clear()


BOTH = [[2, -1, 0, 0.5, 1], [0, 1, 3, -7, -2]]


def test_each_of_several_outputs_is_what_it_is(written):
    labels = {"kind": [0, 1], "age": [0.4, -6.0], "wet": [1, 0]}
    looked = session(three_outputs(), BOTH, labels, class_names=["A", "B", "C"])
    looked.render(kv.Predictions())
    assert said(written, "true ")[:2] == ["A", "B"]
    written.clear()
    looked.render(kv.Predictions(output="age"))
    assert (said(written, "true "), said(written, "pred ")) == (["0.4", "−6"], ["0.5", "−7"])
    written.clear()
    looked.render(kv.Predictions(output="wet"))
    assert said(written, "true ")[:2] == [
        "class 1",
        "class 0",
    ]  # they are not the names of these classes
    written.clear()
    looked.render(kv.Saliency(target=("kind", 2)))
    assert said(written, "map of: ") == ["C 0.11", "C 0.84"]
    written.clear()
    looked.render(kv.ActivationMaximization(layers="kind", steps=1))
    assert [line for line in written if line in "ABC"] == ["A", "B", "C"]


def test_class_names_are_those_of_the_output_that_is_labelled(written):
    looked = session(three_outputs(), BOTH, {"wet": [1, 0]}, class_names=["dry", "wet"])
    looked.render(kv.Predictions())
    assert said(written, "true ")[:2] == ["wet", "dry"]
    written.clear()
    looked.render(kv.Saliency(target=("kind", 0)))
    assert said(written, "map of: ") == ["class 0 0.84", "class 0 0.04"]


def test_names_that_are_alike_or_empty_are_told_apart(written):
    model = reader(3, activation="softmax")
    session(model, THREE, [0, 1, 1, 2], class_names=["crane", "", "crane"]).render(kv.Saliency())
    assert said(written, "true ") == ["crane (0)", "class 1", "class 1", "crane (2)"]


@pytest.mark.parametrize("squeezed", [True, False])
def test_an_ascent_on_a_label_map_says_what_it_reached(written, squeezed):
    """Its one unit is the brightness less one half; with a bias it is out of reach."""
    after = (lambda y: keras.ops.squeeze(y, -1)) if squeezed else None
    for bias, reached in ((-0.5, True), (-9.0, False)):
        model = mapper(1, after, "sigmoid")
        model.get_layer("map").set_weights([np.full((1, 1, 1, 1), 4.0), np.array([bias])])
        model.compile(loss="binary_crossentropy")
        images = np.random.default_rng(0).uniform(0, 1, (2, 12, 12, 1)).astype("float32")
        labels = LABELS[:2] if squeezed else LABELS[:2, ..., None]
        looked = kv.Session(
            model, kv.Probe(images, labels, class_names=["ground", "thing"], display=(0, 1))
        )
        view = kv.ActivationMaximization(layers="map", steps=32)
        found = looked.compute(view)
        np.testing.assert_allclose(
            found["map/score"], 4 * found["map"].mean((1, 2, 3)) + bias, rtol=1e-3
        )
        odds = 1 / (1 + np.exp(-(4 * found["map"] + bias)))
        np.testing.assert_allclose(found["map/probability"], odds.mean((1, 2, 3)), rtol=1e-3)
        looked.render(view)
        assert any(line.startswith("p 0.") for line in written) == reached
        assert any(line.startswith("not reached: p 0.") for line in written) != reached
        assert "thing" in written
        written.clear()


@pytest.mark.parametrize("normalise", [L.UnitNormalization(), keras.ops.normalize])
def test_a_place_in_an_embedding_names_no_class(written, normalise):
    """As in metric learning, whose loss is of the likeness of several and not of the output."""
    model = reader(3, normalise)
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    looked = session(model, THREE, [0, 1, 1, 2], class_names=["cat", "dog", "owl"])
    told = looked.survey.outputs[0].task
    assert told.kind == "unknown"
    assert told.why.startswith("3 normalised units under sparse_categorical_crossentropy")
    looked.render(kv.Predictions())
    assert not said(written, "pred ")
    unread = "no class and no number is read of the output"
    assert written[1:4] == [unread, *told.why.split(": ")]


def test_a_direction_is_numbers(written):
    model = reader(3, L.UnitNormalization())
    model.compile(loss="mse")
    session(model, THREE, THREE).render(kv.Predictions())
    assert len(said(written, "pred ")) == len(THREE)
