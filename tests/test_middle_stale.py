"""One rule of what has changed since a pass was traced: for `Monitor`, sessions and views alone."""

import event_files
import keras
import networks
import numpy as np
import pytest
from keras import layers, ops
from quiet import quiet

import kerasvis2 as kv

LOSS = "sparse_categorical_crossentropy"


class Scaled(layers.Layer):
    """What it computes stands in plain Python, changed in place."""

    def __init__(self, **options):
        super().__init__(**options)
        self.factors = [1.0, 1.0]
        self.table = {"shift": np.zeros(3, "float32")}
        self.options = _Options()

    def call(self, x):
        return ops.sin(x * self.factors[0] * self.factors[1] * self.options.inner["gain"])


class _Options:
    def __init__(self):
        self.inner = {"gain": 1.0}


def scaled(nest):
    keras.utils.set_random_seed(0)
    inside = [layers.Conv2D(4, 3, name="conv"), Scaled(name="scaled")]
    if nest:
        inside = [keras.Sequential([keras.Input(networks.SHAPE), *inside], name="inner")]
    model = keras.Sequential(
        [keras.Input(networks.SHAPE), *inside, layers.GlobalAveragePooling2D(), layers.Dense(5)]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def find(model, name):
    return next(each for each in model._flatten_layers() if each.name == name)


def _factor(model):
    find(model, "scaled").factors[1] = 0.01


def _inner(model):
    find(model, "scaled").options.inner["gain"] = 3.0


def _activation(model):
    find(model, "conv").activation = keras.activations.tanh


def _partial(model):
    find(model, "conv").activation = lambda x: 2 * x


CHANGES = [_factor, _inner, _activation, _partial]


def truth(model, probe):
    return kv.Saliency().compute(model, probe)["input"]


@pytest.mark.parametrize("nest", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changed_is_seen_by_sessions_and_by_views_alone(change, nest):
    model = scaled(nest)
    probe = kv.Probe(networks.images(3), networks.labels(3), display=(0, 1))
    view, session = kv.Saliency(), kv.Session(model, probe)
    before = session.compute(view)["input"], view.compute(model, probe)["input"]
    np.testing.assert_array_equal(*before)
    again = session.compute(view)["input"]
    np.testing.assert_array_equal(again, before[0])
    traces = session.traces
    session.compute(view)
    assert session.traces == traces  # nothing changed, nothing is traced
    change(model)
    x = ops.convert_to_tensor(networks.images(3))
    now = gradient(model, x)
    assert np.abs(now - before[0]).max() > 1e-3 * np.abs(now).max()
    np.testing.assert_allclose(session.compute(view)["input"], now, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(view.compute(model, probe)["input"], now, rtol=1e-4, atol=1e-7)


def gradient(model, x):
    """(N, H, W): by a plain tape."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = tf.gather(model(x), networks.labels(len(x)), axis=1, batch_dims=1)
    return np.abs(tape.gradient(scores, x).numpy()).max(axis=-1)


@pytest.mark.parametrize("unit", ["epoch", "batch"])
@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changed_in_a_fit_is_seen_at_the_next_look(tmp_path, change, unit):
    class Note(kv.Saliency):
        name = "note"
        noted = {}  # noqa: RUF012

        def draw(self, arrays, about):
            self.noted[about.step] = arrays["input"]
            return super().draw(arrays, about)

    Note.noted = {}
    model = scaled(nest=True)
    for layer in model.layers:
        layer.trainable = False  # what changes between two looks is what is changed here
    model.get_layer(index=-1).trainable = True
    model.compile(keras.optimizers.SGD(0.0), keras.losses.MeanSquaredError())
    probe = kv.Probe(networks.images(3), networks.labels(3), display=(0, 1), task="classes")
    at_half = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: epoch == 1 and change(model)
    )
    x = networks.images(8)
    monitor = kv.Monitor(tmp_path, probe, [Note()], unit=unit)
    model.fit(x, np.zeros((8, 5)), epochs=3, batch_size=8, verbose=0, callbacks=[monitor, at_half])
    first, *later = [array for _, array in sorted(Note.noted.items())]
    now = gradient(model, ops.convert_to_tensor(networks.images(3)))
    assert np.abs(now - first).max() > 1e-3 * np.abs(now).max()
    assert len(later) == 2
    for array in later:
        np.testing.assert_allclose(array, now, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("write", [networks.functional, networks.nested, networks.subclassed])
def test_after_unfreezing_and_compiling_anew_steps_go_on_counting(tmp_path, write):
    model = write()
    body = [w for w in model._flatten_layers() if w.name in ("conv1", "conv2", "norm")]
    for layer in body:
        layer.trainable = False
    model.compile("sgd", LOSS)
    probe = kv.Probe(networks.images(6), networks.labels(6), display=(0, 1))
    health = kv.LayerHealth(gradients=True)
    monitor = kv.Monitor(tmp_path, probe, [health, kv.Curves()])
    x, y = networks.images(16), networks.labels(16)
    with quiet():
        model.fit(x, y, epochs=2, batch_size=8, verbose=0, callbacks=[monitor])
        for layer in body:
            layer.trainable = True
        model.compile(keras.optimizers.SGD(0.1), LOSS)
        model.fit(x, y, initial_epoch=2, epochs=4, batch_size=8, verbose=0, callbacks=[monitor])
    assert int(monitor._watching.session._iterations()) == 8  # of both optimizers
    drawn = [t for t in event_files.tags(tmp_path / "vis", "images") if "layer_health" in t]
    assert event_files.steps(tmp_path / "vis", drawn[0]) == [0, 1, 2, 3]


def test_the_loss_is_the_one_compiled_last():
    model = networks.functional()
    probe = kv.Probe(networks.images(5), networks.labels(5), display=(0, 1))
    session, view = kv.Session(model, probe), kv.LayerHealth(layers="conv2", gradients=True)
    found = {}
    for scale in (1.0, 100.0):
        model.compile("sgd", lambda y, p, s=scale: s * keras.losses.get(LOSS)(y, p))
        arrays = session.compute(view)
        found[scale] = {key: value for key, value in arrays.items() if "gradient" in str(key)}
    assert found[1.0]
    for key, value in found[1.0].items():  # sums of squares
        np.testing.assert_allclose(found[100.0][key], 100**2 * value, rtol=1e-3, err_msg=key)


def test_layers_added_and_taken_away_are_seen():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input(networks.SHAPE),
            layers.Conv2D(4, 3, name="one"),
            layers.Conv2D(4, 3, name="two"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5),
        ]
    )
    probe = kv.Probe(networks.images(3), networks.labels(3), display=(0, 1))
    session, view = kv.Session(model, probe), kv.Activations(layers="all")
    assert {"one", "two"} <= set(session.compute(view))
    head = model.layers[-1]
    model.pop()
    model.add(layers.Dense(7, name="wider"))
    model.add(head.__class__(5, name="last"))
    found = session.compute(view)
    assert found["wider"].shape == (3, 7)
    assert found["last"].shape == (3, 5)
