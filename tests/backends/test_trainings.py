"""Trainings that people write, on the backend at hand: the same bit for bit when watched.

Quantized and low-rank layers, rematerialisation, layers unfrozen and models rebuilt between two
fits, averaged and accumulated and scaled optimizers, models around models.
"""

from __future__ import annotations

import random
import warnings
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasvis2 as kv

SHAPE, CLASSES = (10, 12, 3), 3
LOSS = "sparse_categorical_crossentropy"
BACKEND = keras.backend.backend()


def compiled(model: Any, optimizer: Any = "adam", loss: Any = LOSS, **options: Any) -> Any:
    model.compile(optimizer, loss, **({"jit_compile": BACKEND == "jax"} | options))
    return model


def convolutional(dropout: bool = True) -> list[Any]:
    return [
        layers.RandomFlip(seed=4),
        layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.Conv2D(6, 3, activation="relu", name="deep"),
        layers.Dropout(0.3 if dropout else 0.0, seed=2),
        layers.GlobalAveragePooling2D(name="pool"),
        layers.Dense(5, activation="tanh", name="hidden"),
        layers.Dense(CLASSES, activation="softmax", dtype="float32", name="scores"),
    ]


def network() -> Any:
    return keras.Sequential([keras.Input(SHAPE), *convolutional()])


def once(model: Any, callbacks: list[Any], x: Any, y: Any, **options: Any) -> dict[str, Any]:
    given = {"epochs": 2, "batch_size": 8, "verbose": 0} | options
    return model.fit(x, y, callbacks=callbacks, **given).history


def pictures() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((24, *SHAPE), "float32"), rng.integers(0, CLASSES, 24)


TRAININGS: dict[str, Any] = {}


def training(function: Any) -> Any:
    TRAININGS[function.__name__] = function
    return function


class Counting(layers.Layer):
    """Counts its calls and draws a number, whether it trains or is only looked at."""

    def build(self, shape: Any) -> None:
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")
        self.seeds = keras.random.SeedGenerator(3)

    def call(self, x: Any) -> Any:
        self.calls.assign(self.calls + 1.0)
        return x + 0.01 * keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.seeds)


@training
def counting_its_calls(callbacks: list[Any]) -> Any:
    model = keras.Sequential([keras.Input(SHAPE), Counting(), *convolutional()])
    return model, once(compiled(model), callbacks, *pictures())


@training
def quantized(callbacks: list[Any]) -> Any:
    """Whole numbers for weights; what is left, convolutions and biases, learns."""
    model = network()
    model.quantize("int8")
    return model, once(compiled(model), callbacks, *pictures())


@training
def quantized_then_low_rank(callbacks: list[Any]) -> Any:
    model = network()
    model.quantize("int8")
    model.get_layer("hidden").enable_lora(2)
    return model, once(compiled(model), callbacks, *pictures())


@training
def low_rank_everywhere(callbacks: list[Any]) -> Any:
    """Convolutions, EinsumDense and Dense, all frozen but for their low-rank parts."""
    image = keras.Input(SHAPE)
    h = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    h = layers.Reshape((-1, 4))(h)
    h = layers.EinsumDense("abc,cd->abd", (None, 5), activation="relu", name="einsum")(h)
    h = layers.Dense(6, activation="relu", name="hidden")(layers.GlobalAveragePooling1D()(h))
    model = keras.Model(image, layers.Dense(CLASSES, activation="softmax", name="scores")(h))
    for name in ("conv", "einsum", "hidden"):
        model.get_layer(name).enable_lora(2)
    return model, once(compiled(model), callbacks, *pictures())


@training
def low_rank_embedding(callbacks: list[Any]) -> Any:
    words = keras.Input((6,), dtype="int32")
    h = layers.Embedding(20, 5, name="embedding")(words)
    h = layers.Conv1D(4, 2, activation="relu", name="conv")(h)
    h = layers.GlobalAveragePooling1D()(h)
    model = keras.Model(words, layers.Dense(CLASSES, activation="softmax", name="scores")(h))
    model.get_layer("embedding").enable_lora(2)
    x = np.random.default_rng(1).integers(0, 20, (24, 6)).astype("int32")
    return model, once(compiled(model), callbacks, x, pictures()[1])


