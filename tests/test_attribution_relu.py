"""Guided backpropagation and the deconvnet: the rule at every kind of ReLU, and only there."""

import keras
import networks
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from toys import counting, near, one_conv

import kerasvis2 as kv

VIEWS = {"guided": kv.GuidedBackprop, "deconvnet": kv.DeconvNet}
WAYS = [
    *("string", "function", "activation layer", "relu layer", "keras op"),
    *("ops in call", "tf in call", "call is a tf.function"),
]


class Raw(keras.layers.Layer):
    """A block with a convolution, and a ReLU called in its own code."""

    def __init__(self, conv, relu, **kwargs):
        super().__init__(**kwargs)
        self.conv, self.relu = conv, relu

    def call(self, x):
        return self.relu(self.conv(x))


class Compiled(Raw):
    @tf.function
    def call(self, x):
        return self.relu(self.conv(x))


def written(way):
    """The same two convolutions with ReLUs, a pooling and a dense layer, written in one way."""
    keras.utils.set_random_seed(0)
    activation = {"string": "relu", "function": keras.activations.relu}.get(way)
    image = x = keras.Input((9, 8, 2))
    for i in range(2):
        conv = layers.Conv2D(5, 3, activation=activation, name=f"conv{i}")
        if way == "ops in call":
            x = Raw(conv, ops.relu)(x)
        elif way == "tf in call":
            x = Raw(conv, tf.nn.relu)(x)
        elif way == "call is a tf.function":
            x = Compiled(conv, tf.nn.relu)(x)
        else:
            x = conv(x)
        if way == "activation layer":
            x = layers.Activation("relu")(x)
        elif way == "relu layer":
            x = layers.ReLU()(x)
        elif way == "keras op":
            x = ops.relu(x)
    x = layers.Flatten()(layers.AveragePooling2D(2)(x))
    return keras.Model(image, layers.Dense(4, activation="softmax")(x))


def expected(rule, model, probe):
    """The oracle: the network once more, with a ReLU that brings its own gradient."""

    @tf.custom_gradient
    def relu(x):
        def gradient(dy):
            return tf.where((dy > 0) & ((x > 0) | (rule == "deconvnet")), dy, 0.0)

        return tf.nn.relu(x), gradient

    *kernels, dense, bias = [tf.constant(w) for w in model.get_weights()]
    x = tf.constant(probe.inputs)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for kernel, offset in zip(kernels[::2], kernels[1::2]):
            y = relu(tf.nn.conv2d(y, kernel, 1, "VALID") + offset)
        y = tf.nn.avg_pool2d(y, 2, 2, "VALID")
        logits = tf.reshape(y, (len(y), -1)) @ dense + bias
        score = tf.reduce_sum(tf.gather(logits, probe.labels, batch_dims=1))
    return tape.gradient(score, x).numpy()


@pytest.fixture(scope="module")
def probe():
    images = np.random.default_rng(0).random((4, 9, 8, 2)).astype("float32")
    return kv.Probe(images, [0, 1, 2, 3], display=(0, 1))


@pytest.mark.parametrize("rule", VIEWS)
@pytest.mark.parametrize("way", WAYS)
def test_wherever_the_relu_is_written(way, rule, probe):
    model = written(way)
    wanted = expected(rule, model, probe)
    assert np.abs(wanted).max() > 0
    near(VIEWS[rule]().compute(model, probe)["input"], wanted)
    near(VIEWS[rule]().compute(keras.Sequential([model]), probe)["input"], wanted)


def test_guided_backprop_of_the_toy_worked_out_by_hand():
    found = kv.GuidedBackprop().compute(one_conv(), counting(1))["input"][0, :, :, 0]
    rows = [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]
    np.testing.assert_allclose(found, rows)


# A unit's slope below, threshold and top, and how it can be written.
UNITS = {
    "relu6": (0, 0, 6, lambda: layers.Activation("relu6")),
    "relu of at most 6": (0, 0, 6, lambda: layers.ReLU(max_value=6)),
    "relu of at most 2": (0, 0, 2, lambda: layers.ReLU(max_value=2)),
    "relu above 1": (0, 1, None, lambda: layers.ReLU(threshold=1)),
    "relu with a slope": (0.3, 0, None, lambda: layers.ReLU(negative_slope=0.3)),
    "relu with everything": (
        *(0.3, 1, 4),
        lambda: layers.ReLU(negative_slope=0.3, threshold=1, max_value=4),
    ),
    "relu with slope and top": (0.3, 0, 4, lambda: layers.ReLU(negative_slope=0.3, max_value=4)),
    "leaky relu": (0.2, 0, None, lambda: layers.LeakyReLU(0.2)),
    "leaky relu by name": (0.2, 0, None, lambda: layers.Activation("leaky_relu")),
    "prelu": (0.4, 0, None, lambda: layers.PReLU(keras.initializers.Constant(0.4))),
}


