"""The one traced pass: right to the number on every kind of model, and without a trace left."""

import keras
import networks
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from kerasvis2 import Activations, Filters, GradCAM, Probe, Saliency
from kerasvis2.layers import tree
from kerasvis2.observe.session import Session


@pytest.fixture(scope="module")
def model():
    return networks.functional()


@pytest.fixture(scope="module")
def probe():
    return Probe(networks.images(), networks.labels(), display=(0, 1))


def gradients(model, layer, x, classes):
    """The oracle: Keras's own sub-model and a plain tape."""
    linear = networks.without_activation(model)
    both = keras.Model(linear.inputs, [linear.get_layer(layer).output, linear.output])
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        activation, logits = both(x, training=False)
        total = tf.reduce_sum(tf.gather(logits, classes, batch_dims=1))
    by_layer, by_input = tape.gradient(total, [activation, x])
    return activation.numpy(), by_layer.numpy(), by_input.numpy()


def near(found, expected, relative=1e-5):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=relative * np.abs(expected).max())


@pytest.mark.parametrize("layer", ["conv1", "norm", "conv2", "relu2"])
def test_grad_cam_equals_a_plain_tape(model, probe, layer):
    activation, gradient, _ = gradients(model, layer, probe.inputs, probe.labels)
    expected = np.maximum((activation * gradient.mean((1, 2), keepdims=True)).sum(-1), 0)
    assert expected.max() > 0
    near(GradCAM(layers=layer).compute(model, probe)[layer], expected)


def test_saliency_equals_a_plain_tape(model, probe):
    _, _, gradient = gradients(model, "conv1", probe.inputs, probe.labels)
    near(Saliency().compute(model, probe)["input"], np.abs(gradient).max(-1))


def test_activations_are_the_layers_outputs(model, probe):
    found = Activations(layers="all").compute(model, probe)
    for key, value in found.items():
        if key != "image":
            sub = keras.Model(model.inputs, model.get_layer(key).output)
            near(value, sub(probe.inputs, training=False).numpy(), 1e-6)


@pytest.mark.parametrize("kind", ["sequential", "nested", "subclassed"])
def test_one_network_gives_the_same_arrays_however_it_is_written(model, probe, kind):
    other = getattr(networks, kind)()
    for view in (GradCAM(), Saliency(), Activations(), Filters()):
        plain, found = view.compute(model, probe), view.compute(other, probe)
        assert [key.rsplit("/", 1)[-1] for key in found] == list(plain)
        for mine, his in zip(found.values(), plain.values()):
            near(mine, his)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_chunked_equals_unchunked(model, probe, batch_size):
    for view in (GradCAM(targets=("label", "predicted", 2)), Saliency(), Activations()):
        whole = view.compute(model, probe)
        parts = view.compute(model, probe, batch_size=batch_size)
        assert list(parts) == list(whole)
        for key in whole:
            near(parts[key], whole[key])


def test_bad_batch_size_is_an_error(model, probe):
    with pytest.raises(ValueError, match="batch_size=0: give a number of images"):
        Saliency().compute(model, probe, batch_size=0)


# Targets


def test_targets_share_the_forward_and_name_their_keys(model, probe):
    found = GradCAM(layers="conv2", targets=("label", "predicted", 3)).compute(model, probe)
    assert list(found) == ["conv2@label", "conv2@predicted", "conv2@3"]
    predicted = model.predict(probe.inputs, verbose=0).argmax(-1)
    for key, target in (("label", probe.labels), ("predicted", predicted), ("3", 3)):
        alone = GradCAM(layers="conv2", target=target).compute(model, probe)["conv2"]
        near(found[f"conv2@{key}"], alone)


def test_without_labels_the_prediction_is_explained(model):
    bare = Probe(networks.images(), display=(0, 1))
    near(
        Saliency().compute(model, bare)["input"],
        Saliency(target="predicted").compute(model, bare)["input"],
    )


def test_a_callable_scores_the_outputs(model, probe):
    margin = Saliency(target=lambda logits: logits[:, 1] - logits[:, 2]).compute(model, probe)
    x = tf.constant(probe.inputs)
    linear = networks.without_activation(model)
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = linear(x, training=False)
        total = tf.reduce_sum(logits[:, 1] - logits[:, 2])
    near(margin["input"], np.abs(tape.gradient(total, x).numpy()).max(-1))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("labels", 'target=\'labels\': give "label", "predicted", a class index'),
        (5, "out of range: output 'head' has the classes 0 to 4"),
        (-1, "out of range"),
        ([0, 1], "2 class indices, but the probe has 7 images"),
        (1.5, "whole numbers"),
        (("tail", 1), "no output 'tail'; the outputs are \\['head'\\]"),
        (lambda logits: logits, "must return one score per image"),
    ],
)
def test_a_bad_target_is_an_error(model, probe, target, words):
    with pytest.raises(ValueError, match=words):
        Saliency(target=target).compute(model, probe)


