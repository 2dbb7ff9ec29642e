"""Probes of anything: what kind they are, what is drawn of them, and what a model makes of them."""

import pickle
import warnings

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kerasvis2 import Probe
from kerasvis2.probe import DisplayError

layers = keras.layers
DRAW = np.random.default_rng(0)


def floats(*shape):
    return DRAW.normal(size=(3, *shape)).astype("float32")


def ids(*shape, dtype="int64"):
    return DRAW.integers(0, 40, size=(3, *shape)).astype(dtype)


@pytest.mark.filterwarnings("ignore:display=")
@pytest.mark.parametrize(
    ("inputs", "more", "kind"),
    [
        (floats(8, 8, 1), {}, "pictures"),
        (floats(28, 28), {}, "pictures"),
        (floats(64, 48), {}, "pictures"),
        (floats(1, 1, 3), {}, "pictures"),
        (floats(3, 32, 32), {}, "pictures"),
        (floats(784), {}, "pictures"),
        (ids(784, dtype="uint8"), {}, "pictures"),
        (floats(64), {"display": lambda x: x.reshape(-1, 8, 8)}, "pictures"),
        (floats(200, 1), {}, "signals"),
        (floats(10, 4), {}, "signals"),
        (floats(128, 9), {}, "signals"),
        (floats(16000, 1), {}, "signals"),
        (floats(30, 40), {"feature_names": [f"c{i}" for i in range(40)]}, "signals"),
        (floats(12), {}, "tables"),
        (floats(), {}, "tables"),
        (ids(12), {"feature_names": list("abcdefghijkl")}, "tables"),
        (ids(12, dtype="uint8"), {}, "tables"),
        (ids(16), {}, "tokens"),
        (ids(16, dtype="int32"), {}, "tokens"),
        (ids(16).astype("float32"), {"tokens": [f"w{i}" for i in range(40)]}, "tokens"),
        (floats(8, 8, 8, 1), {}, "volumes"),
        (floats(5, 9, 7, 2), {"display": (-3, 3)}, "volumes"),
        (floats(2, 3, 4, 5, 6), {}, "arrays"),
        (np.array(["good film", "bad", ""]), {}, "text"),
        (np.array([[b"good"], [b"bad"], [b""]]), {}, "text"),
        (["good film", "bad film", "film"], {}, "text"),
    ],
)
def test_kind(inputs, more, kind):
    probe = (
        pickle.loads(pickle.dumps(Probe(inputs, **more)))
        if "display" not in more
        else (Probe(inputs, **more))
    )
    assert probe.kind == probe.shown.kind == kind
    assert probe.size == 3
    assert (probe.images is not None) == (kind in ("pictures", "volumes"))
    if probe.images is not None:
        assert probe.images.shape[-1] in (1, 3)
        assert 0 <= probe.images.min() <= probe.images.max() <= 1
    assert kind in repr(probe).replace("images", "pictures").replace("examples", "arrays")
    np.testing.assert_array_equal(probe.drawn, np.asarray(inputs))


def test_what_is_drawn_of_each():
    signal = Probe(floats(20, 2), feature_names=["ecg", "pulse"])
    np.testing.assert_array_equal(signal.shown.values, signal.inputs)
    assert signal.shown.names == ("ecg", "pulse")
    table = Probe(np.array([1.0, 2, 3]), feature_names=["age"])
    assert table.shown.values.tolist() == [[1], [2], [3]]
    assert table.shown.names == ("age",)
    assert Probe(["a b", "c"]).shown.words == (("a b",), ("c",))
    volume = Probe(floats(5, 6, 7, 1), display=(-4, 4))
    np.testing.assert_allclose(volume.images, (volume.inputs[:, 2] + 4) / 8, rtol=1e-5)
    assert volume.shown.values.shape == (3, 5, 6, 7, 1)
    with pytest.raises(ValueError, match="read-only"):
        table.shown.values[0] = 1
    for probe in (signal, table):
        with pytest.raises(DisplayError, match="no picture"):
            probe.to_display(probe.drawn)
        with pytest.raises(DisplayError, match=r"Give the probe display=\(low, high\)"):
            probe.from_display(0)
    assert float(Probe(floats(20, 2), display=(-1, 3)).from_display(0.5)) == 1


class Tokenizer:
    def id_to_token(self, i):
        return ["zero", "one"][i]


