"""Picture classifiers as the first tutorials have them."""

from __future__ import annotations

from typing import Any

import keras
import truths
import zoo_data as data
from keras import layers, ops
from programs import ATTENTION, SMOOTH, VECTORS, Program, compiled, program, training

ALL_TRUE = (truths.classes, truths.quiet)


@program
def mnist_convnet() -> Program:
    """Two convolutions, dropout, softmax; one-hot labels and a validation split."""
    x, y = data.pictures((12, 12, 1), 4)

    def make() -> Any:
        model = keras.Sequential(
            [
                keras.Input((12, 12, 1)),
                layers.Conv2D(8, 3, activation="relu"),
                layers.MaxPooling2D(2),
                layers.Conv2D(12, 3, activation="relu"),
                layers.MaxPooling2D(2, padding="same"),
                layers.Flatten(),
                layers.Dropout(0.5),
                layers.Dense(4, activation="softmax"),
            ]
        )
        return compiled(model, "categorical_crossentropy", metrics=["accuracy"])

    fit = training(x, data.onehot(y, 4), validation_split=0.25)
    probe = {"inputs": x[:6], "labels": data.onehot(y[:6], 4), "class_names": list("abcd")}
    return Program(make, fit, probe, truths=ALL_TRUE)


@program
def mnist_mlp() -> Program:
    """The first program of TensorFlow's beginners: Flatten on (28, 28), logits, two Dense."""
    x, y = data.pictures((28, 28), 10)

    def make() -> Any:
        model = keras.Sequential(
            [
                keras.Input((28, 28)),
                layers.Flatten(),
                layers.Dense(16, activation="relu"),
                layers.Dropout(0.2),
                layers.Dense(10),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return compiled(model, loss, metrics=["accuracy"])

    views = (*VECTORS, "RISE", "LIME", "ActivationMaximization")
    probe = {"inputs": x[:6], "labels": y[:6]}
    shows = ("filters", "activations", "activation_maximization")
    return Program(make, training(x, y), probe, views=views, shows=shows, truths=ALL_TRUE)


@program
def reshape_convnet() -> Program:
    """Pictures without a channel axis, which the model adds itself."""
    x, y = data.digits()

    def make() -> Any:
        image = keras.Input((8, 8))
        h = layers.Reshape((8, 8, 1))(image)
        h = layers.Conv2D(8, 3, activation="relu", padding="same")(h)
        h = layers.Conv2D(8, 3, activation="relu")(h)
        h = layers.GlobalAveragePooling2D()(h)
        model = keras.Model(image, layers.Dense(10, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(make, training(x, y), probe, truths=ALL_TRUE)


def augmentation() -> Any:
    return [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)]


def xception_block(x: Any, width: int) -> Any:
    shortcut = layers.Conv2D(width, 1, strides=2, padding="same")(x)
    for _ in range(2):
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(width, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    return layers.add([x, shortcut])


@program(backends=("tensorflow",))
def mini_xception() -> Program:
    """Cats and dogs from scratch: augmentation in the model, tf.data, one logit."""
    import tensorflow as tf

    x, y = data.pictures((24, 24, 3), 2)
    x = (x * 255).astype("float32")

    def make() -> Any:
        image = keras.Input((24, 24, 3))
        h = image
        for layer in augmentation():
            h = layer(h)
        h = layers.Rescaling(1 / 255)(h)
        h = layers.Conv2D(8, 3, strides=2, padding="same")(h)
        h = layers.BatchNormalization()(h)
        h = layers.Activation("relu")(h)
        for width in (12, 16):
            h = xception_block(h, width)
        h = layers.SeparableConv2D(24, 3, padding="same")(h)
        h = layers.BatchNormalization()(h)
        h = layers.Activation("relu")(h)
        h = layers.GlobalAveragePooling2D()(h)
        h = layers.Dropout(0.25)(h)
        model = keras.Model(image, layers.Dense(1, activation=None)(h))
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        return compiled(model, loss, metrics=[keras.metrics.BinaryAccuracy(name="acc")])

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        source = tf.data.Dataset.from_tensor_slices((x, y))
        train = source.cache().shuffle(32, seed=1).batch(8).prefetch(2)
        check = source.batch(8).cache().prefetch(2)
        history = model.fit(train, validation_data=check, epochs=2, callbacks=callbacks, verbose=0)
        return [history.history]

    probe = {"inputs": x[:6], "labels": y[:6], "class_names": ["cat", "dog"]}
    return Program(make, fit, probe, truths=ALL_TRUE)


@program
def transfer_learning() -> Program:
    """A frozen nested base under a new head; then unfrozen, compiled again, and fitted on."""
    x, y = data.pictures((20, 20, 3), 3)
    x = x * 255

    def base() -> Any:
        image = keras.Input((20, 20, 3))
        h = image
        for i, width in enumerate((8, 12, 16)):
            h = layers.Conv2D(width, 3, strides=1 + (i > 0), padding="same", use_bias=False)(h)
            h = layers.BatchNormalization()(h)
            h = layers.ReLU(6.0)(h)
        return keras.Model(image, h, name="base")

    def make() -> Any:
        body = base()
        body.trainable = False
        image = keras.Input((20, 20, 3))
        h = keras.Sequential(augmentation(), name="augment")(image)
        h = layers.Rescaling(1 / 127.5, offset=-1)(h)
        h = body(h, training=False)
        h = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(h))
        model = keras.Model(image, layers.Dense(3, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        first = training(x, y)(model, callbacks)
        model.get_layer("base").trainable = True
        compiled(model, "sparse_categorical_crossentropy", keras.optimizers.Adam(1e-5))
        return first + training(x, y, initial_epoch=2, epochs=4)(model, callbacks)

    probe = {"inputs": x[:6], "labels": y[:6], "class_names": ["oak", "elm", "ash"]}
    return Program(make, fit, probe, truths=ALL_TRUE)


class Patches(layers.Layer):
    """Cuts a picture into a sequence of flat squares."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def call(self, images: Any) -> Any:
        cut = ops.image.extract_patches(images, self.side)
        count = cut.shape[1] * cut.shape[2]
        return ops.reshape(cut, (-1, count, cut.shape[3]))


class PatchEncoder(layers.Layer):
    """Projects patches and adds a learned place."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.count = count
        self.projection = layers.Dense(width)
        self.places = layers.Embedding(count, width)

    def build(self, shape: Any) -> None:
        self.projection.build(shape)
        self.places.build((self.count,))

    def call(self, patches: Any) -> Any:
        places = ops.expand_dims(ops.arange(0, self.count), 0)
        return self.projection(patches) + self.places(places)


def transformer_block(x: Any, width: int, heads: int = 2) -> Any:
    """Normalise, attend, add; normalise, two Dense, add."""
    h = layers.LayerNormalization(epsilon=1e-6)(x)
    h = layers.MultiHeadAttention(heads, width, dropout=0.1)(h, h)
    x = layers.Add()([h, x])
    h = layers.LayerNormalization(epsilon=1e-6)(x)
    for units in (2 * width, width):
        h = layers.Dropout(0.1)(layers.Dense(units, activation="gelu")(h))
    return layers.Add()([h, x])


@program
def vision_transformer() -> Program:
    """Pictures of 12 are resized to 24 inside: 36 patches of 4, which are 6 rows of 6."""
    x, y = data.pictures((12, 12, 3), 4)

    def make() -> Any:
        image = keras.Input((12, 12, 3))
        prepare = [layers.Normalization(), layers.Resizing(24, 24), *augmentation()]
        augment = keras.Sequential(prepare, name="data_augmentation")
        augment.layers[0].adapt(x)
        h = Patches(4)(augment(image))
        h = PatchEncoder(36, 8)(h)
        for _ in range(2):
            h = transformer_block(h, 8)
        h = layers.LayerNormalization(epsilon=1e-6)(h)
        h = layers.Dropout(0.5)(layers.Flatten()(h))
        h = layers.Dropout(0.5)(layers.Dense(16, activation="gelu")(h))
        model = keras.Model(image, layers.Dense(4)(h))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        optimizer = keras.optimizers.AdamW(1e-3, weight_decay=1e-4)
        return compiled(model, loss, optimizer, metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(
        make,
        training(x, y, validation_split=0.25),
        probe,
        views=(*SMOOTH, *ATTENTION, "AttentionRollout"),
        truths=(*ALL_TRUE, truths.maps_are_grids((6, 6), (12, 12), (24, 24))),
    )


@program(backends=("tensorflow",))
def cutmix() -> Program:
    """Soft labels out of tf.data, which pastes a box of one picture into another."""
    import tensorflow as tf

    x, y = data.pictures((16, 16, 3), 4)
    soft = data.onehot(y, 4)

    def mixed(one: Any, other: Any) -> Any:
        (a, label_a), (b, label_b) = one, other
        box = tf.pad(tf.ones((1, 8, 8, 1)), [[0, 0], [4, 4], [2, 6], [0, 0]])
        return a * (1 - box) + b * box, 0.75 * label_a + 0.25 * label_b

    def make() -> Any:
        image = keras.Input((16, 16, 3))
        h = layers.Conv2D(8, 3, padding="same", kernel_initializer="he_normal")(image)
        for width in (8, 12):
            y = layers.BatchNormalization()(h)
            y = layers.Activation("relu")(y)
            y = layers.Conv2D(width, 3, strides=2, padding="same")(y)
            h = layers.add([layers.Conv2D(width, 1, strides=2, padding="same")(h), y])
        h = layers.Flatten()(layers.AveragePooling2D(4)(layers.Activation("relu")(h)))
        model = keras.Model(image, layers.Dense(4, activation="softmax")(h))
        return compiled(model, "categorical_crossentropy", metrics=["accuracy"])

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        source = tf.data.Dataset.from_tensor_slices((x, soft))
        pairs = [source.shuffle(32, seed=seed).batch(8) for seed in (1, 2)]
        train = tf.data.Dataset.zip(tuple(pairs)).map(mixed).prefetch(1)
        history = model.fit(train, epochs=2, callbacks=callbacks, verbose=0)
        return [history.history]

    probe = {"inputs": x[:6], "labels": soft[:6]}
    return Program(make, fit, probe, truths=ALL_TRUE)
