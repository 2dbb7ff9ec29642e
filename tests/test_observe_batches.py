"""Models that take so many examples at a time and no other number."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv

VIEWS = [
    kv.GradCAM(layers="all"),
    kv.Saliency(),
    kv.Activations(),
    kv.Occlusion(patch=4),
    kv.IntegratedGradients(points=3),
    kv.SmoothGrad(samples=3),
]


def network(batch):
    """The batch's size is written into the model, as a reshape in it shows."""
    keras.utils.set_random_seed(2)
    image = keras.Input(batch_shape=(batch, 8, 8, 1))
    h = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    h = keras.ops.reshape(h, (batch or -1, 36, 4))
    return keras.Model(image, layers.Dense(3, activation="softmax")(layers.Flatten()(h)))


@pytest.mark.parametrize("batch", [4, 7])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_maps_are_those_of_a_model_that_takes_any_number(view, batch):
    fixed, free = network(batch), network(None)
    free.set_weights(fixed.get_weights())
    x = np.random.default_rng(0).random((6, 8, 8, 1), "float32")
    probe = kv.Probe(x, [0, 1, 2, 0, 1, 2])
    found, expected = view.compute(fixed, probe), view.compute(free, probe)
    assert len(found) == len(expected)
    for (key, array), other in zip(expected.items(), found.values()):  # operations are numbered
        np.testing.assert_allclose(other, array, atol=2e-6, err_msg=str(key))


def test_a_recurrent_network_that_keeps_its_state():
    keras.utils.set_random_seed(2)
    signal = keras.Input(batch_shape=(8, 10, 2))
    h = layers.GRU(5, stateful=True, return_sequences=True)(signal)
    model = keras.Model(signal, layers.Dense(1)(h[:, -1]))
    x = np.random.default_rng(0).random((5, 10, 2), "float32")
    probe = kv.Probe(x, x[:, 0, :1], task="regression")
    before = [keras.ops.convert_to_numpy(variable).copy() for variable in model.variables]
    maps = kv.GradientTimesInput().compute(model, probe)["input"]
    assert maps.shape == x.shape
    assert np.abs(maps).max() > 0
    for variable, value in zip(model.variables, before):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), value)


def test_a_size_that_is_only_named_costs_nothing():
    keras.utils.set_random_seed(2)
    image = keras.Input(batch_shape=(512, 8, 8, 1))
    h = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(image))
    model = keras.Model(image, layers.Dense(3)(h))
    probe = kv.Probe(np.random.default_rng(0).random((6, 8, 8, 1), "float32"))
    assert kv.Session(model, probe).survey.batch is None
