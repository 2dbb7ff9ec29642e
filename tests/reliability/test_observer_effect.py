"""A training that is watched is, bit for bit, the one that is not."""

import random
import warnings

import keras
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv

SHAPE, CLASSES = (12, 12, 3), 4
LOSS = "sparse_categorical_crossentropy"


def body(seed=1):
    """Everything that draws random numbers or moves statistics while it trains."""
    return [
        layers.RandomFlip("horizontal", seed=seed, name="flip"),
        layers.RandomTranslation(0.1, 0.1, seed=seed, name="shift"),
        layers.Conv2D(6, 3, padding="same", name="conv1"),
        layers.BatchNormalization(name="norm"),
        layers.ReLU(name="relu"),
        layers.SpatialDropout2D(0.2, seed=seed, name="spatial"),
        layers.Conv2D(8, 3, strides=2, activation="relu", name="conv2"),
        layers.GlobalAveragePooling2D(name="pool"),
        layers.GaussianNoise(0.05, seed=seed, name="noise"),
        layers.Dropout(0.3, name="drop"),  # its seed is Keras's own state
    ]


def functional():
    image = x = keras.Input(SHAPE)
    for layer in body():
        x = layer(x)
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax", dtype="float32")(x))


def nested():
    image = x = keras.Input(SHAPE)
    for layer in body():
        x = layer(x)
    inner = keras.Model(image, x, name="backbone")
    head = layers.Dense(CLASSES, activation="softmax", dtype="float32", name="head")
    return keras.Sequential([keras.Input(SHAPE), inner, head])


class Subclassed(keras.Model):
    """Its own call, and a number drawn in it where it trains."""

    def __init__(self):
        super().__init__()
        self.body = body()
        self.head = layers.Dense(CLASSES, activation="softmax", dtype="float32")
        self.seeds = keras.random.SeedGenerator(5)

    def call(self, x, training=False):
        for layer in self.body:
            x = layer(x, training=training) if layer.name != "conv1" else layer(x)
        if training:
            x = x + keras.random.normal(keras.ops.shape(x), seed=self.seeds, dtype=x.dtype) * 0.01
        return self.head(x)


WAYS = {"functional": functional, "nested": nested, "subclassed": Subclassed}
TRAININGS = {
    "plain": {},
    "float16": {"policy": "mixed_float16"},  # with a LossScaleOptimizer of Keras's own
    "bfloat16": {"policy": "mixed_bfloat16"},
    "ema": {"optimizer": {"use_ema": True, "ema_momentum": 0.9}, "swap": True},
    "accumulating": {"optimizer": {"gradient_accumulation_steps": 2}},
    "together": {"compile": {"steps_per_execution": 3}},
    "compiled": {"compile": {"jit_compile": True}},
    "eager": {"compile": {"run_eagerly": True}},
}
SHORT = [
    ("functional", "ema"),
    ("nested", "float16"),
    ("subclassed", "accumulating"),
    ("subclassed", "together"),
    ("functional", "eager"),
]


def every_view(**more):
    """All views that a picture classifier has, with settings that make them fast."""
    fast = {
        "SmoothGrad": {"samples": 2},
        "VarGrad": {"samples": 2},
        "IntegratedGradients": {"points": 3},
        "RISE": {"masks": 8, "grid": 3},
        "LIME": {"samples": 8},
        "ScoreCAM": {"channels": 2},
        "Occlusion": {"patch": 6, "stride": 6},
        "ActivationMaximization": {"steps": 2, "units": [0, 1]},
        "LayerHealth": {"gradients": True},
    }
    names = [name for name in kv.__all__ if isinstance(getattr(kv, name), type)]
    views = [getattr(kv, name) for name in names if name not in ("View", "Attention")]
    views = [view for view in views if issubclass(view, kv.View) and "Rollout" not in view.__name__]
    return [view(**fast.get(view.__name__, {}), **more) for view in views]