# Heads


def head_model(head):
    keras.utils.set_random_seed(1)
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, padding="same", activation="tanh", name="conv")(image)
    return keras.Model(image, head(x))


def oracle(model, x, score):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(score(model(x, training=False)))
    return np.abs(tape.gradient(total, x).numpy()).max(-1)


def small_images(count=4):
    return np.random.default_rng(0).random((count, 8, 8, 1), "float32")


def test_one_sigmoid_unit_is_its_logit_negated_for_label_0():
    model = head_model(lambda x: layers.Dense(1, activation="sigmoid")(layers.Flatten()(x)))
    x, y = small_images(), np.array([0, 1, 1, 0])
    found = GradCAM(layers="conv").compute(model, Probe(x, y, display=(0, 1)))["conv"]
    flipped = GradCAM(layers="conv").compute(model, Probe(x, 1 - y, display=(0, 1)))["conv"]
    model.layers[-1].activation = keras.activations.linear
    both = keras.Model(model.inputs, [model.get_layer("conv").output, model.output])
    with tf.GradientTape() as tape:
        activation, logit = both(x)
        total = tf.reduce_sum(logit[:, 0] * np.where(y == 1, 1.0, -1.0).astype("float32"))
    gradient = tape.gradient(total, activation).numpy()
    raw = (activation.numpy() * gradient.mean((1, 2), keepdims=True)).sum(-1)
    near(found, np.maximum(raw, 0))
    near(flipped, np.maximum(-raw, 0))


@pytest.mark.parametrize(
    "ending",
    [
        lambda x: layers.Dense(3, activation="softmax")(x),
        lambda x: layers.Activation("softmax")(layers.Dense(3)(x)),
        lambda x: layers.Softmax()(layers.Dense(3)(x)),
        lambda x: ops.softmax(layers.Dense(3)(x)),
        lambda x: layers.Activation("softmax", dtype="float32")(layers.Dense(3)(x)),
        lambda x: layers.Reshape((3,))(layers.Softmax()(layers.Dense(3)(x))),
    ],
)
def test_a_saturated_softmax_is_bypassed_wherever_it_is_written(ending):
    model = head_model(lambda x: ending(layers.Flatten()(x)))
    dense = next(layer for layer in model.layers if isinstance(layer, layers.Dense))
    dense.kernel.assign(dense.kernel * 400)  # logit gaps far beyond 20
    probe = Probe(small_images(), np.zeros(4, int), display=(0, 1))
    before = dense.activation
    saliency = Saliency().compute(model, probe)["input"]
    assert dense.activation is before
    flat = keras.Model(model.inputs, model.layers[2].output)
    x = tf.constant(probe.inputs)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum((flat(x) @ dense.kernel + dense.bias)[:, 0])
    expected = np.abs(tape.gradient(total, x).numpy()).max(-1)
    assert expected.max() > 0
    near(saliency, expected)


def test_segmentation_sums_the_logit_over_the_pixels_of_the_class():
    model = head_model(lambda x: layers.Conv2D(3, 1, activation="softmax", name="map")(x))
    x = small_images()
    found = Saliency(target=2).compute(model, Probe(x, display=(0, 1)))["input"]
    model.get_layer("map").activation = keras.activations.linear

    def score(logits):
        won = tf.cast(tf.argmax(logits, -1) == 2, tf.float32)
        return tf.reduce_sum(logits[..., 2] * won)

    near(found, oracle(model, x, score))


def test_segmentation_labels_choose_the_class_that_fills_most_pixels():
    model = head_model(lambda x: layers.Conv2D(3, 1, activation="softmax", name="map")(x))
    maps = np.zeros((4, 8, 8), int)
    maps[:, :5] = 2
    found = Saliency().compute(model, Probe(small_images(), maps, display=(0, 1)))
    fixed = Saliency(target=2).compute(model, Probe(small_images(), display=(0, 1)))
    near(found["input"], fixed["input"])


def test_a_linear_unit_is_its_own_score():
    model = head_model(lambda x: layers.Dense(1, name="age")(layers.Flatten()(x)))
    x = small_images()
    expected = oracle(model, x, lambda y: y[:, 0])
    for labels in (None, np.array([0.5, 30, 2.25, 1])):
        near(Saliency().compute(model, Probe(x, labels, display=(0, 1)))["input"], expected)


