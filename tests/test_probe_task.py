"""What an output is taken for, held against what Keras's own losses and metrics say of it."""

import functools
import re

import keras
import numpy as np
import pytest

from kerasvis2 import task
from kerasvis2.task import Task, captions, loss_of, measured, spoken, task_of

N = 12
DRAW = np.random.default_rng(0)
INDEX = np.arange(N) % 4
ONE_HOT = np.eye(4, dtype="float32")[INDEX]
MANY_HOT = np.array([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 0]] * 4, "float32")
SOFT = ONE_HOT * 0.8 + 0.05
HALVES = np.arange(N) % 2
SIGNS = HALVES * 2 - 1
NUMBERS = DRAW.normal(size=(N, 4)).astype("float32")
AGES = np.arange(20, 20 + N)
MAPS = (np.arange(N * 36).reshape(N, 6, 6) // 7) % 3
OBJECT = (MAPS > 1).astype("uint8")
PHOTOS = DRAW.uniform(size=(N, 6, 6, 3)).astype("float32")
GREY = PHOTOS[..., :1]
L = keras.losses


def focal_loss(y, p):
    return keras.ops.mean((y - p) ** 2 * keras.ops.abs(y - p))


def triplet_loss(y, p):
    return keras.ops.mean(p)


class Weighted(L.BinaryCrossentropy):
    """A user's own subclass of a known loss."""


# shape, activation, loss, labels, further arguments, kind, squash
TABLE = [
    ((4,), "softmax", "sparse_categorical_crossentropy", INDEX, {}, "classes", "softmax"),
    ((4,), "softmax", "categorical_crossentropy", ONE_HOT, {}, "classes", "softmax"),
    ((4,), "softmax", L.CategoricalFocalCrossentropy(), SOFT, {}, "classes", "softmax"),
    ((4,), "softmax", "mse", ONE_HOT, {}, "classes", "softmax"),
    ((4,), "softmax", None, None, {}, "classes", "softmax"),
    (
        (4,),
        "linear",
        L.SparseCategoricalCrossentropy(from_logits=True),
        INDEX,
        {},
        "classes",
        "softmax",
    ),
    ((4,), "linear", L.CategoricalCrossentropy(from_logits=True), SOFT, {}, "classes", "softmax"),
    ((4,), "linear", "sparse_categorical_crossentropy", INDEX[:, None], {}, "classes", None),
    ((4,), "linear", None, INDEX, {}, "classes", "softmax"),
    ((4,), "linear", None, ONE_HOT, {}, "classes", "softmax"),
    ((4,), "linear", None, None, {"names": list("abcd")}, "classes", "softmax"),
    ((4,), "linear", None, None, {}, "unknown", None),
    ((4,), "linear", "kld", SOFT, {}, "classes", None),
    ((4,), "linear", "categorical_hinge", ONE_HOT, {}, "classes", None),
    ((4,), "sigmoid", "binary_crossentropy", MANY_HOT, {}, "multilabel", "sigmoid"),
    ((4,), "sigmoid", "binary_crossentropy", ONE_HOT, {}, "classes", "sigmoid"),
    ((4,), "sigmoid", "binary_crossentropy", None, {}, "multilabel", "sigmoid"),
    ((4,), "sigmoid", "sparse_categorical_crossentropy", INDEX, {}, "classes", "sigmoid"),
    ((4,), "sigmoid", "mse", NUMBERS, {}, "regression", "sigmoid"),
    (
        (4,),
        "linear",
        L.BinaryCrossentropy(from_logits=True),
        MANY_HOT,
        {},
        "multilabel",
        "sigmoid",
    ),
    ((4,), "linear", Weighted(from_logits=True), MANY_HOT, {}, "multilabel", "sigmoid"),
    (
        (2,),
        "linear",
        L.BinaryCrossentropy(from_logits=True),
        np.eye(2)[HALVES],
        {},
        "classes",
        "sigmoid",
    ),
    ((4,), "linear", None, MANY_HOT, {}, "multilabel", "sigmoid"),
    ((4,), "linear", "mse", NUMBERS, {}, "regression", None),
    ((4,), "linear", L.Huber(), ONE_HOT, {}, "regression", None),
    ((4,), "linear", None, NUMBERS, {}, "regression", None),
    ((4,), "linear", triplet_loss, INDEX, {}, "unknown", None),
    ((4,), "linear", "cosine_similarity", NUMBERS, {}, "unknown", None),
    ((1,), "sigmoid", "binary_crossentropy", HALVES, {}, "binary", "sigmoid"),
    ((1,), "sigmoid", "binary_crossentropy", HALVES[:, None], {}, "binary", "sigmoid"),
    ((1,), "sigmoid", None, None, {}, "binary", "sigmoid"),
    ((1,), "sigmoid", "mse", HALVES, {}, "binary", "sigmoid"),
    ((1,), "sigmoid", "mse", NUMBERS[:, 0], {}, "regression", "sigmoid"),
    ((1,), "linear", L.BinaryCrossentropy(from_logits=True), HALVES, {}, "binary", "sigmoid"),
    ((), "linear", L.BinaryCrossentropy(from_logits=True), HALVES, {}, "binary", "sigmoid"),
    ((1,), "linear", "binary_crossentropy", HALVES, {}, "binary", None),
    (
        (1,),
        "linear",
        functools.partial(L.binary_crossentropy, from_logits=True),
        HALVES,
        {},
        "binary",
        "sigmoid",
    ),
    ((1,), "linear", "hinge", SIGNS, {}, "binary", None),
    ((1,), "linear", focal_loss, HALVES, {}, "binary", "sigmoid"),
    ((1,), "linear", "mse", HALVES, {"names": ["no", "yes"]}, "regression", None),
    ((1,), "linear", "mae", AGES, {}, "regression", None),
    ((1,), "linear", "huber", NUMBERS[:, :1], {}, "regression", None),
    ((1,), "linear", L.LogCosh(), None, {}, "regression", None),
    ((1,), "linear", None, AGES, {}, "regression", None),
    ((1,), "linear", None, None, {}, "regression", None),
    ((1,), "softmax", "categorical_crossentropy", None, {}, "unknown", "softmax"),
    ((6, 6, 3), "softmax", "sparse_categorical_crossentropy", MAPS, {}, "mask", "softmax"),
    (
        (6, 6, 3),
        "linear",
        L.SparseCategoricalCrossentropy(from_logits=True),
        MAPS,
        {},
        "mask",
        "softmax",
    ),
    ((6, 6, 3), "linear", None, MAPS, {}, "mask", "softmax"),
    ((6, 6, 1), "sigmoid", "binary_crossentropy", OBJECT, {}, "mask", "sigmoid"),
    ((6, 6, 1), "sigmoid", L.Dice(), OBJECT[..., None], {}, "mask", "sigmoid"),
    ((6, 6), "sigmoid", "binary_crossentropy", OBJECT, {}, "mask", "sigmoid"),
    ((6, 6, 1), "sigmoid", None, None, {}, "mask", "sigmoid"),
    (
        (6, 6, 1),
        "linear",
        L.BinaryCrossentropy(from_logits=True),
        OBJECT,
        {},
        "mask",
        "sigmoid",
    ),
    ((6, 6, 1), "sigmoid", "binary_crossentropy", GREY, {"inputs": GREY}, "image", "sigmoid"),
    ((6, 6, 1), "sigmoid", "binary_crossentropy", None, {"inputs": GREY}, "image", "sigmoid"),
    (
        (6, 6),
        "sigmoid",
        "mse",
        GREY[..., 0],
        {"inputs": GREY[..., 0]},
        "image",
        "sigmoid",
    ),
    (
        (6, 6, 1),
        "sigmoid",
        "binary_crossentropy",
        (GREY > 0.5).astype("float32"),
        {"inputs": (GREY > 0.5).astype("float32")},
        "image",
        "sigmoid",
    ),
    ((6, 6, 3), "linear", "mae", PHOTOS, {}, "image", None),
    ((6, 6, 3), "linear", None, None, {"inputs": NUMBERS, "pictures": False}, "image", None),
    ((6, 6, 1), "linear", "mse", MAPS, {}, "image", None),
    ((7, 7, 64), "linear", None, None, {}, "unknown", None),
    (
        (108,),
        "sigmoid",
        "binary_crossentropy",
        PHOTOS.reshape(N, 108),
        {"inputs": PHOTOS.reshape(N, 108)},
        "image",
        "sigmoid",
    ),
    ((4,), "linear", "mse", NUMBERS, {"word": "classes"}, "classes", None),
    ((4,), "linear", None, ONE_HOT, {"word": "regression"}, "regression", None),
    ((4,), "sigmoid", None, ONE_HOT, {"word": "multilabel"}, "multilabel", "sigmoid"),
    ((1,), "linear", None, HALVES, {"word": "classes"}, "binary", "sigmoid"),
    ((4,), "softmax", None, INDEX, {"word": "mask"}, "classes", "softmax"),
    ((6, 6, 3), "linear", None, None, {"word": "mask"}, "mask", "softmax"),
]
IDS = [f"{s}-{a}-{loss_of(x).name}-{i}" for i, (s, a, x, *_) in enumerate(TABLE)]


def told(shape, activation, loss, labels, more):
    given = {"inputs": PHOTOS} | more
    return task_of(shape=shape, activation=activation, loss=loss, labels=labels, **given)


@pytest.mark.parametrize(
    ("shape", "activation", "loss", "labels", "more", "kind", "squash"), TABLE, ids=IDS
)
def test_what_an_output_is(shape, activation, loss, labels, more, kind, squash):
    found = told(shape, activation, loss, labels, more)
    assert (found.kind, found.squash) == (kind, squash), found.why
    assert found.why.count("\n") == 0
    assert 10 < len(found.why) < 200


@pytest.mark.parametrize(
    ("shape", "activation", "loss", "labels", "more", "kind", "squash"), TABLE, ids=IDS
)
def test_what_is_said_is_what_keras_says(shape, activation, loss, labels, more, kind, squash):
    """The logits are the inputs of a model that only squashes them, so Keras sees the output."""
    found = told(shape, activation, loss, labels, more)
    logits = (3 * np.random.default_rng(1).normal(size=(N, *shape))).astype("float32")
    inputs = keras.Input(shape)
    outputs = keras.layers.Activation(activation)(inputs)
    model = keras.Model(inputs, outputs)
    out = np.asarray(model(logits))
    likely = found.probabilities(logits)
    if squash == activation and likely is not None:
        np.testing.assert_allclose(likely.reshape(out.shape), out, atol=1e-5)
    if kind in ("regression", "image"):
        np.testing.assert_allclose(found.values(logits).reshape(out.shape), out, rtol=1e-4)
    lines = captions(found, logits, labels)
    if kind not in ("classes", "binary", "mask"):
        assert kind == "multilabel" or found.predicted(logits) is None
        assert kind != "unknown" or lines == [[]] * N

    def evaluated(metric, wanted):
        model.compile(loss=triplet_loss, metrics=[metric], run_eagerly=True)
        return model.evaluate(logits, wanted, verbose=0, return_dict=True)[metric.name]

    if kind in ("regression", "image") and np.size(labels) == out.size and labels is not None:
        error = evaluated(keras.metrics.MeanAbsoluteError(), np.reshape(labels, out.shape))
        assert found.agreement(logits, labels).mean() == pytest.approx(error, rel=1e-4)
        if kind == "regression" and out.size == N:
            numbers = [float(each[1].removeprefix("pred ").replace("−", "-")) for each in lines]
            np.testing.assert_allclose(numbers, out.ravel(), rtol=6e-3)
    if kind == "mask" and labels is not None:
        metric = keras.metrics.SparseCategoricalAccuracy()
        if found.units == 1:
            metric = keras.metrics.BinaryAccuracy(threshold=0.5 if activation == "sigmoid" else 0.0)
        wanted = np.reshape(labels, out.shape if found.units == 1 else out.shape[:-1])
        right = np.mean(found.label_maps(logits).reshape(wanted.shape) == wanted)
        assert right == pytest.approx(evaluated(metric, wanted), abs=1e-6)
    if kind not in ("classes", "binary", "multilabel") or labels is None:
        return
    wrong = found.wrong(logits, labels)
    if kind == "multilabel":
        said = likely > 0.5
        np.testing.assert_array_equal(wrong, (said != (labels > 0.5)).any(axis=1))
        metric = keras.metrics.BinaryAccuracy(threshold=0.5 if activation == "sigmoid" else 0.0)
        assert (said == (labels > 0.5)).mean() == pytest.approx(evaluated(metric, labels))
        listed = [len(re.findall(r"\d \d\.\d\d", each[1].split("(")[0])) for each in lines]
        np.testing.assert_array_equal(listed, said.sum(axis=1))
        return
    if kind == "binary":
        cut = {"sigmoid": 0.5}.get(activation, 0.0 if squash or loss == "hinge" else 0.5)
        metric = keras.metrics.BinaryAccuracy(threshold=cut)
        wanted = np.reshape(np.maximum(labels, 0), out.shape)
    elif labels.shape[-1] == shape[-1] and labels.ndim == 2:
        metric, wanted = keras.metrics.CategoricalAccuracy(), labels
    else:
        metric, wanted = keras.metrics.SparseCategoricalAccuracy(), labels
    accuracy = evaluated(metric, wanted)
    assert 1 - wrong.mean() == pytest.approx(accuracy)
    words = [[line.replace("class ", "").split()[1] for line in each] for each in lines]
    assert np.mean([true == said for true, said in words]) == pytest.approx(accuracy)


def test_one_unit_stands_for_class_1():
    for logits in (np.array([[-2.0], [3.0]]), np.array([-2.0, 3.0])):
        binary = task_of(shape=logits.shape[1:], activation="sigmoid", labels=[0, 1])
        said = captions(binary, logits, [1, 1], ["dark", "bright"])
        assert said == [["true bright", "pred dark 0.88"], ["true bright", "pred bright 0.95"]]
        assert binary.wrong(logits, [1, 1]).tolist() == [True, False]
        assert spoken(binary, logits, 1, ["dark", "bright"]) == ["bright 0.12", "bright 0.95"]
        assert binary.top(logits)[1][0] == (1, pytest.approx(1 / (1 + np.exp(-3))))


def test_a_hinge_has_a_sign_and_no_probability():
    hinge = task_of(shape=(1,), loss="hinge", labels=[-1, 1])
    assert captions(hinge, [[-0.2], [0.3]], [1, 1]) == [
        ["true class 1", "pred class 0"],
        ["true class 1", "pred class 1"],
    ]


def test_a_regression_is_a_number():
    one = task_of(shape=(1,), loss="mae", labels=[3, 4])
    assert captions(one, [[0.058], [-1234.56]], np.array([0.06, 41])) == [
        ["true 0.06", "pred 0.058"],
        ["true 41", "pred −1235"],
    ]
    assert one.wrong([[1.0], [2.0]], [3, 4]) is None
    assert one.truth([3, 4]) is None
    box = task_of(shape=(4,), loss="huber")
    assert measured(box, [4.5], 3, ["x", "y", "w", "h"]) == ["h 4.5"]
    assert measured(box, [4.5], 3) == ["unit 3 4.5"]
    assert captions(box, [[1, 2, 3, 4.5]]) == [["pred 1, 2, 3, 4.5"]]


def test_several_labels_are_each_yes_or_no():
    many = task_of(shape=(3,), loss=L.BinaryCrossentropy(from_logits=True), labels=MANY_HOT[:, :3])
    logits = [[3.0, -3, 1], [-3, -1, -2]]
    assert captions(many, logits, [[1, 0, 0], [0, 0, 0]], list("abc")) == [
        ["true a", "pred a 0.95, c 0.73"],
        ["true none", "pred none (b 0.27)"],
    ]
    assert many.wrong(logits, np.array([[1, 0, 0], [0, 0, 0]])).tolist() == [True, False]


def test_a_map_that_is_mostly_background_is_background():
    road = np.zeros((2, 10, 10), int)
    road[0, 0, :] = 1
    road[0, 1, :3] = 2
    road[1, :6] = 2
    logits = np.eye(3)[road] * 4
    maps = task_of(shape=(10, 10, 3), activation="softmax", labels=road)
    names = ["road", "car", "sky"]
    assert maps.truth(road).tolist() == [0, 2]
    assert captions(maps, logits, road, names) == [
        ["true road 87 %", "pred road 87 %", "IoU 1.00"],
        ["true sky 60 %", "pred sky 60 %", "IoU 1.00"],
    ]
    assert maps.wrong(logits, road) is None


def test_void_pixels_of_a_map_do_not_count():
    true = np.full((1, 4, 4), 255)
    true[0, 0] = [0, 0, 1, 1]
    maps = task_of(shape=(4, 4, 1), activation="sigmoid", labels=true)
    assert maps.kind == "mask"
    logits = np.where(true == 1, 2.0, -2.0)[..., None]
    logits[0, 1:] = 5
    assert captions(maps, logits, true)[0] == ["true class 1 50 %", "pred class 1 88 %", "IoU 1.00"]


def test_iou_and_errors_are_numpys():
    guess, true = np.array([[[1, 1], [0, 0]]]), np.array([[[1, 0], [0, 0]]])
    maps = Task("mask", units=1, classes=2, squash="sigmoid", space=2)
    assert maps.agreement(guess[..., None] * 2.0 - 1, true).tolist() == [0.5]
    many = Task("mask", units=2, classes=2, squash="softmax", space=2)
    assert many.agreement(np.eye(2)[guess], true)[0] == pytest.approx((1 / 2 + 2 / 3) / 2)
    photo = Task("image", units=3, space=2)
    assert photo.agreement(PHOTOS + 0.25, PHOTOS) == pytest.approx(0.25)


def test_probabilities_that_were_not_told_as_such_are_left():
    mean = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]])
    unknown = task_of(shape=(4,), labels=INDEX)
    np.testing.assert_array_equal(unknown.probabilities(mean), mean)
    plain = task_of(shape=(4,), loss="sparse_categorical_crossentropy", labels=INDEX)
    np.testing.assert_allclose(plain.probabilities(mean * 2), mean)
    assert plain.probabilities(mean - 1) is None  # what the loss would take is no probability
    assert captions(plain, mean - 1) == [["pred class 3"], ["pred class 0"]]