@training
def rematerialised(callbacks: list[Any]) -> Any:
    """Every layer is called once more on the way back, to save memory."""
    with keras.RematScope(mode="full"):
        model = keras.Sequential([keras.Input(SHAPE), *convolutional(dropout=False)])
    # In graphs of TensorFlow's, Keras has no way to call a layer with a keyword twice.
    options = {"run_eagerly": True} if BACKEND == "tensorflow" else {}
    return model, once(compiled(model, **options), callbacks, *pictures())


@training
def unfrozen_between_two_fits(callbacks: list[Any]) -> Any:
    model = network()
    for layer in model.layers[:-1]:
        layer.trainable = False
    first = once(compiled(model), callbacks, *pictures())
    model.get_layer("deep").trainable = True
    second = once(compiled(model, "sgd"), callbacks, *pictures(), initial_epoch=2, epochs=4)
    return model, (first, second)


@training
def rebuilt_between_two_fits(callbacks: list[Any]) -> Any:
    """The trained layers under another head, in another model."""
    model = network()
    first = once(compiled(model), callbacks, *pictures())
    body = keras.Model(model.inputs, model.get_layer("pool").output)
    head = layers.Dense(CLASSES, activation="softmax", name="scores")
    other = keras.Sequential([keras.Input(SHAPE), body, head])
    second = once(compiled(other), callbacks, *pictures(), initial_epoch=2, epochs=4)
    return other, (first, second)


@training
def averaged(callbacks: list[Any]) -> Any:
    """SwapEMAWeights before the monitor and behind it."""
    model = compiled(network(), keras.optimizers.Adam(use_ema=True, ema_momentum=0.9))
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    x, y = pictures()
    return model, once(model, [swap, *callbacks], x, y, validation_data=(x, y))


@training
def accumulated(callbacks: list[Any]) -> Any:
    model = compiled(network(), keras.optimizers.Adam(gradient_accumulation_steps=3))
    return model, once(model, callbacks, *pictures(), epochs=3)


@training
def scaled(callbacks: list[Any]) -> Any:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = network()
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), initial_scale=2.0**20)
    return model, once(compiled(model, optimizer), callbacks, *pictures(), epochs=3)


@training
def eight_steps_together(callbacks: list[Any]) -> Any:
    model = compiled(network(), steps_per_execution=8)
    return model, once(model, callbacks, *pictures(), batch_size=2)


@training
def eager(callbacks: list[Any]) -> Any:
    return_model = compiled(network(), run_eagerly=True, jit_compile=False)
    return return_model, once(return_model, callbacks, *pictures())


