"""What does not fit a model: left out in a line where nobody asked for it, told before training
where somebody did.
"""

from __future__ import annotations

import warnings

import event_files
import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasvis2 as kv
import kerasvis2.monitoring.watching


def network():
    keras.utils.set_random_seed(1)
    parts = [keras.Input((10, 10, 1)), layers.Conv2D(4, 3, activation="relu")]
    parts += [layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")]
    model = keras.Sequential(parts)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


X = np.random.default_rng(0).random((16, 10, 10, 1), "float32")
Y = np.arange(16) % 3


def train(model, monitor, epochs=1):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, callbacks=[monitor])
    return [str(w.message) for w in caught if str(w.message).startswith("kerasvis2")]


class Failing(kv.View):
    """Fails while the pass is made."""

    title = "Failing"

    def __init__(self, error):
        super().__init__()
        self._error = error

    def needs(self, model, probe):
        return kv.Needs(outputs=True)

    def reduce(self, seen):
        raise self._error

    def draw(self, arrays, about):
        return kv.Drawing()


class Other(Failing):
    """Another of the kind."""


@pytest.mark.parametrize("before", [[], kv.default_views()], ids=["alone", "among others"])
def test_a_view_that_was_asked_for_says_its_name(tmp_path, before):
    monitor = kv.Monitor(tmp_path, kv.Probe(X[:4], Y[:4]), [*before, kv.Attention()])
    with pytest.raises(ValueError, match=r"^Attention: the model has no multi-head attention"):
        train(network(), monitor)


def test_bad_input_is_told_though_another_view_fails_otherwise(tmp_path):
    views = [*kv.default_views(), Failing(RuntimeError("no")), Other(ValueError("no units"))]
    monitor = kv.Monitor(tmp_path, kv.Probe(X[:4], Y[:4]), views)
    with pytest.raises(ValueError, match="^Other: no units"):
        train(network(), monitor)


class Unbuilt(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = layers.Dense(3, activation="softmax")

    def call(self, x):
        return self.out(ops.reshape(x, (-1, 100)))


def test_a_view_that_needs_a_probe_is_told_before_training(tmp_path):
    model = Unbuilt()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="Saliency needs a probe"):
        train(model, kv.Monitor(tmp_path, views=[*kv.default_views(), kv.Saliency()]))
    assert not model.built


class Unlike(keras.Model):
    """Cannot be followed: what it does hangs on the values."""

    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(2, 3)
        self.conv.build((None, 10, 10, 1))

    def call(self, x):
        raise RuntimeError("nobody calls me")

    def train_step(self, data):
        return {"loss": ops.mean(data[0])}


def test_one_line_for_each_cause(tmp_path):
    model = Unlike()
    model.compile("sgd")
    said = train(model, kv.Monitor(tmp_path, kv.Probe(X[:4], Y[:4])))
    left_out = [words for words in said if "left out" in words]
    assert len(left_out) == 1, left_out
    assert len(left_out[0]) < 200
    assert left_out[0].endswith("cannot be followed (RuntimeError: nobody calls me).")
    for name in ("predictions", "grad_cam", "activations", "activation_maximization"):
        assert name in left_out[0]


def test_a_part_that_is_not_there(tmp_path):
    monitor = kv.Monitor(tmp_path, kv.Probe(X[:4], Y[:4]), part="generator")
    with pytest.raises(ValueError, match=r"part='generator': Sequential has no attribute"):
        train(network(), monitor)


@pytest.mark.parametrize(
    "often",
    [{"freq": 10, "unit": "batch"}, {"freq": 3}, {"freq": lambda step: False}],
    ids=["batches", "epochs", "never but for curves"],
)
def test_curves_are_of_every_epoch_however_seldom_anybody_looks(tmp_path, often):
    train(network(), kv.Monitor(tmp_path, kv.Probe(X[:4], Y[:4]), **often), epochs=5)
    assert event_files.steps(tmp_path / "train", "epoch_loss") == [0, 1, 2, 3, 4]


def test_a_look_that_takes_long_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(kerasvis2.monitoring.watching, "LONG", 0.0)
    said = train(network(), kv.Monitor(tmp_path, kv.Probe(X[:4], Y[:4]), [kv.Saliency()]), epochs=3)
    long = [words for words in said if "training waited" in words]
    assert len(long) == 1
    assert "saliency" in long[0]
