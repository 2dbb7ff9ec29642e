"""Models that a graph cannot be made of, or whose graph has no kernels where they run."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasvis2 as kv

X = np.random.default_rng(1).random((5, 10, 10, 2), "float32")
Y = np.array([0, 1, 2, 0, 1])


class Network(keras.Model):
    """Python decides by values; without `deciding` it is the same and can be traced."""

    def __init__(self, deciding, head="softmax"):
        super().__init__()
        self.deciding = deciding
        self.one = layers.Conv2D(4, 3, activation="relu", name="one")
        self.two = layers.Conv2D(5, 3, activation="relu", name="two")
        self.pool = layers.GlobalAveragePooling2D(name="pool")
        self.out = layers.Dense(3, activation=head, name="out")

    def call(self, x):
        h = self.two(self.one(x))
        if self.deciding and float(ops.convert_to_numpy(ops.mean(x))) < 0:
            h = -h
        random.random()
        return self.out(self.pool(h))


def twins(head="softmax"):
    keras.utils.set_random_seed(3)
    found = [Network(deciding, head) for deciding in (True, False)]
    for model in found:
        model(X)
    found[1].set_weights(found[0].get_weights())
    return found


VIEWS = [
    kv.GradCAM(layers="all"),
    kv.Saliency(),
    kv.Activations(),
    kv.Occlusion(patch=4),
    kv.IntegratedGradients(points=3),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_what_runs_eagerly_only_is_seen_as_any_other(view):
    eager, traced = twins()
    probe = kv.Probe(X, Y)
    before = random.getstate()
    found, expected = view.compute(eager, probe), view.compute(traced, probe)
    assert list(found) == list(expected)
    for key, array in expected.items():
        np.testing.assert_allclose(found[key], array, atol=1e-5, err_msg=str(key))
    random.setstate(before)
    view.compute(eager, probe)
    assert random.getstate() == before, "a number was drawn"


@pytest.mark.parametrize("head", ["softmax", "sigmoid", None])
def test_logits_are_those_before_the_last_activation(head):
    eager, traced = twins(head)
    probe = kv.Probe(X)
    found, expected = (kv.Predictions().compute(model, probe) for model in (eager, traced))
    np.testing.assert_allclose(found["logits"], expected["logits"], atol=1e-5)


def test_a_model_that_only_its_training_builds_is_looked_at_from_then_on(tmp_path):
    keras.utils.set_random_seed(3)
    model = Network(True)
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    monitor = kv.Monitor(tmp_path, kv.Probe(X, Y), [kv.GradCAM(), kv.Curves()])
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[monitor])
    (run,) = kv.read(tmp_path).values()
    assert run.steps("grad_cam/01_two") == [0, 1]


def test_channels_first_where_a_processor_has_no_kernels_for_it():
    keras.utils.set_random_seed(3)
    models = []
    for form in ("channels_first", "channels_last"):
        first = form == "channels_first"
        image = keras.Input((2, 10, 10) if first else (10, 10, 2))
        h = layers.Conv2D(4, 3, activation="relu", name="one", data_format=form)(image)
        h = layers.MaxPooling2D(2, name="smaller", data_format=form)(h)
        h = layers.Conv2D(5, 3, activation="relu", name="two", data_format=form)(h)
        h = layers.GlobalAveragePooling2D(data_format=form)(h)
        models.append(keras.Model(image, layers.Dense(3, activation="softmax")(h)))
    models[1].set_weights(models[0].get_weights())
    upright = kv.Probe(X, Y, display=(0, 1))
    first = kv.Probe(np.moveaxis(X, -1, 1), Y, display=lambda x: np.moveaxis(x, 1, -1))
    for view in (
        kv.GradCAM(layers="all"),
        kv.Occlusion(patch=4, fill="black"),
        kv.RISE(masks=20, grid=3),
        kv.LIME(samples=20, segments=lambda image: np.arange(100).reshape(10, 10) // 25),
    ):
        found, expected = view.compute(models[0], first), view.compute(models[1], upright)
        assert list(found) == list(expected)
        for key, array in expected.items():
            np.testing.assert_allclose(found[key], array, atol=1e-4, err_msg=str(key))
