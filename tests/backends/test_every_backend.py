"""What holds on TensorFlow, PyTorch and JAX alike; runs on the one that KERAS_BACKEND names."""

import gc
import random
from typing import Any

import event_files
import keras
import networks
import numpy as np
import pytest
from keras import layers, ops
from toys import counting, one_conv

import kerasvis2 as kv


def numpy(tensor: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(tensor))


def probe(count: int = 7) -> Any:
    return kv.Probe(networks.images(count), networks.labels(count), display=(0, 1))


def compiled(make: Any = networks.functional) -> Any:
    model = make()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# Worked out by hand.


def test_the_network_of_one_convolution_gives_what_captum_gives():
    model = one_conv()
    guided = kv.GuidedBackprop().compute(model, counting(1))["input"][0, :, :, 0]
    rows = [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]
    np.testing.assert_allclose(guided, rows)
    maps = kv.GradCAM(layers="*").compute(model, counting(0))
    np.testing.assert_allclose(maps["conv1"][0], [[11.25, 13.5], [20.25, 22.5]])
    np.testing.assert_allclose(maps["relu1"][0], [[0, 4], [28, 32.5]])


def test_integrated_gradients_of_two_inputs():
    image = keras.Input((1, 2, 1))
    first = layers.Flatten()(image)
    a = layers.ReLU()(first[:, :1])
    b = layers.ReLU()(first[:, 1:])
    model = keras.Model(image, layers.ReLU()(a - 1.0 - b))
    sheet = kv.Probe(np.array([3.0, 1.0], "float32").reshape(1, 1, 2, 1), display=(0, 4))
    found = kv.IntegratedGradients(points=200, target=0).compute(model, sheet)
    np.testing.assert_allclose(np.ravel(found["input"]), [1.5, -0.5], atol=5e-3)


def test_a_linear_model_has_its_weights_everywhere():
    image = keras.Input((4, 4, 1))
    model = keras.Model(image, layers.Dense(3, name="out")(layers.Flatten()(image)))
    w = numpy(model.get_layer("out").kernel)[:, 1].reshape(4, 4, 1)
    x = np.random.default_rng(0).random((2, 4, 4, 1), "float32")
    session = kv.Session(model, kv.Probe(x, display=(0, 1)), progress=False)
    np.testing.assert_allclose(session.compute(kv.SmoothGrad(target=1))["input"][0], w, atol=1e-6)
    assert np.abs(session.compute(kv.VarGrad(target=1))["input"]).max() < 1e-10
    np.testing.assert_allclose(session.compute(kv.Saliency(target=1))["input"][0], abs(w)[..., 0])


ENDINGS = ["argument", "layer", "call", "reshaped", "cast", "sigmoid", "squeezed", "taken"]


@pytest.mark.parametrize("head", ENDINGS)
def test_gradients_are_those_of_the_logits(head):
    image = keras.Input((2, 2, 1))
    dense = layers.Dense(3, name="out", activation="softmax" if head == "argument" else None)
    x = dense(layers.Flatten()(image))
    if head == "layer":
        x = layers.Softmax()(x)
    elif head == "call":
        x = ops.softmax(x)
    elif head == "reshaped":
        x = layers.Reshape((3,))(layers.Softmax()(layers.Reshape((1, 3))(x)))
    elif head == "cast":
        x = ops.cast(layers.Activation("softmax", dtype="float16")(x), "float32")
    elif head == "sigmoid":
        x = layers.Dropout(0.5)(layers.Activation("sigmoid")(x))
    elif head == "squeezed":
        x = ops.squeeze(ops.sigmoid(layers.Reshape((3, 1))(x)), -1)
    elif head == "taken":
        x = ops.expand_dims(ops.sigmoid(x), 1)[:, 0]
    model = keras.Model(image, x)
    sheet = kv.Probe(np.ones((1, 2, 2, 1), "float32"), display=(0, 1))
    found = kv.GradientTimesInput(target=2).compute(model, sheet)
    expected = numpy(dense.kernel)[:, 2]
    np.testing.assert_allclose(np.ravel(found["input"]), expected, rtol=2e-3)


