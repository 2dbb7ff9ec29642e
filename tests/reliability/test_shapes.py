"""Probes and models of any shape: a picture, or a clear error before training; no crash later."""

import functools
import tempfile
import warnings

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from keras import layers

import kerasvis2 as kv

SIDES = st.sampled_from([1, 2, 3, 5, 8, 13, 28])
HEADS = {
    "softmax": "sparse_categorical_crossentropy",
    "sigmoid": "binary_crossentropy",
    "linear": "mse",
}
# What each example may be looked at with, beside the default views.
MORE = {
    "Saliency": {},
    "GuidedBackprop": {},
    "GradientTimesInput": {},
    "IntegratedGradients": {"points": 2},
    "SmoothGrad": {"samples": 2},
    "Occlusion": {},
    "RISE": {"masks": 4},
    "LIME": {"samples": 4},
    "ScoreCAM": {"channels": 2},
    "LayerCAM": {"layers": "all"},
    "EigenCAM": {},
    "XGradCAM": {},
    "Activations": {"layers": "all"},
    "Filters": {"layers": "all"},
    "Predictions": {},
    "LayerHealth": {"gradients": True},
    "Drift": {},
    "Filmstrip": {},
    "ActivationMaximization": {"steps": 2},
    "ModelGraph": {},
}


@st.composite
def cases(draw):
    choose = lambda *values: draw(st.sampled_from(values))  # noqa: E731
    return {
        "size": (draw(SIDES), draw(SIDES)),
        "channels": choose(1, 2, 3, 4, 13),
        "dtype": choose("float32", "float64", "float16", "uint8", "int32", "int64", "bool"),
        "count": choose(1, 2, 5),
        "classes": choose(1, 2, 3, 12),
        "head": choose(*HEADS),
        "first": choose(False, True),
        "dynamic": choose(False, True),
        "body": choose("convolution", "dense", "embedded", "nested"),
        "container": choose("array", "dict", "list"),
        "labels": choose("none", "ints", "one-hot", "column"),
        "display": choose("auto", (0, 1), (0, 255)),
        "views": draw(st.lists(st.sampled_from(sorted(MORE)), max_size=4, unique=True)),
        "half": choose(False, False, True),
    }


PLAIN = {
    "size": (8, 8), "channels": 3, "dtype": "float32", "count": 2, "classes": 3, "head": "softmax",
    "first": False, "dynamic": False, "body": "convolution", "container": "array",
    "labels": "ints", "display": (0, 1), "views": [], "half": False,
}  # fmt: skip


def body(case, image):
    """Layers of a network whose input is what the case says, for the head to sit on."""
    x = image if image.dtype.startswith("float") else layers.Rescaling(1 / 255)(image)
    if case["first"]:
        x = layers.Permute((2, 3, 1))(x)
    conv = [
        layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.Conv2D(3, 1, activation="relu", name="deep"),
    ]
    if case["body"] == "dense" and not case["dynamic"]:
        return layers.Dense(5, activation="relu", name="hidden")(layers.Flatten()(x))
    if case["body"] == "nested":
        inner = keras.Input(x.shape[1:])
        h = inner
        for layer in conv:
            h = layer(h)
        return layers.GlobalAveragePooling2D()(keras.Model(inner, h, name="backbone")(x))
    for layer in conv[: 2 if case["body"] == "embedded" else 3]:
        x = layer(x)
    return layers.GlobalMaxPooling2D()(x)


def network(case):
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("mixed_float16" if case["half"] else "float32")
    try:
        sides = (None, None) if case["dynamic"] else case["size"]
        shape = (case["channels"], *sides) if case["first"] else (*sides, case["channels"])
        whole = case["dtype"] in ("uint8", "int32", "int64", "bool")
        image = keras.Input(shape, dtype=case["dtype"] if whole else None, name="image")
        x = body(case, image)
        inputs = {"array": image, "dict": {"image": image}, "list": [image]}[case["container"]]
        if case["container"] != "array":
            table = keras.Input((2,), name="table")
            x = layers.Concatenate()([x, table])
            inputs = (
                {"image": image, "table": table} if case["container"] == "dict" else [image, table]
            )
        units = case["classes"]
        head = layers.Dense(units, activation=case["head"], dtype="float32", name="scores")
        model = keras.Model(inputs, head(x))
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile("sgd", HEADS[case["head"]], run_eagerly=True)
    return model


def data(case):
    rng = np.random.default_rng(3)
    shape = (*case["size"], case["channels"])
    if case["first"]:
        shape = (shape[2], *shape[:2])
    values = rng.random((5, *shape)) * (1.9 if case["dtype"] == "bool" else 1)
    if case["dtype"] in ("uint8", "int32", "int64"):
        values = values * 255
    x = values.astype(case["dtype"])
    classes, head = case["classes"], case["head"]
    y = rng.integers(0, classes, 5)
    if head == "linear":
        truth = rng.normal(size=(5, classes))
    elif head == "sigmoid":
        truth = rng.integers(0, 2, (5, classes))
    else:
        truth = y
    if case["container"] != "array":
        table = rng.random((5, 2), "float32")
        x = {"image": x, "table": table} if case["container"] == "dict" else [x, table]
    return x, truth


