"""Operations between the layers of a functional model are seen as layers are."""

import keras
import networks
import numpy as np
import pytest
from keras import layers as L
from keras import ops

import kerasvis2 as kv
from kerasvis2.observe.captions import describe


def conv(name, **options):
    return L.Conv2D(4, 3, padding="same", name=name, **options)


def norm(name):
    """One that moves what goes through it, so that before and after are not alike."""
    return L.BatchNormalization(beta_initializer=keras.initializers.Constant(-0.2), name=name)


def model_of(body):
    image = keras.Input((12, 10, 3))
    x = L.GlobalAveragePooling2D(name="mean")(body(image))
    model = keras.Model(image, L.Dense(5, name="head")(x))
    rng = np.random.default_rng(0)  # the same on every backend
    for weight in model.trainable_variables:
        if len(weight.shape) > 1:
            weight.assign(rng.normal(0.1, 0.3, weight.shape))
    head = model.get_layer("head").kernel
    head.assign(rng.uniform(0.1, 0.5, head.shape))
    return model


def session_of(body):
    probe = kv.Probe(networks.images(3), networks.labels(3), display=(0, 1))
    return kv.Session(model_of(body), probe, progress=False)


def gated(x):
    return x * ops.sigmoid(x)


def residual(relu, add):
    def body(image):
        first = relu(norm("norm1")(conv("conv1")(image)))
        second = norm("norm2")(conv("conv2")(first))
        return relu(add(second, first))

    return body


def inside(body):
    """The same within a model within a model."""

    def outer(image):
        given = keras.Input(image.shape[1:])
        inner = keras.Model(given, body(given), name="inner")
        return keras.Sequential([inner, L.Dropout(0.2)], name="row")(image)

    return outer


def after(*functions):
    def body(image):
        x = conv("conv")(image)
        for function in functions:
            x = function(x)
        return x

    return body