@pytest.mark.parametrize("name", ["relu", "relu6"])
def test_a_relu_has_no_slope_exactly_where_it_bends(name):
    image = keras.Input((1, 3, 1))
    x = layers.Flatten()(layers.Activation(name)(image))
    model = keras.Model(image, layers.Dense(2, kernel_initializer="ones")(x))
    sheet = kv.Probe(np.array([0, 6, 3], "float32").reshape(1, 1, 3, 1), display=(0, 8))
    found = np.ravel(kv.Saliency(target=0).compute(model, sheet)["input"])
    np.testing.assert_array_equal(found, [0, 1 if name == "relu" else 0, 1])


# Layers that are called in ways of their own.


def test_layers_inside_a_loop_are_left_alone():
    image = keras.Input((6, 4, 1))
    x = layers.Reshape((6, 4))(image)
    x = layers.LSTM(5, return_sequences=True, name="lstm")(x)
    x = layers.Bidirectional(layers.GRU(3), name="both")(x)
    model = keras.Model(image, layers.Dense(2)(x))
    sheet = kv.Probe(np.ones((2, 6, 4, 1), "float32"), display=(0, 1))
    session = kv.Session(model, sheet, progress=False)
    assert "lstm" in session.compute(kv.Activations(layers="lstm"))
    assert np.abs(session.compute(kv.Saliency(target=1))["input"]).max() > 0
    edges = session.survey.wiring.edges
    assert ("lstm", "both/forward_gru") in edges
    assert ("both/backward_gru", "dense") in {(a, b.split("_")[0]) for a, b in edges}


def test_a_model_without_a_relu_is_told_so():
    image = keras.Input((4, 4, 1))
    x = layers.Flatten()(image)
    sheet = kv.Probe(np.ones((1, 4, 4, 1), "float32"), display=(0, 1))
    plain = keras.Model(image, layers.Dense(2)(x))
    with pytest.raises(ValueError, match="has no ReLU"):
        kv.GuidedBackprop(target=0).compute(plain, sheet)


def between(values: np.ndarray, axis: int, size: int) -> np.ndarray:
    """Linearly between the middles of places."""
    now = values.shape[axis]
    at = (np.arange(size) + 0.5) * now / size - 0.5
    return np.apply_along_axis(lambda row: np.interp(at, np.arange(now), row), axis, values)


@pytest.mark.parametrize("shape", [(12, 3), (6, 5, 4, 2)], ids=["signal", "volume"])
def test_guided_grad_cam_lies_along_the_axes_of_signals_and_volumes(shape):
    kind = layers.Conv1D if len(shape) == 2 else layers.Conv3D
    image = keras.Input(shape)
    x = layers.Flatten()(kind(4, 3, activation="relu", name="conv")(image))
    model = keras.Model(image, layers.Dense(3, activation="softmax")(x))
    rng = np.random.default_rng(0)  # of Keras's numbers, each backend has others
    model.set_weights([rng.normal(size=weight.shape) for weight in model.weights])
    values = rng.random((2, *shape), "float32")
    session = kv.Session(model, kv.Probe(values, [0, 2]), progress=False)
    expected = session.compute(kv.GuidedBackprop())["input"].astype("float64")
    coarse = session.compute(kv.GradCAM(layers="conv"))["conv"].astype("float64")
    for axis, size in enumerate(shape[:-1], 1):
        coarse = between(coarse, axis, size)
    expected *= coarse[..., None]
    found = session.compute(kv.GuidedGradCAM())["input"]
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


# Trainings.


def fitted(monitor: Any, sample: Any, make: Any = networks.functional, **options: Any) -> Any:
    x, y = sample
    model = compiled(make)
    keras.utils.set_random_seed(3)
    history = model.fit(
        x,
        y,
        batch_size=16,
        epochs=3,
        validation_split=0.25,
        verbose=0,
        callbacks=[monitor] if monitor else [],
        **options,
    )
    values = [numpy(v) for v in (*model.variables, *model.optimizer.variables)]
    after = numpy(keras.random.uniform((3,))), np.random.random(3), random.random()
    return history.history, values, after