def probe_of(case, x, truth):
    count = case["count"]
    few = keras.tree.map_structure(lambda array: array[:count], x)
    labels = truth[:count]
    if case["labels"] == "none":
        labels = None
    elif case["labels"] == "one-hot" and case["head"] == "softmax":
        labels = np.eye(case["classes"], dtype="float32")[labels]
    elif case["labels"] == "column" and labels.ndim == 1:
        labels = labels[:, None]
    image = {"array": None, "dict": "image", "list": 0}[case["container"]]
    return kv.Probe(few, labels, display=case["display"], image=image)


def refused(case, act):
    """What it gives, and whether it is refused, which must be in words."""
    try:
        return act(), False
    except ValueError as error:
        words = str(error)
    assert len(words) > 30, case
    assert "Traceback" not in words
    return None, True


def try_one(case):
    """Looks, and trains; returns what was refused."""
    without = []
    model = network(case)
    x, truth = data(case)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        probe, no = refused(case, functools.partial(probe_of, case, x, truth))
        if no:
            return ["probe"]
        views = kv.default_views()
        for name in case["views"]:
            view = getattr(kv, name)(**MORE[name])
            given, no = refused(
                case, lambda view=view: kv.Session(model, probe, progress=False).compute(view)
            )
            if no:
                without.append(name)
            else:
                assert all(np.asarray(array).size for array in given.values()), (case, name)
                views.append(view)
        monitor = kv.Monitor(folder, probe, views, on_error="raise")
        if refused(case, lambda: monitor.begin(model))[1]:
            return [*without, "training"]
        monitor.end()
        model.fit(x, truth, epochs=2, verbose=0, callbacks=[monitor])
        (run,) = kv.read(folder).values()
        assert run.damage == []
        assert len([tag for tag in run.tags() if tag.startswith("activations/")]) > 0, case
        for tag in run.tags():
            assert run.picture(tag, run.steps(tag)[-1]).size
    return without


IN_FULL = [
    {"size": (1, 1), "channels": 1, "views": ["Saliency", "Occlusion", "LayerCAM"]},
    {"channels": 2, "size": (5, 13), "count": 1, "views": ["Filmstrip", "Drift"]},
    {"channels": 13, "first": True, "size": (13, 8), "views": ["LIME", "Activations"]},
    {"channels": 4, "dtype": "uint8", "display": "auto", "views": ["RISE", "Saliency"]},
    {"dtype": "float16", "half": True, "views": ["IntegratedGradients", "LayerHealth"]},
    {"dtype": "bool", "channels": 1, "views": ["ScoreCAM", "Predictions"]},
    {"dynamic": True, "container": "dict", "size": (28, 13), "views": ["EigenCAM"]},
    {"classes": 1, "body": "nested", "container": "list", "views": ["ActivationMaximization"]},
    {"classes": 1, "labels": "one-hot", "views": ["LayerHealth"]},
]


# No map of one pixel, nothing to compare, no way up a whole number, no class 1 of one.
REFUSED = [
    *(["LayerCAM"], ["Drift"], [], ["Saliency"], [], [], [], []),
    ["LayerHealth", "training"],
]


@pytest.mark.parametrize(
    ("change", "without"), list(zip(IN_FULL, REFUSED)), ids=["-".join(change) for change in IN_FULL]
)
def test_rare_shapes_are_shown_or_refused(change, without):
    assert try_one(PLAIN | change) == without


def test_what_does_not_fit_is_refused_before_training(tmp_path):
    """By the monitor itself; and of whole numbers there is no way up."""
    x, truth = data(PLAIN | {"size": (5, 5)})
    monitor = kv.Monitor(tmp_path / "a", kv.Probe(x, truth, display=(0, 1)))
    with pytest.raises(ValueError, match="Resize the images to 8×8"):
        monitor.begin(network(PLAIN))
    case = PLAIN | {"dtype": "uint8"}
    probe = probe_of(case | {"display": (0, 255)}, *data(case))
    monitor = kv.Monitor(tmp_path / "b", probe, [kv.ActivationMaximization(steps=2)])
    with pytest.raises(ValueError, match="input that can change a little"):
        monitor.begin(network(case))


WITHIN = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}


@settings(max_examples=6, derandomize=True, **WITHIN)
@given(cases())
def test_any_shape_is_shown_or_refused(case):
    try_one(case)


@pytest.mark.soak
@settings(max_examples=400, **WITHIN)
@given(cases())
@example(PLAIN)
def test_many_shapes_are_shown_or_refused(case):
    try_one(case)
