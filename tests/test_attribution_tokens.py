"""Attributions to tokens, at what their embedding makes of them; the truth is a linear model's."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv
from kerasvis2.observe.captions import describe
from kerasvis2.observe.session import Session

WORDS, LENGTH, WIDTH = 9, 5, 4


@pytest.fixture(scope="module")
def linear():
    """Two classes, each the sum of what every token adds at its place."""
    keras.utils.set_random_seed(4)
    words = keras.Input((LENGTH,), dtype="int32")
    embedding = layers.Embedding(WORDS, WIDTH)
    head = layers.Dense(2)
    model = keras.Model(words, head(layers.Flatten()(embedding(words))))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    table = keras.ops.convert_to_numpy(embedding.embeddings)
    kernel = keras.ops.convert_to_numpy(head.kernel).reshape(LENGTH, WIDTH, 2)
    return model, table, kernel


@pytest.fixture(scope="module")
def probe():
    ids = np.random.default_rng(3).integers(1, WORDS, (4, LENGTH)).astype("int32")
    ids[0, -2:] = 0
    return kv.Probe(ids, [0, 1, 1, 0])


def added(table, kernel, ids, labels, baseline):
    """What each token adds to its class's logit, less what another token in its place would."""
    difference = table[ids] - table[baseline]
    return np.einsum("nte,ten->nt", difference, kernel[..., labels])


@pytest.mark.parametrize("baseline", ["black", 3])
def test_integrated_gradients_go_from_one_embedding_to_another(linear, probe, baseline):
    model, table, kernel = linear
    view = kv.IntegratedGradients(points=3, baseline=baseline)
    found = view.compute(model, probe)
    token = 0 if baseline == "black" else baseline
    expected = added(table, kernel, probe.inputs, probe.labels, token)
    np.testing.assert_allclose(found["input"], expected, atol=1e-5)
    np.testing.assert_allclose(found["input/gap"], 0, atol=1e-5)


def test_smooth_and_variance_of_a_gradient_that_is_the_same_everywhere(linear, probe):
    model, _, kernel = linear
    smooth = kv.SmoothGrad(samples=3).compute(model, probe)["input"]
    expected = np.linalg.norm(kernel[..., probe.labels], axis=1).T
    np.testing.assert_allclose(smooth, expected, rtol=1e-5)
    variance = kv.VarGrad(samples=3).compute(model, probe)["input"]
    np.testing.assert_allclose(variance, np.zeros((4, LENGTH)), atol=1e-10)


@pytest.mark.parametrize("fill", ["mean", 5])
def test_occlusion_puts_another_token_in_its_place(linear, probe, fill):
    model, table, kernel = linear
    found = kv.Occlusion(fill=fill).compute(model, probe)["input"]
    token = 0 if fill == "mean" else fill
    expected = added(table, kernel, probe.inputs, probe.labels, token)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("view", "unit"),
    [
        (kv.IntegratedGradients(points=3), "share of the logit"),
        (kv.SmoothGrad(samples=3), "‖∂logit/∂embedding‖, mean of noisy copies"),
        (kv.VarGrad(samples=3), "variance of ∂logit/∂embedding"),
        (kv.Saliency(), "‖∂logit/∂embedding‖"),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_what_is_drawn_says_that_it_is_of_an_embedding(linear, probe, view, unit):
    model, *_ = linear
    session = Session(model, probe)
    session.add(view, "view")
    look = session.look(["view"])
    drawing = view.draw(look.arrays("view"), describe(look, "view", probe))
    (drawn,) = drawing.maps.values()
    assert drawn.unit == unit
    assert drawn.values.shape == (4, LENGTH)
    assert "black" not in view.how(describe(look, "view", probe), kv.Key("input"))


def test_a_block_written_as_a_layer_is_looked_at_as_a_whole(written):
    """Its parts stand in the order in which they were made; the last of them may be the first."""

    class Block(layers.Layer):
        def __init__(self):
            super().__init__(name="block")
            self.attention = layers.MultiHeadAttention(2, 4)
            self.forward = keras.Sequential([layers.Dense(8, "relu"), layers.Dense(8)])
            self.norms = [layers.LayerNormalization(), layers.LayerNormalization()]
            self.drops = [layers.Dropout(0.1), layers.Dropout(0.1)]

        def call(self, x):
            x = self.norms[0](x + self.drops[0](self.attention(x, x)))
            return self.norms[1](x + self.drops[1](self.forward(x)))

    tokens = keras.Input((12,))
    x = Block()(layers.Embedding(11, 8, name="embedding")(tokens))
    x = layers.Dense(2, "softmax")(layers.GlobalAveragePooling1D()(x))
    probe = kv.Probe(np.random.default_rng(0).integers(0, 11, (4, 12)), [0, 1, 0, 1])
    model = keras.Model(tokens, x)
    assert list(kv.GradCAM().compute(model, probe)) == ["embedding", "block"]
    kv.GradCAM().render(model, probe)
    assert "12 places" in written  # words are not enlarged


def test_what_is_the_output_itself_is_no_default_layer():
    model = keras.Sequential(
        [
            keras.Input((24, 1)),
            layers.Conv1D(4, 3, strides=2, padding="same", activation="relu", name="down"),
            layers.Conv1DTranspose(4, 3, strides=2, padding="same", activation="relu", name="up"),
            layers.Conv1DTranspose(1, 3, padding="same", name="out"),
        ]
    )
    signals = kv.Probe(np.random.default_rng(0).normal(size=(4, 24, 1)).astype("float32"))
    assert list(kv.GradCAM().compute(model, signals)) == ["down", "up"]