def many_views() -> list[Any]:
    return [
        kv.Curves(),
        kv.Filters(),
        kv.Activations(),
        kv.GradCAM(),
        kv.Saliency(),
        kv.GuidedBackprop(),
        kv.Predictions(),
        kv.LayerHealth(gradients=True),
        kv.Drift(),
        kv.ModelGraph(),
        kv.Filmstrip(),
        kv.SmoothGrad(samples=3),
        kv.RISE(masks=20),
        kv.ActivationMaximization(layers="head", steps=3),
    ]


@pytest.mark.parametrize("unit", ["epoch", "batch"])
def test_a_training_is_the_same_bit_for_bit(tmp_path, sample, unit):
    monitor = kv.Monitor(tmp_path, probe(), many_views(), unit=unit, on_error="raise")
    plain, watched = fitted(None, sample), fitted(monitor, sample)
    assert plain[0] == watched[0]
    for before, after in zip(plain[1], watched[1], strict=True):
        np.testing.assert_array_equal(before, after)
    for before, after in zip(plain[2], watched[2], strict=True):
        np.testing.assert_array_equal(before, after)
    tags = event_files.tags(tmp_path / "vis", "images")
    tag = next(tag for tag in tags if tag.startswith("grad_cam/"))
    steps = event_files.steps(tmp_path / "vis", tag)
    assert steps == list(range(3) if unit == "epoch" else range(1, 10))


def test_a_pass_is_compiled_once_however_the_weights_change(sample):
    model = compiled()
    session = kv.Session(model, probe(), progress=False)
    view = kv.GradCAM(layers="conv2")
    first = session.compute(view)["conv2"]
    for _ in range(3):
        model.fit(*sample, epochs=1, verbose=0)
        later = session.compute(view)["conv2"]
    assert session.traces == 1
    assert np.abs(later - first).max() > 0
    np.testing.assert_array_equal(later, view.compute(model, probe())["conv2"])


def test_what_a_view_hands_on_as_it_is_outlives_the_training(sample):
    model = compiled()
    session = kv.Session(model, probe(), progress=False)
    view = kv.Filters(layers="conv2")
    name = session._one(view, whole=True)
    look = session.look([name])  # not fetched yet
    before = numpy(model.get_layer("conv2").kernel).copy()
    model.fit(*sample, epochs=1, verbose=0)
    np.testing.assert_array_equal(look.arrays(name)["conv2"], before)


def tensors() -> int:
    gc.collect()
    kind = type(ops.zeros(()))
    if keras.backend.backend() == "jax":
        import jax

        return len(jax.live_arrays())
    return sum(1 for each in gc.get_objects() if type(each) is kind)


def test_looking_on_and_on_keeps_nothing(sample):
    model = compiled()
    session = kv.Session(model, probe(), progress=False)
    views = [kv.GradCAM(), kv.Saliency(), kv.LayerHealth(gradients=True)]
    counts = []
    for _ in range(4):
        for view in views:
            session.compute(view)
        counts.append(tensors())
    assert counts[-1] == counts[1], counts


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_gives_maps_in_full_and_near_those_of_float32(policy):
    expected = {}
    for name in ("float32", policy):
        keras.config.set_dtype_policy(name)
        try:
            model = networks.functional()
        finally:
            keras.config.set_dtype_policy("float32")
        session = kv.Session(model, probe(), progress=False)
        for view in (kv.GradCAM(layers="conv2"), kv.Saliency(), kv.GuidedBackprop()):
            ((_, found),) = session.compute(view).items()
            assert found.dtype == np.float32
            if name == "float32":
                expected[type(view)] = found
            else:
                alike = np.corrcoef(np.ravel(found), np.ravel(expected[type(view)]))[0, 1]
                assert alike > 0.98
