"""Class activation maps against their papers' formulas, written out in NumPy."""

import keras
import networks
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from toys import counting, near, one_conv

import kerasvis2 as kv
from kerasvis2.attribution.cam import first_component, ratio
from kerasvis2.attribution.tokens import token_grid

METHODS = ["GradCAM", "GradCAMPlusPlus", "HiResCAM", "LayerCAM", "XGradCAM"]
LAYERS = ["conv1", "norm", "conv2", "relu2"]


@pytest.fixture(scope="module")
def passes(model, probe):
    """Activations, gradients (float64) and the logit, from Keras's own sub-models and a tape."""
    linear = networks.without_activation(model)
    found = {}
    for layer in LAYERS:
        both = keras.Model(linear.inputs, [linear.get_layer(layer).output, linear.output])
        with tf.GradientTape() as tape:
            activation, logits = both(probe.inputs, training=False)
            score = tf.gather(logits, probe.labels, batch_dims=1)
        gradient = tape.gradient(score, activation)
        found[layer] = [np.float64(value) for value in (activation, gradient, score)]
    return found


def over_space(values):
    return values.sum((1, 2), keepdims=True)


def written_out(method, a, g, score):
    if method == "GradCAM":
        return np.maximum((g.mean((1, 2), keepdims=True) * a).sum(-1), 0)
    if method == "HiResCAM":
        return np.maximum((g * a).sum(-1), 0)
    if method == "LayerCAM":
        return np.maximum((np.maximum(g, 0) * a).sum(-1), 0)
    if method == "XGradCAM":
        with np.errstate(invalid="ignore"):  # 0 / 0 of a channel that is 0 everywhere
            weights = np.nan_to_num(over_space(g * a) / over_space(a))
        return np.maximum((weights * a).sum(-1), 0)
    # Grad-CAM++ as its paper has it, of exp(score), whose derivatives are exp(score)·gⁿ.
    y = np.exp(score)[:, None, None, None]
    with np.errstate(invalid="ignore"):
        alpha = y * g**2 / (2 * y * g**2 + over_space(a) * y * g**3)
    weights = over_space(np.nan_to_num(alpha) * np.maximum(y * g, 0))
    return np.maximum((weights * a).sum(-1), 0) / y[..., 0]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("method", METHODS)
def test_equals_its_paper(model, probe, passes, method, layer):
    expected = written_out(method, *passes[layer])
    assert expected.max() > 0
    near(getattr(kv, method)(layers=layer).compute(model, probe)[layer], expected, 1e-4)


def test_grad_cam_of_the_toy_worked_out_by_hand():
    found = kv.GradCAM(layers=["conv1", "relu1"]).compute(one_conv(), counting())
    np.testing.assert_allclose(found["conv1"], [[[11.25, 13.5], [20.25, 22.5]]])
    np.testing.assert_allclose(found["relu1"], [[[0, 4], [28, 32.5]]])


def test_methods_coincide_before_global_average_pooling(model, probe, passes):
    """relu2 is followed by pooling and one linear layer, so its gradient is the same everywhere."""
    a, g, score = passes["relu2"]
    raw = (g * a).sum(-1)
    bias = model.get_layer("head").bias.numpy()[probe.labels]
    near(raw.sum((1, 2)), score - bias)
    for method in ("GradCAM", "HiResCAM", "XGradCAM"):
        found = getattr(kv, method)(layers="relu2").compute(model, probe)["relu2"]
        near(found, np.maximum(raw, 0))


def test_dead_channels_add_nothing_and_make_no_nan():
    model = networks.functional()
    kernel, bias = model.get_layer("conv2").get_weights()
    bias[:3] = -100.0  # three channels are 0 everywhere behind the ReLU
    model.get_layer("conv2").set_weights([kernel, bias])
    probe = kv.Probe(networks.images(2), networks.labels(2), display=(0, 1))
    for method in [*METHODS, "EigenCAM"]:
        found = getattr(kv, method)(layers="relu2").compute(model, probe)["relu2"]
        assert np.isfinite(found).all()
        assert found.max() > 0
    bias[:] = -100.0
    model.get_layer("conv2").set_weights([kernel, bias])
    for method in [*METHODS, "EigenCAM"]:
        assert not getattr(kv, method)(layers="relu2").compute(model, probe)["relu2"].any()