@pytest.mark.parametrize(
    "tokens",
    [
        ["zero", "one"],
        np.array(["zero", "one"]),
        {"zero": 0, "one": 1},
        {0: "zero", 1: "one"},
        {"0": "zero", "1": "one"},
        Tokenizer(),
        lambda row: [("zero", "one", "#2")[i] for i in row],
        lambda i: ("zero", "one", "#2")[i],
    ],
)
def test_tokens_have_words(tokens):
    probe = Probe(np.array([[1, 0, 2], [0, 0, 1]]), tokens=tokens)
    assert probe.shown.words == (("one", "zero", "#2"), ("zero", "zero", "one"))
    assert probe.shown.values.tolist() == [[1, 0, 2], [0, 0, 1]]


def test_the_vocabulary_of_a_layer():
    layer = layers.TextVectorization(output_mode="int")
    layer.set_vocabulary(["good", "bad"])
    probe = Probe(np.array([[2, 3, 1, 0]]), tokens=layer)
    assert probe.shown.words == (("good", "bad", "[UNK]", ""),)


@pytest.mark.parametrize(
    ("inputs", "more", "message"),
    [
        (ids(4), {"tokens": "abc"}, "tokens='abc'; give a list"),
        (ids(4), {"tokens": 3}, "tokens is a int; give a list"),
        (ids(4), {"tokens": {"a": "b"}}, "a dict, but not from words to ids"),
        (ids(4), {"tokens": lambda x: 1 // 0}, "callable gives 4 words neither"),
        (floats(4), {"feature_names": ["a"]}, "feature_names has 1 names, but .* have 4 features"),
        (floats(9, 2), {"feature_names": ["a"]}, "have 2 channels"),
        (floats(4), {"task": "class"}, "task='class'; give one of 'classes'"),
        (floats(4), {"masks": np.ones((3, 5))}, r"masks has shape \(3, 5\)"),
        (floats(8, 8), {"labels": ["cat", "dog", "cat"]}, "labels are names .'cat'.*class_names="),
        (
            floats(8, 8),
            {"labels": ["cat", "cow", "cat"], "class_names": ["cat", "dog"]},
            "labels name 'cow', which class_names",
        ),
    ],
)
def test_bad_words(inputs, more, message):
    with pytest.raises(ValueError, match=message):
        Probe(inputs, display=(-4, 4), **more)
    with pytest.raises(TypeError, match="feature_names"):
        Probe(floats(4), feature_names="abcd")


def test_labels_that_are_names():
    names = ["cat", "dog"]
    probe = Probe(floats(4), ["dog", "cat", "dog"], class_names=names)
    assert probe.labels.tolist() == [1, 0, 1]
    assert not probe.labels.flags.writeable
    assert probe.fingerprint == Probe(probe.inputs, [1, 0, 1]).fingerprint
    column = np.array([["dog"], ["cat"], ["dog"]])
    assert Probe(floats(4), column, class_names=names).labels.tolist() == [[1], [0], [1]]
    assert Probe(floats(4), np.array([b"dog"] * 3), class_names=names).labels.tolist() == [1] * 3
    several = Probe(floats(4), {"pet": ["dog"] * 3, "age": [30, 40, 99]}, class_names=names)
    assert several.labels_of("pet").tolist() == [1, 1, 1]
    assert several.labels_of("age").tolist() == [30, 40, 99]
    assert several.labels_of("name", 2) is None


def test_a_regression_may_have_whole_numbers_beyond_the_names():
    Probe(floats(4), [30, 40, 50], class_names=["age"], task="regression")


def test_the_task_of_an_output():
    probe = Probe(floats(4), {"pet": [1, 0, 1], "age": [30, 40, 99]}, class_names=["cat", "dog"])
    assert probe.task_of((2,), "softmax", name="pet").kind == "classes"
    assert probe.task_of((1,), "linear", {"age": "mse"}, name="age", index=1).kind == "regression"
    words = Probe(floats(4), [1, 0, 1], task={"pet": "classes"})
    assert words.task_of((1,), "linear", "mse", name="pet").kind == "binary"
    assert words.task_of((1,), "linear", "mse", name="age", index=1).kind == "regression"


def mlp(shape, dtype="float32", units=4):
    image = keras.Input(shape, dtype=dtype)
    return keras.Model(image, layers.Dense(units)(layers.Flatten()(image)))


def embedded(length=16):
    tokens = keras.Input((length,))
    x = layers.GlobalAveragePooling1D()(layers.Embedding(50, 4)(tokens))
    return keras.Model(tokens, layers.Dense(2)(x))


def generator():
    z = keras.Input((12,))
    return keras.Model(z, layers.Reshape((4, 4, 1))(layers.Dense(16)(z)))


@pytest.mark.parametrize(
    ("inputs", "model", "kind"),
    [
        (ids(16), embedded, "tokens"),
        (ids(16).astype("float32"), embedded, "tokens"),
        (ids(16, dtype="uint8"), embedded, "tokens"),
        (ids(12), lambda: mlp((12,)), "tables"),
        (floats(12), generator, "latent"),
        (floats(12), lambda: mlp((12,)), "tables"),
        (floats(12), lambda: keras.Sequential([layers.Dense(2)]), "tables"),
    ],
)
def test_a_model_settles_what_numbers_are(inputs, model, kind):
    probe = Probe(inputs)
    probe.check(model())
    taken = probe.prepared(model())
    assert taken.kind == taken.shown.kind == kind
    assert taken.fingerprint == probe.fingerprint
    assert taken.prepared(model()) is taken


@pytest.mark.filterwarnings("ignore:display=")
@pytest.mark.parametrize(
    ("given", "taken"), [((8, 8), (8, 8, 1)), ((8, 8, 1), (8, 8)), ((64, 1), (64,)), ((9,), (9, 1))]
)
def test_keras_adds_and_takes_the_last_axis_and_so_do_we(given, taken):
    model = mlp(taken)
    probe = Probe(floats(*given))
    probe.check(model)
    prepared = probe.prepared(model)
    assert prepared.inputs.shape == (3, *taken)
    np.testing.assert_allclose(
        model.predict(probe.inputs, verbose=0), model(prepared.inputs), rtol=1e-5
    )
    if probe.images is not None:
        np.testing.assert_array_equal(prepared.to_display(prepared.drawn), probe.images)


def test_a_display_of_ones_own_survives_another_axis():
    probe = Probe(floats(8, 8), display=lambda x: (x.transpose(0, 2, 1) + 4) / 8)
    prepared = probe.prepared(mlp((8, 8, 1)))
    np.testing.assert_array_equal(prepared.to_display(prepared.drawn), probe.images)
    assert float(np.unique(prepared.from_display(0.0).round(3)).item()) == -4


class Resized(keras.Model):
    """As KerasHub's models: what `predict` and `fit` apply is no layer of the model."""

    def __init__(self, preprocessor, model):
        super().__init__(inputs=model.inputs, outputs=model.outputs)
        object.__setattr__(self, "preprocessor", preprocessor)

    def predict(self, x, **kwargs):
        return super().predict(self.preprocessor(x), **kwargs)


def test_a_preprocessor_is_applied():
    pictures = DRAW.integers(0, 256, size=(3, 8, 8, 3)).astype("uint8")
    model = Resized(layers.Rescaling(1 / 100, -0.5), mlp((8, 8, 3)))
    probe = Probe(pictures)
    prepared = probe.prepared(model)
    np.testing.assert_allclose(prepared.inputs, pictures / 100 - 0.5, rtol=1e-5)
    np.testing.assert_allclose(model(prepared.inputs), model.predict(pictures), rtol=1e-4)
    np.testing.assert_allclose(prepared.images, probe.images, atol=1e-5)
    np.testing.assert_allclose(prepared.from_display(np.zeros(3)), [-0.5] * 3, atol=1e-5)
    both = keras.Sequential([layers.Resizing(4, 4), layers.Rescaling(1 / 100, -0.5)])
    smaller = probe.prepared(Resized(both, mlp((4, 4, 3))))
    np.testing.assert_allclose(smaller.images * 255 / 100 - 0.5, smaller.inputs, atol=1e-4)
    assert smaller.display_note is None


def test_a_text_preprocessor_is_applied():
    class Words:
        def __init__(self):
            self.tokenizer = {"good": 1, "bad": 2, "film": 3}

        def __call__(self, texts):
            ids = [[self.tokenizer[w] for w in str(t).split()] for t in texts]
            return {"token_ids": np.array(ids), "padding_mask": np.ones((len(ids), 2))}

    model = Resized(Words(), embedded(2))
    prepared = Probe(["good film", "bad film"]).prepared(model)
    assert prepared.kind == "tokens"
    assert prepared.image_key == "token_ids"
    assert prepared.shown.words == (("good", "film"), ("bad", "film"))


def test_a_preprocessor_that_is_a_layer_is_called_by_the_model():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.preprocessor, self.dense = layers.Rescaling(2.0), layers.Dense(2)

        def call(self, x):
            return self.dense(self.preprocessor(x))

    probe = Probe(floats(12))
    assert probe.prepared(Own()).inputs is probe.inputs


class NoCall(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = mlp((12,))

    def train_step(self, data):
        return {}


@pytest.mark.parametrize(
    "model",
    [
        NoCall,
        lambda: keras.Sequential([layers.Dense(3)]),
        lambda: keras.Sequential(),
        lambda: layers.Dense(3),
        lambda: object(),
    ],
)
def test_an_unusual_model_is_no_bad_input(model):
    probe = Probe(floats(12), [0, 1, 99])
    probe.check(model())
    assert probe.prepared(model()).kind == "tables"


def test_labels_that_a_loss_of_ones_own_takes_are_not_judged():
    model = mlp((12,))
    model.compile(loss=lambda y, p: keras.ops.mean(p))
    Probe(floats(12), [0, 1, 99]).check(model)
    Probe(floats(12), floats(7, 3)).check(model)
    with pytest.raises(ValueError, match="class 99"):
        Probe(floats(12), [0, 1, 99]).check(mlp((12,)))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("model.keras", r"a path; give the model itself: keras.models.load_model\(path\)"),
        (keras.Model, "the class Model; give an instance"),
    ],
)
def test_what_is_no_model(model, message):
    with pytest.raises(ValueError, match=message):
        Probe(floats(12)).check(model)


def test_a_model_of_keras_2():
    old = type("Sequential", (), {"__module__": "tf_keras.src.engine.sequential"})()
    with pytest.raises(ValueError, match="tf_keras, which is Keras 2; Keras 3 is needed"):
        Probe(floats(12)).check(old)


@pytest.mark.parametrize("shape", [(28, 28, 1), (28, 28), (12,), (200, 1), (10, 4), (8, 8, 8, 1)])
@pytest.mark.filterwarnings("ignore:display=")
def test_an_errors_own_advice_works(shape):
    """One example without a batch is told so, by its label or the model, and x[None] does it."""
    x, model = floats(*shape)[0], mlp(shape)
    with pytest.raises(ValueError, match=r"x\[:1\]"):
        Probe(x, 3)
    if len(shape) > 1:
        with pytest.raises(ValueError, match=r"give x\[None\]"):
            Probe(x).check(model)
    Probe(x[None], [3]).check(model)


LENGTHS = st.sampled_from([1, 2, 3, 4, 5, 13, 28])
DTYPES = st.sampled_from(
    ["bool", "uint8", "int8", "uint16", "int32", "int64", "float16", "float32", "float64"]
)
SCALES = st.sampled_from([0.0, 1.0, 0.01, 255.0, -3.0, 6e4, 1e30])


@st.composite
def batches(draw):
    shape = (draw(st.integers(1, 3)), *draw(st.lists(LENGTHS, max_size=4)))
    dtype, scale = draw(DTYPES), draw(SCALES)
    values = np.random.default_rng(draw(st.integers(0, 9))).normal(size=shape) * scale
    with np.errstate(all="ignore"):
        return np.nan_to_num(values.astype("float32").astype(dtype), posinf=1, neginf=-1)


@st.composite
def arguments(draw):
    batch = draw(batches())
    form = draw(st.sampled_from(["array", "dict", "list", "nested lists"]))
    other = np.ones((draw(st.sampled_from([len(batch), len(batch), 2])), 2))
    inputs = {
        "array": batch,
        "dict": {"b": batch, "a": other},
        "list": [other, batch],
        "nested lists": batch.tolist(),
    }[form]
    display = draw(
        st.sampled_from(
            [
                "auto",
                (0, 1),
                (-1.0, 300.0),
                lambda x: x.reshape(len(x), -1, 1),
                lambda x: np.moveaxis(x, 1, -1),
                lambda x: x[0],
            ]
        )
    )
    labels = draw(
        st.sampled_from([None, [0] * len(batch), np.eye(3)[: len(batch)], 3, [0.5] * len(batch)])
    )
    words = {}
    if draw(st.booleans()):
        words["task"] = draw(st.sampled_from(["classes", "regression", "mask"]))
    if draw(st.booleans()):
        words["tokens"] = list("abc")
    return inputs, labels, display, words


def tried(expected, call):
    try:
        return call(), None
    except expected as error:
        return None, error


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(arguments())
def test_a_probe_or_a_clear_error(given):
    inputs, labels, display, words = given
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # guesses; other warnings are errors
        warnings.simplefilter("error", RuntimeWarning)
        probe, error = tried(ValueError, lambda: Probe(inputs, labels, display=display, **words))
        if probe is None:
            assert len(str(error)) > 20
            return
        repr(probe)
        probe.limits()
        for call in (lambda: probe.from_display(0.0), lambda: probe.to_display(probe.drawn)):
            found, error = tried(DisplayError, call)
            assert len(str(error)) > 20 if found is None else np.isfinite(found).all()
        probe.arrange(probe.drawn)
        probe.task_of((3,), "softmax")
        probe.prepared(keras.Sequential())
    if probe.images is not None:
        assert probe.images.shape[-1] in (1, 3)
        assert 0 <= probe.images.min() <= probe.images.max() <= 1
