"""Layers come in the order of their calls, which is not that of their names."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers, ops
from toys import near
from transformers import GRID, SHAPE, composed, images, weights_of

import kerasvis2 as kv

BLOCKS = 12  # "block_10" sorts before "block_2"
NAMES = [f"block_{i}" for i in range(BLOCKS)]


@pytest.fixture(scope="module")
def model():
    return composed(extra=1, blocks=BLOCKS)


@pytest.fixture(scope="module")
def session(model):
    model.compile("adam", "sparse_categorical_crossentropy")
    probe = kv.Probe(images(3), [0, 1, 2], display=(0, 1))
    return kv.Session(model, probe, progress=False)


class InOnePass(kv.AttentionRollout):
    """In a pass as it is where other views take gradients."""

    def needs(self, model, probe):
        return replace(super().needs(model, probe), gradients=True, targets=("label",))


def test_rollout_follows_the_layers_as_they_are_called(model, session):
    count = GRID[0] * GRID[1] + 1
    total = np.eye(count)
    for weights in weights_of(model, images(3), BLOCKS):
        mixed = 0.5 * weights.mean(1) + 0.5 * np.eye(count)
        total = mixed / mixed.sum(-1, keepdims=True) @ total
    patches = total[:, 0, 1:].reshape(-1, *GRID).astype("float32")
    wanted = ops.convert_to_numpy(ops.image.resize(patches[..., None], SHAPE[:2]))[..., 0]
    for view in (kv.AttentionRollout(), InOnePass()):
        near(session.compute(view)["input"], wanted, 1e-4)


@pytest.mark.parametrize(
    ("view", "layer"),
    [
        (kv.Attention(), "mha"),
        (kv.Activations(layers="block_*/ln_1"), "ln_1"),
        (kv.GradCAM(layers="block_*/ln_1"), "ln_1"),
    ],
    ids=lambda x: getattr(x, "title", ""),
)
def test_what_a_view_finds_comes_in_the_order_of_the_calls(session, view, layer):
    assert list(session.compute(view)) == [f"{name}/{layer}" for name in NAMES]


class Noting(kv.View):
    """Notes the order of what it sees."""

    title = "noting"

    def __init__(self, **asked):
        super().__init__()
        self.asked = asked

    def needs(self, model, probe):
        return kv.Request(gradients=True, **self.asked)

    def reduce(self, seen):
        whats = seen.activations, seen.gradients, seen.attention, seen.loss_gradients
        self.orders = [[str(key) for key in what] for what in whats]
        return {"input": seen.score, **seen.gradients}

    def draw(self, arrays, about):
        raise NotImplementedError


def test_what_a_view_sees_comes_in_the_order_of_the_calls(session):
    view = Noting(layers="block_*/*", attention=True, loss=True, targets=("label",))
    session.compute(view)
    of_layers = list(dict.fromkeys(view.orders[0]))
    assert [path for path in of_layers if path.endswith("ln_1")] == [f"{n}/ln_1" for n in NAMES]
    assert view.orders[1] == view.orders[0]
    assert view.orders[2] == [f"{name}/mha" for name in NAMES]
    weighted = [path for path in view.orders[3] if path.endswith("/mlp")]
    assert weighted == [f"{name}/mlp" for name in NAMES]


def test_inputs_by_name_come_in_the_order_that_they_are_given_in():
    names = ["second", "first"]
    given = {name: keras.Input((4, 4, 1), name=name) for name in names}
    x = layers.Concatenate()([layers.Flatten()(given[name]) for name in names])
    model = keras.Model(given, layers.Dense(2)(x))
    arrays = {name: np.full((2, 4, 4, 1), i, "float32") for i, name in enumerate(names)}
    probe = kv.Probe(arrays, image="first", display=(0, 1))
    session = kv.Session(model, probe, progress=False)
    edges = session.survey.wiring.edges
    assert [source for source, _ in edges if source in names] == names
    assert np.abs(session.compute(kv.Saliency(target=1))["input"]).max() > 0


def test_dicts_on_the_way_keep_their_order():
    """A layer that gives a dict, the next one takes its values as they come."""

    class Halves(layers.Layer):
        def call(self, x):
            return {"second": x[:, :1], "first": x[:, 1:]}

    class Minus(layers.Layer):
        def call(self, parts):
            left, right = parts.values()
            return left - right

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.halves, self.minus = Halves(name="halves"), Minus(name="minus")

        def call(self, x):
            return self.minus(self.halves(ops.reshape(x, (-1, 2))))

    model = Model()
    x = np.array([3.0, 1.0], "float32").reshape(1, 1, 2, 1)
    session = kv.Session(model, kv.Probe(x, display=(0, 4)), progress=False)
    assert session.compute(kv.Activations(layers="minus"))["minus"].item() == 2
    found = session.compute(Noting(layers=["halves", "minus"], targets=(0,)))
    np.testing.assert_allclose(found["input"], [2])
    np.testing.assert_allclose(found["halves"], [[-1]])  # of the first by name