def test_small_gradients_do_not_vanish():
    """Taken literally, g² and g³ of 1e-16 leave float32 and the weight would be 0 or NaN."""
    model = networks.functional()
    kernel, bias = model.get_layer("head").get_weights()
    probe = kv.Probe(networks.images(2), networks.labels(2), display=(0, 1))
    view = kv.GradCAMPlusPlus(layers="relu2")
    model.get_layer("head").set_weights([kernel * 1e-3, bias])
    small = view.compute(model, probe)["relu2"]
    model.get_layer("head").set_weights([kernel * 1e-18, bias])
    tiny = view.compute(model, probe)["relu2"]
    assert tiny.max() > 0
    near(tiny * 1e15, small, 0.05)  # α is 1/2 for both but for a small g·ΣA


def test_ratio_is_exact_where_it_is_one():
    found = ratio(np.float32([1, -1, 3, 0]), np.float32([0, 1e-30, 3, 0]))
    np.testing.assert_array_equal(found, np.float32([0, -1e30, 1, 0]))


@pytest.mark.parametrize("shape", [(2, 9, 7, 5), (2, 3, 4, 40), (3, 4, 4, 16)])
def test_first_component_equals_the_singular_vector(shape):
    """With more places than channels, fewer, and as many."""
    values = np.random.default_rng(0).normal(size=shape).astype("float32")
    found = np.asarray(first_component(tf.constant(values)))
    for mine, image in zip(found, values.reshape(shape[0], -1, shape[-1])):
        u, s, _ = np.linalg.svd(np.float64(image), full_matrices=False)
        expected = u[:, 0] * s[0]
        near(mine.ravel() * np.sign(mine.ravel() @ expected), expected, 1e-4)
        assert (mine[mine > 0] ** 2).sum() >= (mine[mine < 0] ** 2).sum()


def test_first_component_of_extremes():
    values = np.random.default_rng(0).uniform(0, 1, (1, 4, 4, 3)).astype("float32")
    plain = np.asarray(first_component(tf.constant(values)))
    assert plain.min() > 0  # of a layer behind a ReLU all of one sign
    for factor in (1e-30, 1e30):
        near(np.asarray(first_component(tf.constant(values * np.float32(factor)))) / factor, plain)
    bad = np.concatenate([values, values])
    bad[1, 0, 0, 0] = np.nan
    found = np.asarray(first_component(tf.constant(bad)))
    near(found[0], plain[0])
    assert np.isnan(found[1]).all()


def test_eigen_cam_asks_for_no_target(model, probe):
    found = kv.EigenCAM().compute(model, probe)
    assert {key: value.shape for key, value in found.items()} == {
        "norm": (7, 10, 8),
        "relu2": (7, 10, 8),
    }
    with pytest.raises(TypeError, match="target"):
        kv.EigenCAM(target=3)


def test_two_inputs_and_two_outputs():
    """Maps of the drawn input's branch, for one output by name."""
    image, facts = keras.Input((8, 8, 1), name="image"), keras.Input((3,), name="facts")
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    x = layers.concatenate([layers.GlobalAveragePooling2D()(x), layers.Dense(4)(facts)])
    kind = layers.Dense(3, activation="softmax", name="kind")(x)
    size = layers.Dense(1, name="size")(x)
    model = keras.Model({"image": image, "facts": facts}, {"kind": kind, "size": size})
    rng = np.random.default_rng(0)
    inputs = {"image": rng.random((4, 8, 8, 1), "float32"), "facts": rng.random((4, 3), "float32")}
    probe = kv.Probe(inputs, {"kind": np.array([0, 1, 2, 0])}, image="image", display=(0, 1))
    weights = {name: model.get_layer(name).kernel.numpy()[:4] for name in ("kind", "size")}
    activation = keras.Model(model.inputs, model.get_layer("conv").output)(inputs).numpy()
    for target, column in (("label", weights["kind"][:, [0, 1, 2, 0]]), (1, weights["kind"][:, 1])):
        found = kv.HiResCAM(target=target).compute(model, probe)["conv"]
        chosen = np.broadcast_to(column.reshape(4, -1).T[:, None, None], activation.shape)
        near(found, np.maximum((activation * chosen / 36).sum(-1), 0))
    found = kv.HiResCAM(target=("size", "predicted")).compute(model, probe)["conv"]
    near(found, np.maximum((activation * weights["size"][:, 0] / 36).sum(-1), 0))