class Distilled(keras.Model):
    """A student that learns what its teacher says."""

    def __init__(self) -> None:
        super().__init__()
        self.teacher, self.student = network(), network()
        self.teacher.trainable = False

    def call(self, x: Any, training: bool = False) -> Any:
        return self.student(x, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        plain = super().compute_loss(x, y, y_pred, sample_weight, training)
        soft = keras.losses.kl_divergence(self.teacher(x, training=False), y_pred)
        return plain + ops.mean(soft)


@training
def distilled(callbacks: list[Any]) -> Any:
    model = compiled(Distilled())
    return model, once(model, callbacks, *pictures())


class Sampled(keras.Model):
    """A variational autoencoder: its own losses, random numbers in `call`."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = layers.Conv2D(4, 3, strides=2, activation="relu", name="inside")
        self.flat = layers.Flatten()
        self.code = layers.Dense(4, name="code")
        self.out = layers.Dense(int(np.prod(SHAPE)), activation="sigmoid", name="out")
        self.seeds = keras.random.SeedGenerator(3)

    def call(self, x: Any) -> Any:
        mean, spread = ops.split(self.code(self.flat(self.inside(x))), 2, axis=-1)
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
        self.add_loss(ops.mean(ops.exp(spread) + mean**2 - 1.0 - spread))
        return ops.reshape(self.out(mean + ops.exp(0.5 * spread) * noise), (-1, *SHAPE))


@training
def variational(callbacks: list[Any]) -> Any:
    model = compiled(Sampled(), loss="mse")
    x, _ = pictures()
    return model, once(model, callbacks, x, x)


if BACKEND == "torch":  # where Keras takes one step at a time only
    del TRAININGS["eight_steps_together"]
if BACKEND == "jax":  # where Keras itself fails to call these layers twice
    del TRAININGS["rematerialised"]
SHORT = {
    "tensorflow": ("counting_its_calls", "quantized_then_low_rank", "rematerialised"),
    "torch": (
        "counting_its_calls",
        "quantized_then_low_rank",
        "rematerialised",
        "rebuilt_between_two_fits",
    ),
    "jax": ("counting_its_calls", "low_rank_everywhere", "averaged", "unfrozen_between_two_fits"),
}


def views() -> list[Any]:
    return [
        *kv.default_views(),
        kv.ModelGraph(),
        kv.LayerHealth(),
        kv.Drift(views=[]),
        kv.Filters(layers="all"),
        kv.Activations(layers="all"),
    ]


def fails(stage: str) -> Any:
    """A view that fails in the middle of the pass as it is traced, or as it is drawn."""

    class Fails(kv.Activations):
        name = f"fails_{stage}"

        def reduce(self, seen: Any) -> Any:
            found = super().reduce(seen)
            if stage == "tracing":
                raise RuntimeError("on purpose")
            return found

        def draw(self, arrays: Any, about: Any) -> Any:
            raise RuntimeError("on purpose")

    return Fails()


def left(name: str, monitors: list[Any]) -> Any:
    """What a training leaves, in the model, the optimizer and every random state."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(7)
    model, history = TRAININGS[name](monitors)
    variables = [*model.variables, *model.optimizer.variables]
    values = [np.array(ops.convert_to_numpy(ops.cast(v, "float32"))) for v in variables]
    draws = [random.random(), np.random.random(), ops.convert_to_numpy(keras.random.normal((2,)))]
    return model, history, values, [*draws, *of_the_backend()]


def of_the_backend() -> list[Any]:
    if BACKEND == "torch":
        import torch

        return [torch.random.get_rng_state().numpy()]
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return [tf.random.normal((1,)).numpy()]
    return []  # JAX has none


def probe(name: str) -> Any:
    x, y = pictures()
    if name == "low_rank_embedding":
        return kv.Probe(np.random.default_rng(1).integers(0, 20, (4, 6)).astype("int32"), y[:4])
    if name == "variational":
        return kv.Probe(x[:4], display=(0, 1), task="image")
    return kv.Probe(x[:4], y[:4], display=(0, 1))


def assert_same(one: Any, other: Any) -> None:
    assert one[1] == other[1]
    assert len(one[2]) == len(other[2])
    for i, (mine, his) in enumerate(zip([*one[2], *one[3]], [*other[2], *other[3]])):
        np.testing.assert_array_equal(mine, his, err_msg=str(i))


def assert_as_without_saving(name: str, model: Any) -> None:
    """What is called once more to save memory gives the same maps."""
    if name != "rematerialised":
        return
    plain = keras.Sequential([keras.Input(SHAPE), *convolutional(dropout=False)])
    plain.set_weights(model.get_weights())
    for view in (kv.GradCAM(layers="conv"), kv.Saliency()):
        (found,), (expected,) = (
            view.compute(each, probe(name)).values() for each in (model, plain)
        )
        assert expected.max() > 0 or type(view) is kv.GradCAM
        np.testing.assert_allclose(found, expected, atol=1e-6 * expected.max())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in SHORT[BACKEND] else [pytest.mark.soak])
        for name in TRAININGS
    ],
)
def test_a_watched_training_is_the_same(tmp_path: Any, name: str) -> None:
    plain = left(name, [])
    given = [*views(), fails("tracing"), fails("drawing")]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watched = left(name, [kv.Monitor(tmp_path, probe(name), given)])
    assert_same(watched, plain)
    told = [str(w.message) for w in caught if str(w.message).startswith("kerasvis2")]
    off = [words for words in told if "switched off" in words]
    # Those on purpose; another model may be traced where the first could not.
    assert len(off) == (3 if name == "rebuilt_between_two_fits" else 2), told
    assert all("'fails_" in words for words in off), off
    assert_as_without_saving(name, watched[0])
    (run,) = kv.read(tmp_path).values()
    assert run.damage == []
    epochs = run.steps("train/epoch_loss")
    assert epochs == list(range(len(epochs)))
    shown = [tag for tag in run.tags() if tag.startswith(("filters/", "activations/"))]
    assert len(shown) > 1, run.tags(None)
    assert max(run.steps(tag)[-1] for tag in shown) == epochs[-1]
