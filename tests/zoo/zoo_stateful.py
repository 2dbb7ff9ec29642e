"""Models that keep or draw something in every call, also outside of training."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers, ops
from programs import OF_ALL, PICTURES, RULES, Program, compiled, program, training

SHAPE, CLASSES = (12, 12, 3), 4
SHOWN = ("filters", "activations")


def classifier(middle: Any, **options: Any) -> Any:
    """A convolution, what is to be tried, a head."""
    image = keras.Input(SHAPE)
    h = middle(layers.Conv2D(8, 3, activation="relu", padding="same")(image))
    h = layers.GlobalAveragePooling2D()(layers.Conv2D(8, 3, activation="relu")(h))
    model = keras.Model(image, layers.Dense(CLASSES, activation="softmax")(h))
    loss = "sparse_categorical_crossentropy"
    return compiled(model, loss, metrics=["accuracy"], **options)


def as_program(make: Any, *true: Any, views: tuple[str, ...] = PICTURES) -> Program:
    x, y = data.pictures(SHAPE, CLASSES)
    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(make, training(x, y), probe, views=views, truths=(*true, truths.quiet))


@program
def dropout_always_on() -> Program:
    """Monte Carlo dropout: `training=True` written into the graph draws at every call."""
    return as_program(lambda: classifier(lambda h: layers.Dropout(0.3)(h, training=True)))


@program
def statistics_always_on() -> Program:
    """`training=True` written into the graph moves the statistics at every call."""

    def make() -> Any:
        return classifier(lambda h: layers.BatchNormalization()(h, training=True))

    return as_program(make)


class Counting(layers.Layer):
    """Counts its calls in a variable, whatever they are for."""

    def build(self, shape: Any) -> None:
        self.calls = self.add_weight((), "zeros", trainable=False, name="calls")
        self.mean = self.add_weight((shape[-1],), "zeros", trainable=False, name="mean")

    def call(self, x: Any) -> Any:
        self.calls.assign_add(1.0)
        self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=(0, 1, 2)))
        return x


@program
def counts_its_calls() -> Program:
    return as_program(lambda: classifier(lambda h: Counting()(h)), truths.classes)


class Quantizer(layers.Layer):
    """A codebook as VQ-VAE has one: `add_loss` at every call, a straight-through estimator."""

    def build(self, shape: Any) -> None:
        self.codes = self.add_weight((shape[-1], 6), "random_uniform", name="codes")

    def call(self, x: Any) -> Any:
        flat = ops.reshape(x, (-1, x.shape[-1]))
        far = ops.sum(flat**2, 1, keepdims=True) + ops.sum(self.codes**2, 0)
        chosen = ops.argmin(far - 2 * ops.matmul(flat, self.codes), axis=1)
        found = ops.matmul(ops.one_hot(chosen, 6), ops.transpose(self.codes))
        found = ops.reshape(found, ops.shape(x))
        self.add_loss(ops.mean((ops.stop_gradient(found) - x) ** 2))
        self.add_loss(ops.mean((found - ops.stop_gradient(x)) ** 2))
        return x + ops.stop_gradient(found - x)


@program
def quantized_codes() -> Program:
    return as_program(lambda: classifier(lambda h: Quantizer()(h)), truths.classes)


@program
def spectral_normalization() -> Program:
    def middle(h: Any) -> Any:
        return layers.SpectralNormalization(layers.Conv2D(8, 3, padding="same"))(h)

    return as_program(lambda: classifier(middle), truths.classes)


@program
def stateful_lstm() -> Program:
    """A batch size of its own and states that pass from call to call."""
    x, y = data.signals(10, 3, 2)

    def make() -> Any:
        parts = [
            keras.Input(batch_shape=(8, 10, 3)),
            layers.LSTM(6, stateful=True, return_sequences=True),
            layers.LSTM(6, stateful=True),
            layers.Dense(2, activation="softmax"),
        ]
        return compiled(keras.Sequential(parts), "sparse_categorical_crossentropy")

    probe = {"inputs": x[:8], "labels": y[:8]}
    fit = training(x, y, shuffle=False)
    return Program(make, fit, probe, views=OF_ALL, shows=SHOWN, truths=(truths.quiet,))


@program
def fixed_batch_size() -> Program:
    """The model takes batches of 8 and nothing else; the probe has 6."""
    x, y = data.pictures(SHAPE, CLASSES)

    def make() -> Any:
        image = keras.Input(batch_shape=(8, *SHAPE))
        h = layers.Conv2D(8, 3, activation="relu")(image)
        h = layers.Reshape((100, 8))(h)
        h = ops.mean(ops.reshape(h, (8, 100, 8)), axis=1)
        model = keras.Model(image, layers.Dense(CLASSES, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy")

    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(make, training(x, y), probe, truths=(truths.classes, truths.quiet))


class OnlyEager(keras.Model):
    """Python decides by values: it cannot be traced and says `run_eagerly=True`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = layers.Conv2D(8, 3, activation="relu")
        self.deep = layers.Conv2D(8, 3, activation="relu", padding="same")
        self.pool = layers.GlobalAveragePooling2D()
        self.out = layers.Dense(CLASSES, activation="softmax")

    def call(self, x: Any) -> Any:
        h = self.conv(x)
        for _ in range(1 + int(float(ops.convert_to_numpy(ops.mean(x))) > 0)):
            h = self.deep(h)
        return self.out(self.pool(h))