def test_labels_out_of_range_are_no_class():
    some = task_of(shape=(4,), activation="softmax", labels=INDEX)
    logits = np.eye(4)[:3]
    assert some.truth([0, -1, 9]).tolist() == [0, -1, -1]
    assert some.wrong(logits, [1, -1, 9]).tolist() == [True, False, False]
    assert captions(some, logits, [1, -1, 9])[1][0] == "true –"


def test_nan_is_no_class():
    for activation, shape in (("softmax", (3,)), ("sigmoid", (1,))):
        found = task_of(shape=shape, activation=activation, labels=[0, 1])
        logits = np.full((2, *shape), np.nan)
        logits[1] = np.arange(shape[0]) + 1
        said = captions(found, logits, [0, 1])
        assert said[0] == ["true class 0", "pred – NaN"]
        assert said[1][1].startswith("pred ")
        assert "NaN" not in said[1][1]
        assert found.wrong(logits, [0, 1])[0]
    number = task_of(shape=(1,), loss="mse")
    assert captions(number, [[np.inf]], [2.0]) == [["true 2", "pred ∞"]]


def test_top_five():
    found = task_of(shape=(10,), activation="softmax").top(np.arange(20.0).reshape(2, 10))
    assert [c for c, _ in found[0]] == [9, 8, 7, 6, 5]
    assert found[0][0][1] == pytest.approx(1 - np.exp(-1), abs=1e-3)