def train(way, training, callbacks, epochs=3):
    """What a training leaves: history, every variable, and the next draw of everybody."""
    told = TRAININGS[training]
    keras.utils.clear_session()
    keras.utils.set_random_seed(11)
    keras.config.set_dtype_policy(told.get("policy", "float32"))
    try:
        model = WAYS[way]()
        model.compile(
            keras.optimizers.Adam(1e-2, **told.get("optimizer", {})),
            LOSS,
            metrics=["accuracy"],
            **told.get("compile", {}),
        )
        rng = np.random.default_rng(0)
        x = rng.random((40, *SHAPE), "float32")
        y = rng.integers(0, CLASSES, 40)
        swap = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if told.get("swap") else []
        fitted = model.fit(
            x, y, validation_data=(x[:16], y[:16]), epochs=epochs, batch_size=8, verbose=0,
            callbacks=[*callbacks, *swap],
        )  # fmt: skip
    finally:
        keras.config.set_dtype_policy("float32")
    model.reset_metrics()
    variables = [*model.variables, *model.optimizer.variables]
    values = [np.array(keras.ops.convert_to_numpy(v)) for v in variables]
    draws = [
        random.random(),
        np.random.random(),
        np.array(keras.ops.convert_to_numpy(keras.random.normal((2,)))),
        backends_draw(),
    ]
    return fitted.history, values, draws


def backends_draw():
    import tensorflow as tf

    return tf.random.normal((2,)).numpy()


def assert_same(one, other):
    assert one[0] == other[0]
    assert len(one[1]) == len(other[1])
    for i, (mine, his) in enumerate(zip(one[1], other[1])):
        np.testing.assert_array_equal(mine, his, err_msg=f"variable {i}")
    for mine, his in zip(one[2], other[2]):
        np.testing.assert_array_equal(mine, his, err_msg="a random number was drawn")


def a_probe():
    rng = np.random.default_rng(1)
    return kv.Probe(rng.random((4, *SHAPE), "float32"), np.arange(4), display=(0, 1))


CASES = [
    pytest.param(way, training, marks=[] if (way, training) in SHORT else pytest.mark.soak)
    for way in WAYS
    for training in TRAININGS
]


@pytest.mark.parametrize(("way", "training"), CASES)
def test_every_view_on_changes_not_a_bit(tmp_path, way, training):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        watched = train(way, training, [kv.Monitor(tmp_path, a_probe(), every_view())])
    ours = [str(w.message) for w in said if str(w.message).startswith("kerasvis2")]
    assert not [words for words in ours if "switched off" in words], ours
    assert_same(watched, train(way, training, []))
    (run,) = kv.read(tmp_path).values()
    assert len(run.tags()) > 25


class Breaks(kv.GradCAM):
    """Fails while it is traced, in the middle of the pass, or while it is drawn."""

    name = "breaks"

    def __init__(self, where):
        super().__init__()
        self._where = where

    def reduce(self, seen):
        found = super().reduce(seen)
        if self._where == "tracing":
            raise RuntimeError("on purpose")
        return found

    def draw(self, arrays, about):
        if self._where == "drawing":
            raise RuntimeError("on purpose")
        return super().draw(arrays, about)


@pytest.mark.parametrize(
    ("way", "where"), [("functional", "tracing"), ("nested", "drawing"), ("subclassed", "tracing")]
)
def test_nor_does_a_view_that_fails(tmp_path, way, where):
    views = [Breaks(where), kv.Saliency(), kv.ScoreCAM(channels=2)]
    with pytest.warns(UserWarning, match="'breaks', which is switched off") as said:
        watched = train(way, "plain", [kv.Monitor(tmp_path, a_probe(), views)])
    assert len([w for w in said if "'breaks'" in str(w.message)]) == 1
    assert_same(watched, train(way, "plain", []))
    (run,) = kv.read(tmp_path).values()
    assert run.steps("saliency/00_input") == [0, 1, 2]


def test_what_would_be_seen_if_something_was_changed():
    """The comparison above can fail: one random number, one statistic."""

    class Draws(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            keras.random.normal((1,))

    class Moves(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model(np.zeros((1, *SHAPE), "float32"), training=True)

    plain = train("functional", "plain", [])
    for callback in (Draws(), Moves()):
        with pytest.raises(AssertionError):
            assert_same(train("functional", "plain", [callback]), plain)