@program
def only_eager() -> Program:
    def make() -> Any:
        loss = "sparse_categorical_crossentropy"
        return compiled(OnlyEager(), loss, metrics=["accuracy"], run_eagerly=True)

    x, y = data.pictures(SHAPE, CLASSES)
    probe = {"inputs": x[:6], "labels": y[:6]}
    views = tuple(view for view in PICTURES if view not in RULES)
    return Program(make, training(x, y), probe, views=views, truths=(truths.classes, truths.quiet))


@program
def rare_names() -> Program:
    """Names with the marks that keys and tags are made of."""

    def make() -> Any:
        names = ["input", "conv:2", "a@b", "<b>Größe<b> & co", "x" * 200, "score"]
        if keras.backend.backend() == "tensorflow":  # which takes no other marks
            names[1:4] = ["conv.2", "a-b>c", "input.1"]
        named = iter(names)
        image = keras.Input(SHAPE, name=next(named))
        h = image
        for _ in range(3):
            h = layers.Conv2D(6, 3, activation="relu", padding="same", name=next(named))(h)
        h = layers.GlobalAveragePooling2D(name=next(named))(h)
        model = keras.Model(image, layers.Dense(CLASSES, "softmax", name=next(named))(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    return as_program(make, truths.classes)


@program
def one_layer_five_times() -> Program:
    def make() -> Any:
        again = layers.Conv2D(8, 3, activation="relu", padding="same", name="again")

        def middle(h: Any) -> Any:
            for _ in range(5):
                h = again(h) + h
            return h

        return classifier(middle)

    return as_program(make, truths.classes)


@program
def everything_frozen() -> Program:
    """Only the head's bias learns."""

    def make() -> Any:
        model = classifier(lambda h: layers.BatchNormalization()(h))
        for layer in model.layers[:-1]:
            layer.trainable = False
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    return as_program(make, truths.classes)


@program
def other_callbacks() -> Program:
    """Among the callbacks that people use, averaged weights and early stopping."""
    x, y = data.pictures(SHAPE, CLASSES)

    def make() -> Any:
        optimizer = keras.optimizers.Adam(
            1e-2, use_ema=True, ema_momentum=0.9, gradient_accumulation_steps=2
        )
        model = classifier(lambda h: layers.BatchNormalization()(h))
        return compiled(model, "sparse_categorical_crossentropy", optimizer)

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        others = [
            keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
            keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True),
            keras.callbacks.ReduceLROnPlateau(patience=1),
            keras.callbacks.TerminateOnNaN(),
        ]
        fit = training(x, y, epochs=4, validation_data=(x, y), validation_freq=1)
        return fit(model, [*others[:2], *callbacks, *others[2:]])

    probe = {"inputs": x[:6], "labels": np.array(y[:6])}
    return Program(make, fit, probe, truths=(truths.quiet,))