@pytest.mark.parametrize(
    ("tokens", "height", "width", "grid"),
    [
        (196, 224, 224, (14, 14)),
        (197, 224, 224, (14, 14)),
        (198, 224, 224, (14, 14)),  # class and distillation token
        (261, 224, 224, (16, 16)),  # class token and four registers
        (33, 32, 64, (4, 8)),
        (28, 28, 28, None),  # the rows of a picture
        (2, 32, 32, None),
    ],
)
def test_the_grid_behind_a_number_of_tokens(tokens, height, width, grid):
    assert token_grid(tokens, height, width) == grid


@pytest.mark.parametrize("head", ["argument", "layer", "softmax layer", "none"])
def test_default_layers_of_label_maps_end_before_the_softmax_and_before_the_output(head):
    image = keras.Input((8, 10, 3))
    x = layers.Conv2D(4, 3, padding="same", name="conv")(image)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(x))
    activation = "softmax" if head == "argument" else None
    x = layers.Conv2D(3, 1, activation=activation, name="classes")(x)
    x = layers.Activation("softmax")(x) if head == "layer" else x
    x = layers.Softmax()(x) if head == "softmax layer" else x
    probe = kv.Probe(np.random.default_rng(0).random((2, 8, 10, 3), "float32"), display=(0, 1))
    found = kv.GradCAM().compute(keras.Model(image, x), probe)
    assert list(found) == (["relu"] if head in ("argument", "none") else ["relu", "classes"])
    for value in found.values():
        assert value.max() > 0


def test_a_layer_without_a_map_is_refused(model, probe):
    with pytest.raises(ValueError, match="'pool'.*map of the input.*such as"):
        kv.LayerCAM(layers="pool").compute(model, probe)


def test_pixels_must_be_those_of_the_picture():
    flat = kv.Probe(np.zeros((2, 16), "float32"), [0, 1], display=lambda x: x.reshape(-1, 4, 4, 1))
    model = keras.Sequential([keras.Input((16,)), layers.Dense(2)])
    assert kv.GradientTimesInput().compute(model, flat)["input"].shape == (2, 16)
    (picture,) = kv.GradientTimesInput().render(model, flat).values()
    assert picture.ndim == 3
    crooked = kv.Probe(np.zeros((2, 16), "float32"), display=lambda x: np.zeros((2, 9, 9)))
    with pytest.raises(ValueError, match="attributes to pixels"):
        kv.GradientTimesInput().compute(model, crooked)


def test_grey_pictures_without_a_channel_axis():
    rows = np.random.default_rng(0).random((3, 12, 10)).astype("float32")
    model = keras.Sequential([keras.Input((12, 10)), layers.Flatten(), layers.Dense(2)])
    probe, kernel = kv.Probe(rows, [0, 1, 0], display=(0, 1)), model.layers[-1].kernel.numpy()
    weights = kernel.T[[0, 1, 0]].reshape(rows.shape)
    near(kv.Saliency().compute(model, probe)["input"], np.abs(weights))
    near(kv.GradientTimesInput().compute(model, probe)["input"], weights * rows)


def test_gradient_times_input_of_a_network_without_biases_sums_to_the_logit(probe):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input(networks.SHAPE),
            layers.Conv2D(6, 3, activation="relu", use_bias=False),
            layers.MaxPooling2D(),
            layers.Conv2D(6, 3, activation="relu", use_bias=False),
            layers.Flatten(),
            layers.Dense(5, use_bias=False),
        ]
    )
    logits = model(probe.inputs).numpy()[np.arange(probe.size), probe.labels]
    near(kv.GradientTimesInput().compute(model, probe)["input"].sum((1, 2, 3)), logits)


def test_dropout_does_not_change_which_layer_is_looked_at() -> None:
    for rate in (None, 0.5):
        between = [] if rate is None else [layers.Dropout(rate), layers.SpatialDropout2D(rate)]
        model = keras.Sequential(
            [
                keras.Input((16, 16, 1)),
                layers.Conv2D(3, 3, name="conv1"),
                *between,
                layers.ReLU(name="relu1"),
                layers.Dropout(rate or 0),
                layers.MaxPooling2D(),
                layers.Conv2D(4, 3, activation="relu", name="conv2"),
                layers.GaussianNoise(0.1) if between else layers.Identity(),
                layers.GlobalAveragePooling2D(),
                layers.Dense(2),
            ]
        )
        probe = kv.Probe(np.zeros((1, 16, 16, 1), "float32"), [0], display=(0, 1))
        assert [*kv.GradCAM().compute(model, probe)] == ["relu1", "conv2"]