# Several inputs and outputs, shared layers


def two_towers():
    keras.utils.set_random_seed(2)
    shared = layers.Conv2D(4, 3, activation="relu", name="eye")
    left, right = keras.Input((8, 8, 1), name="left"), keras.Input((8, 8, 1), name="right")
    age = keras.Input((2,), name="age")
    pool = layers.GlobalAveragePooling2D(name="pool")
    x = layers.Concatenate(name="joined")([pool(shared(left)), pool(shared(right)), age])
    kind = layers.Dense(3, activation="softmax", name="kind")(x)
    sure = layers.Dense(1, activation="sigmoid", name="sure")(x)
    return keras.Model([left, right, age], {"kind": kind, "sure": sure})


def tower_inputs(count=5):
    rng = np.random.default_rng(4)
    left, right = rng.random((2, count, 8, 8, 1), "float32")
    return {"left": left, "right": right, "age": rng.random((count, 2), "float32")}


@pytest.mark.parametrize("as_list", [False, True])
def test_several_inputs_and_outputs_and_a_shared_layer(as_list):
    model, inputs = two_towers(), tower_inputs()
    given = list(inputs.values()) if as_list else inputs
    probe = Probe(
        given,
        {"kind": np.array([0, 1, 2, 0, 1]), "sure": np.array([0, 1, 1, 0, 0])},
        image=1 if as_list else "right",
        display=(0, 1),
    )
    found = GradCAM(layers="eye", target=("kind", "label")).compute(model, probe)
    # Called twice, in the order in which Keras runs the graph: the right one first. The second call
    # sees the left picture, over which nothing is drawn.
    assert list(found) == ["eye"]
    pool_model = keras.Model(model.inputs, [model.get_layer("joined").output])
    kind = model.get_layer("kind")
    for key, side in (("eye", "right"),):
        with tf.GradientTape() as tape:
            activation = model.get_layer("eye")(inputs[side])
            tape.watch(activation)
            joined = pool_model(list(inputs.values()))
            pooled = tf.reduce_mean(activation, (1, 2))
            start = 0 if side == "left" else 4
            logits = tf.concat([joined[:, :start], pooled, joined[:, start + 4 :]], 1)
            logits = logits @ kind.kernel + kind.bias
            total = tf.reduce_sum(tf.gather(logits, [0, 1, 2, 0, 1], batch_dims=1))
        gradient = tape.gradient(total, activation).numpy().mean((1, 2), keepdims=True)
        near(found[key], np.maximum((activation.numpy() * gradient).sum(-1), 0))
    assert Saliency(target=("sure", "label")).compute(model, probe)["input"].max() > 0
    near(
        Saliency(target=("kind", 1)).compute(model, probe, batch_size=2)["input"],
        Saliency(target=("kind", 1)).compute(model, probe)["input"],
    )


# Precision


@pytest.mark.parametrize(("policy", "close"), [("mixed_float16", 0.02), ("mixed_bfloat16", 0.25)])
def test_half_precision_gives_float32_maps_near_those_of_float32(model, probe, policy, close):
    keras.config.set_dtype_policy(policy)
    try:
        half = networks.functional()
    finally:
        keras.config.set_dtype_policy("float32")
    half.set_weights(model.get_weights())
    for view in (GradCAM(), Saliency()):
        for key, found in view.compute(half, probe).items():
            assert found.dtype == np.float32
            near(found, view.compute(model, probe)[key], close)


def test_small_float16_gradients_do_not_vanish():
    """A mean over 96 × 96 pixels divides the gradient by 9216: beyond float16 without help."""
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        image = keras.Input((96, 96, 1))
        x = layers.Conv2D(2, 3, padding="same", name="conv")(image)
        x = layers.GlobalAveragePooling2D()(x)
        dense = layers.Dense(2, name="head")
        model = keras.Model(image, dense(x))
    finally:
        keras.config.set_dtype_policy("float32")
    dense.kernel.assign(np.full((2, 2), 1e-3, "float32"))
    probe = Probe(np.ones((1, 96, 96, 1), "float32"), display=(0, 1))
    session = Session(model, probe)

    class Mean(GradCAM):
        def weigh(self, activations, gradients):
            return gradients[..., 0]

    plan = session.add(Mean(layers="conv", target=0), "mean")
    found = session.look([plan.name]).arrays("mean")["conv"]
    np.testing.assert_allclose(found, 1e-3 / 96**2, rtol=0.01)


# Nothing is left behind