@pytest.mark.parametrize(
    ("loss", "output", "index", "name", "from_logits"),
    [
        ("mse", "", 0, "mean_squared_error", False),
        ("MeanSquaredError", "", 0, "mean_squared_error", False),
        (L.MeanSquaredError, "", 0, "mean_squared_error", False),
        (L.mean_squared_error, "", 0, "mean_squared_error", False),
        ({"a": "mae", "b": L.Huber()}, "b", 0, "huber", False),
        ({"a": "mae", "b": "mse"}, "c", 0, "", None),
        (["mae", None, "bce"], "", 2, "binary_crossentropy", False),
        (["mae", None, "bce"], "", 1, "", None),
        (L.BinaryCrossentropy(from_logits=True), "", 0, "binary_crossentropy", True),
        (Weighted(from_logits=True), "", 0, "binary_crossentropy", True),
        (focal_loss, "", 0, "focal_loss", None),
        (lambda y, p: 0, "", 0, "lambda", None),
        (None, "", 0, "", None),
    ],
)
def test_a_loss_has_one_name(loss, output, index, name, from_logits):
    found = loss_of(loss, output, index)
    assert (found.name, found.from_logits) == (name, from_logits)
    assert task.loss_name(loss, output, index) == name


def test_every_loss_of_keras_has_a_name_and_a_family():
    nameless = [
        name
        for name in dir(L)
        if isinstance(getattr(L, name), type)
        and name != "Loss"
        and not loss_of(getattr(L, name)).family
    ]
    assert nameless == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.058, "0.058"),
        (3.0, "3"),
        (-0.0, "0"),
        (123456.7, "123457"),
        (1e9, "1e+09"),
        (np.nan, "NaN"),
    ],
)
def test_numbers_in_captions(value, words):
    assert task.number(value) == words
