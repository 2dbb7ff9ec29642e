"""Models beside the picture classifier: what is shown of them is theirs, and something is."""

from __future__ import annotations

import event_files
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import kerasvis2 as kv
from kerasvis2.task import captions, task_of


class Windows(layers.Layer):
    """Cuts pictures into 4 windows each, so that the first axis is of windows, and joins them."""

    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(4, name="inner")

    def call(self, x):
        h = ops.reshape(x, (-1, 2, 4, 2, 4, 4))
        h = ops.reshape(ops.transpose(h, (0, 1, 3, 2, 4, 5)), (-1, 16, 4))
        h = ops.reshape(self.inner(h), (-1, 2, 2, 4, 4, 4))
        return ops.reshape(ops.transpose(h, (0, 1, 3, 2, 4, 5)), (-1, 8, 8, 4))


def test_windows_of_pictures_are_not_taken_for_pictures():
    keras.utils.set_random_seed(1)
    image = keras.Input((16, 16, 1))
    h = layers.Conv2D(4, 2, strides=2, name="patches")(image)
    h = Windows()(h)
    model = keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(h)))
    x = np.random.default_rng(0).random((3, 16, 16, 1), "float32")
    probe = kv.Probe(x, [0, 1, 2])
    for view in (kv.GradCAM(layers="all"), kv.Activations(layers="all")):
        found = view.compute(model, probe)
        assert {len(array) for array in found.values()} == {3}
        assert not any("inner" in key for key in found)
    with pytest.raises(ValueError, match="nothing for each example by itself"):
        kv.Activations(layers="windows/inner").compute(model, probe)


def sentences():
    keras.utils.set_random_seed(1)
    texts = np.array([[f"{'good' if i % 2 else 'bad'} film {i}"] for i in range(8)])
    vectorize = layers.TextVectorization(20, output_sequence_length=4)
    vectorize.adapt(texts[:, 0])
    sentence = keras.Input((1,), dtype="string")
    h = layers.Embedding(20, 5, name="embedding")(vectorize(sentence))
    h = layers.GlobalAveragePooling1D()(layers.Conv1D(4, 2, activation="relu", name="conv")(h))
    model = keras.Model(sentence, layers.Dense(1, activation="sigmoid")(h))
    model.compile("sgd", "binary_crossentropy")
    return model, texts, np.arange(8) % 2


def test_a_model_that_reads_sentences():
    model, texts, y = sentences()
    probe = kv.Probe(texts, y)
    found = kv.Activations(layers="conv").compute(model, probe)["conv"]
    inner = keras.Model(model.inputs, model.get_layer("conv").output)
    np.testing.assert_allclose(found, inner(tf.constant(texts)), atol=1e-6)
    kv.LayerHealth(gradients=True).render(model, probe)
    kv.Drift().compute(model, probe)


class WithoutCall(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="deep")])
        self.seen = keras.metrics.Mean(name="loss")

    def train_step(self, data):
        self.seen.update_state(tf.reduce_mean(data[0]))
        return {"loss": self.seen.result()}


@pytest.mark.parametrize("given", [False, True])
def test_the_table_of_a_model_that_nothing_goes_through(tmp_path, given):
    model = WithoutCall()
    model.compile("sgd")
    x = np.zeros((8, 4), "float32")
    probe = kv.Probe(x) if given else None
    monitor = kv.Monitor(tmp_path, probe, [kv.ModelGraph(), kv.Curves()])
    model.fit(x, np.zeros(8), epochs=1, verbose=0, callbacks=[monitor])
    (words,) = event_files.texts(tmp_path / "vis", "model_graph/layers")
    assert "deep" in words


def test_a_generator_shows_its_samples():
    keras.utils.set_random_seed(1)
    latent = keras.Input((3,))
    out = layers.Dense(36, activation="tanh")(latent)
    model = keras.Model(latent, layers.Reshape((6, 6, 1))(out))
    z = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    (pixels,) = kv.Predictions().render(model, kv.Probe(z)).values()
    made = (model.predict(z, verbose=0) + 1) / 2 * 255
    greys = np.unique(pixels[(np.ptp(pixels, axis=-1) == 0)]).astype(float)
    assert np.abs(greys[:, None] - made.ravel()).min(axis=0).max() <= 1


def test_rows_of_words_are_told_as_such():
    logits = np.zeros((2, 3, 4))
    logits[0, [0, 1, 2], [1, 2, 3]] = 1
    logits[1, :, 0] = 1
    true = np.array([[1, 2, 0], [3, 3, 3]])
    task = task_of(shape=(3, 4), activation="softmax", labels=true)
    said = captions(task, logits, true, ["a", "b", "c", "d"])
    assert said == [
        ["true b c a", "pred b c d", "2 of 3 right"],
        ["true d d d", "pred a a a", "0 of 3 right"],
    ]


def test_several_answers_of_a_table_are_a_table(tmp_path):
    keras.utils.set_random_seed(1)
    columns = keras.Input((4,))
    model = keras.Model(columns, layers.Dense(3, activation="sigmoid")(columns))
    model.compile("sgd", "binary_crossentropy")
    x = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    y = (x[:, :3] > 0).astype("float32")
    probe = kv.Probe(x, y, class_names=["sun", "sea", "sand"])
    monitor = kv.Monitor(tmp_path, probe, [kv.Predictions()])
    model.fit(x, y, epochs=1, verbose=0, callbacks=[monitor])
    (words,) = event_files.texts(tmp_path / "vis", "predictions/answers")
    assert words.count("\n") == 9
    assert "true sun" in words or "true sea" in words


@pytest.mark.parametrize("ragged", [False, True])
def test_examples_of_different_lengths(ragged):
    rows = [[1, 2, 3], [4, 5], [6, 7, 8, 9]]
    with pytest.raises(ValueError, match="different lengths, 2 to 4; give them one: .*pad_seq"):
        kv.Probe(tf.ragged.constant(rows) if ragged else rows, [0, 1, 0])