def test_one_trace_serves_changing_weights(probe):
    model = networks.functional()
    session = Session(model, probe)
    plans = [session.add(GradCAM(layers="conv2"), "grad_cam"), session.add(Saliency(), "saliency")]
    first = session.look([plan.name for plan in plans]).arrays("grad_cam")["conv2"]
    model.get_layer("conv1").kernel.assign(-model.get_layer("conv1").kernel)
    second = session.look([plan.name for plan in plans]).arrays("grad_cam")["conv2"]
    assert session.traces == 1
    assert np.abs(first - second).max() > 0
    near(second, GradCAM(layers="conv2").compute(model, probe)["conv2"])


def test_an_exception_leaves_nothing_patched(model, probe):
    class Broken(GradCAM):
        def weigh(self, activations, gradients):
            raise RuntimeError("on purpose")

    before = {info.path: dict(vars(info.layer)) for info in tree(model)}
    with pytest.raises(RuntimeError, match="on purpose"):
        Broken().compute(model, probe)
    with pytest.raises(ValueError, match="cannot be followed"):
        _failing_model(model, probe)
    for info in tree(model):
        assert vars(info.layer).keys() == before[info.path].keys()
        assert "call" not in vars(info.layer)


def _failing_model(model, probe):
    class Failing(keras.Model):
        def __init__(self):
            super().__init__()
            self.inside = model

        def call(self, x):
            self.inside(x)
            raise RuntimeError("in the model")

    failing = Failing()
    failing.built = True
    Saliency().compute(failing, probe)


def test_looking_consumes_no_randomness_and_moves_no_state(probe):
    class Restless(keras.layers.Layer):
        """Draws and counts at inference too, as a sampling layer does."""

        def __init__(self):
            super().__init__(name="restless")
            self.seed = keras.random.SeedGenerator(5)
            self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, x):
            self.count.assign_add(1.0)
            self.add_loss(ops.mean(x))
            return x + keras.random.normal(ops.shape(x), stddev=1e-3, seed=self.seed)

    image = keras.Input(networks.SHAPE)
    x = layers.Conv2D(4, 3, activity_regularizer="l2", name="conv")(image)
    x = layers.Dropout(0.5, seed=3)(Restless()(x))
    model = keras.Model(image, layers.Dense(5)(layers.Flatten()(x)))
    before = [v.numpy() for v in model.variables]
    state = np.random.get_state()[1].copy()
    tf.random.set_seed(11)
    expected = tf.random.normal((3,)).numpy()
    tf.random.set_seed(11)
    GradCAM().compute(model, probe)
    np.testing.assert_array_equal(tf.random.normal((3,)).numpy(), expected)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    for old, new in zip(before, model.variables):
        np.testing.assert_array_equal(old, new.numpy())
    assert model.losses == []


def test_an_unbuilt_model_is_built_on_the_probe(probe):
    model = networks.Subclassed()
    assert GradCAM(layers="conv1").compute(model, probe)["conv1"].shape == (7, 10, 8)


def test_a_layer_behind_a_tf_function_is_seen(model, probe):
    class Compiled(keras.Model):
        def __init__(self):
            super().__init__()
            self.inside = model

        @tf.function
        def call(self, x):
            return self.inside(x)

    wrapped = Compiled()
    wrapped(probe.inputs)
    (found,) = GradCAM(layers="conv2").compute(wrapped, probe).values()
    near(found, GradCAM(layers="conv2").compute(model, probe)["conv2"])


def test_the_captum_toy():
    """Captum's BasicModel_ConvNet_One_Conv: published Grad-CAM of its layers, to 1e-2."""
    conv = layers.Conv2D(2, 3, name="conv1")
    image = keras.Input((4, 4, 1))
    x = conv(image)
    x = layers.ReLU(name="relu1")(x)
    x = layers.Permute((3, 1, 2))(x)
    x = layers.Flatten()(x)
    dense = layers.Dense(4, name="fc1")
    model = keras.Model(image, layers.ReLU(name="relu2")(dense(x)))
    conv.set_weights([np.ones((3, 3, 1, 2), "float32"), np.array([-50.0, -75.0], "float32")])
    signs = np.array([1, 1, 1, 1, 1, -1, -1, -1], "float32")
    dense.set_weights([np.tile(signs[:, None], 4), np.zeros(4, "float32")])
    x = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    probe = Probe(x, display=(0, 15))
    found = GradCAM(layers=["conv1", "relu1"], target=0).compute(model, probe)
    np.testing.assert_allclose(found["conv1"][0], [[11.25, 13.5], [20.25, 22.5]], atol=1e-2)
    np.testing.assert_allclose(found["relu1"][0], [[0, 4], [28, 32.5]], atol=1e-2)