@pytest.mark.parametrize("unit", UNITS)
def test_thresholds_slopes_and_tops(unit):
    slope, threshold, top, make = UNITS[unit]
    rng = np.random.default_rng(0)
    x = rng.uniform(-8, 8, (1, 5, 6, 1)).astype("float32")
    image = keras.Input((5, 6, 1))
    model = keras.Model(image, layers.Dense(2)(layers.Flatten()(make()(image))))
    g = rng.normal(size=x.shape).astype("float32")
    model.layers[-1].set_weights([np.stack([g.ravel(), 0 * g.ravel()], 1), np.zeros(2)])
    probe = kv.Probe(x, [0], display=(-8, 8))
    reached = np.zeros(x.shape, bool) if top is None else x >= top
    below = np.where(x > threshold, 1, slope)
    near(kv.Saliency().compute(model, probe)["input"], np.abs(g * below * ~reached)[..., 0])
    guided = np.maximum(g, 0) * below * ~reached
    near(kv.GuidedBackprop().compute(model, probe)["input"], guided)
    deconvnet = np.where(g > 0, g, slope * g) * ~reached
    near(kv.DeconvNet().compute(model, probe)["input"], deconvnet)


def test_positive_weights_make_guided_backprop_the_gradient(probe):
    model = written("string")
    model.set_weights([np.abs(w) for w in model.get_weights()])
    found = kv.GuidedBackprop().compute(model, probe)["input"]
    near(np.abs(found).max(-1), kv.Saliency().compute(model, probe)["input"])
    assert found.min() >= 0


def test_other_activations_pass_gradients_as_they_are(probe):
    image = keras.Input((9, 8, 2))
    x = layers.Conv2D(4, 3, activation="gelu")(image)
    x = layers.Conv2D(4, 3, activation="elu")(x)
    x = layers.Flatten()(layers.ReLU()(x))
    model = keras.Model(image, layers.Dense(4)(x))
    conv1, conv2, dense = (layer for layer in model.layers if layer.weights)
    x = tf.constant(probe.inputs)
    with tf.GradientTape() as tape:
        tape.watch(x)
        before = conv2(conv1(x))
    weights = dense.kernel.numpy().T.reshape(4, *before.shape[1:])[probe.labels]
    above = np.maximum(weights, 0) * (before.numpy() > 0)
    wanted = tape.gradient(before, x, output_gradients=tf.constant(above))
    near(kv.GuidedBackprop().compute(model, probe)["input"], wanted)


@pytest.mark.parametrize("view", [kv.GuidedBackprop, kv.DeconvNet, kv.GuidedGradCAM])
def test_a_model_without_relu_is_refused(view, probe, tmp_path):
    model = keras.Sequential(
        [
            keras.Input((9, 8, 2)),
            layers.Conv2D(4, 3, activation="swish"),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )
    with pytest.raises(ValueError, match="no ReLU"):
        view().compute(model, probe)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.get_weights()
    with pytest.raises(ValueError, match="no ReLU"):
        model.fit(
            *(probe.inputs, probe.labels),
            callbacks=[kv.Monitor(tmp_path, probe, [view()])],
            verbose=0,
        )
    for mine, his in zip(model.get_weights(), before):
        np.testing.assert_array_equal(mine, his)


class Branching(keras.layers.Layer):
    def call(self, x):
        return tf.cond(tf.reduce_sum(x) > 0, lambda: tf.nn.relu(x), lambda: x)


def test_a_relu_in_a_branch_is_refused(probe):
    image = keras.Input((9, 8, 2))
    x = Branching()(layers.Conv2D(4, 3, activation="relu")(image))
    model = keras.Model(image, layers.Dense(4)(layers.Flatten()(x)))
    with pytest.raises(ValueError, match="loop or a branch"):
        kv.GuidedBackprop().compute(model, probe)


class Broken(keras.layers.Layer):
    def call(self, x):
        if "Graph" in type(x.graph).__name__ and not self.whole:
            raise RuntimeError("broken on purpose")
        return x

    whole = True


def test_nothing_stays_patched_after_an_error(probe):
    image = keras.Input((9, 8, 2))
    x = layers.PReLU()(layers.ReLU(threshold=0.1)(layers.Conv2D(4, 3, activation="relu")(image)))
    broken = Broken()
    model = keras.Model(image, layers.Dense(4)(layers.Flatten()(broken(x))))
    expected = kv.Saliency().compute(model, probe)["input"]
    before = [dict(vars(layer)) for layer in model.layers]
    kv.GuidedBackprop().compute(model, probe)
    broken.whole = False
    with pytest.raises(ValueError, match="cannot be followed"):
        kv.GuidedBackprop().compute(model, probe)
    broken.whole = True
    assert [vars(layer).get("call") for layer in model.layers] == [
        attributes.get("call") for attributes in before
    ]
    np.testing.assert_array_equal(kv.Saliency().compute(model, probe)["input"], expected)


def test_guided_grad_cam_is_the_product_of_both():
    model = networks.functional()
    probe = kv.Probe(networks.images(), networks.labels(), display=(0, 1))
    fine = kv.GuidedBackprop().compute(model, probe)["input"]
    coarse = kv.GradCAM(layers="conv2").compute(model, probe)["conv2"]
    enlarged = tf.image.resize(coarse[..., None], networks.SHAPE[:2]).numpy()
    near(kv.GuidedGradCAM().compute(model, probe)["input"], fine * enlarged)
    with pytest.raises(ValueError, match="2 layers; give one"):
        kv.GuidedGradCAM(layer=["conv1", "conv2"]).compute(model, probe)