WRITTEN = {
    "relu": (after(norm("norm"), ops.relu), "conv + BN + ReLU"),
    "activation": (after(keras.activations.relu), "conv + ReLU"),
    "relu6": (after(lambda x: keras.activations.relu(x, max_value=6)), "conv + ReLU6"),
    "leaky": (after(ops.leaky_relu), "conv + LeakyReLU"),
    "silu": (after(ops.silu), "conv + SiLU"),
    "gelu": (after(keras.activations.gelu), "conv + GELU"),
    "gated": (after(norm("norm"), gated), "conv + BN + SiLU"),
    "lambda": (after(L.Lambda(ops.relu)), "conv + ReLU"),
    "pooled": (after(L.MaxPooling2D(), ops.relu), "conv + pool + ReLU"),
    "averaged": (after(L.AveragePooling2D(2), norm("norm"), L.ReLU()), "conv + pool + BN + ReLU"),
    "enlarged": (after(L.UpSampling2D(), ops.relu), "conv + upsampling + ReLU"),
    "by hand": (after(lambda x: ops.maximum(x, 0.0), norm("norm")), "conv + max + BN"),
    "averaged with another": (
        lambda image: L.Average()([conv("conv")(image), conv("other")(image)]),
        "conv + mean",
    ),
    "rescaled": (after(lambda x: x * 0.5, ops.relu), "conv + scale + ReLU"),
    "residual": (residual(ops.relu, lambda a, b: a + b), "conv + BN + sum + ReLU"),
    "nested": (inside(after(norm("norm"), ops.relu)), "conv + BN + ReLU"),
    # What nothing is made of afterwards is read as it is.
    "shifted": (after(lambda x: x + 1.0), ""),
    "only pooled": (after(L.MaxPooling2D(), norm("norm")), ""),
    "after its activation": (
        after(ops.relu, L.MaxPooling2D(), norm("norm"), ops.relu),
        "conv + ReLU",
    ),
    "read twice": (lambda image: ops.relu(x := conv("conv")(image)) + ops.tanh(x), ""),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_the_default_layer_is_behind_the_operations_that_follow_a_convolution(how):
    body, words = WRITTEN[how]
    session = session_of(body)
    path = list(session.compute(kv.GradCAM()))[-1]
    reads = session.survey.facts[path].reads
    assert (" + ".join(reads) if len(reads) > 1 else "") == words
    if not words:
        assert path == "conv"


@pytest.mark.parametrize("nested", [False, True])
def test_operations_give_what_the_layers_give(nested):
    as_ops = residual(ops.relu, lambda a, b: a + b)
    as_layers = residual(lambda x: L.ReLU()(x), lambda a, b: L.Add()([a, b]))
    bodies = [inside(body) if nested else body for body in (as_ops, as_layers)]
    written, plain = (session_of(body) for body in bodies)
    plain.model.set_weights(written.model.get_weights())
    views = [kv.GradCAM(), kv.LayerCAM(), kv.GuidedBackprop(), kv.DeconvNet()]
    for view in views:
        found, expected = written.compute(view), plain.compute(view)
        assert len(found) == len(expected) > 0
        assert max(np.abs(other).max() for other in expected.values()) > 0
        for one, other in zip(found.values(), expected.values()):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_an_operation_gives_its_own_values_and_gradients():
    session = session_of(after(norm("norm"), ops.relu))
    model = session.model
    name = next(node.name for node in model.operations if type(node).__name__ == "Relu")
    found = session.compute(kv.Activations(layers=["norm", name]))
    np.testing.assert_allclose(found[name], np.maximum(found["norm"], 0), atol=1e-6)
    assert found["norm"].min() < 0
    kernel = ops.convert_to_numpy(model.get_layer("head").kernel)
    weights = kernel[:, 2] / 120  # of a mean over 12 × 10 places
    cam = session.compute(kv.GradCAM(layers=name, target=2))[name]
    np.testing.assert_allclose(cam, np.maximum(found[name] @ weights, 0), rtol=1e-4, atol=1e-7)
    itself = next(node for node in model.operations if node.name == name)
    again = session.compute(kv.GradCAM(layers=itself, target=2))[name]
    np.testing.assert_array_equal(again, cam)


@pytest.mark.parametrize("view", [kv.GuidedBackprop, kv.DeconvNet])
@pytest.mark.parametrize("options", [{"threshold": 0.1}, {"max_value": 0.4, "negative_slope": 0.2}])
def test_the_rules_hold_for_rectifiers_of_several_operations(view, options):
    written = session_of(after(lambda x: keras.activations.relu(x, **options)))
    plain = session_of(after(L.ReLU(**options)))
    plain.model.set_weights(written.model.get_weights())
    found, expected = (each.compute(view(target=1))["input"] for each in (written, plain))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
    assert np.abs(found - written.compute(kv.GradientTimesInput(target=1))["input"]).max() > 1e-4


def test_a_rectifier_that_is_not_one_of_kerass_is_not_followed():
    session = session_of(after(lambda x: ops.maximum(x, 0)))
    with pytest.raises(ValueError, match="has no ReLU"):
        session.compute(kv.GuidedBackprop(target=0))


def test_the_diagram_shows_operations():
    session = session_of(residual(ops.relu, lambda a, b: a + b))
    kinds = {info.path: info.kind for info in session.survey.layers}
    edges = {(kinds.get(a, a), kinds.get(b, b)) for a, b in session.survey.wiring.edges}
    assert {("BatchNormalization", "Add"), ("ReLU", "Add"), ("Add", "ReLU")} <= edges
    assert ("BatchNormalization", "GlobalAveragePooling2D") not in edges


class Plain(keras.Model):
    """Its ReLUs are in its code, where there is no layer to be read."""

    def __init__(self, relu):
        super().__init__()
        self.conv, self.norm, self.head = conv("conv"), norm("norm"), L.Dense(5)
        self.relu = relu

    def call(self, x):
        x = self.norm(self.conv(x))
        return self.head(ops.mean(ops.relu(x) if self.relu else x, axis=(1, 2)))


@pytest.mark.parametrize("relu", [True, False])
def test_a_title_says_that_a_layer_is_read_before_a_relu_of_the_models_code(relu):
    probe = kv.Probe(networks.images(3), networks.labels(3), display=(0, 1))
    session = kv.Session(Plain(relu), probe, progress=False)
    (path,) = session.compute(kv.GradCAM())
    name = session._one(view := kv.GradCAM(), whole=False)
    about = describe(session.look([name], remember=False), name, probe)
    read = " (conv + BN, before a ReLU)" if relu else " (conv + BN)"
    assert f"norm{read}" in about.title(view.title, path)
