"""Pictures as sequences of patches: mixers, gates, external attention, compact transformers."""

from __future__ import annotations

from typing import Any

import keras
import truths
import zoo_data as data
from keras import layers, ops
from programs import PICTURES, SMOOTH, Program, compiled, program, training
from zoo_pictures import Patches, augmentation, transformer_block

WIDTH, SIDE, GRID = 12, 4, (4, 4)
COUNT = GRID[0] * GRID[1]
SHAPE, CLASSES = (16, 16, 3), 4


class Mixer(layers.Layer):
    """Mixes along the patches, then along the features."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tokens = keras.Sequential(
            [layers.Dense(COUNT, activation="gelu"), layers.Dense(COUNT)]
        )
        self.features = keras.Sequential(
            [layers.Dense(WIDTH, activation="gelu"), layers.Dense(WIDTH), layers.Dropout(0.2)]
        )
        self.normalize = layers.LayerNormalization(epsilon=1e-6)

    def build(self, shape: Any) -> None:
        self.tokens.build((None, WIDTH, COUNT))
        self.features.build(shape)
        self.normalize.build(shape)

    def call(self, x: Any) -> Any:
        turned = ops.transpose(self.normalize(x), (0, 2, 1))
        x = ops.transpose(self.tokens(turned), (0, 2, 1)) + x
        return x + self.features(self.normalize(x))


class Fourier(layers.Layer):
    """Mixes by a two-dimensional Fourier transform, without a weight."""

    def call(self, x: Any) -> Any:
        return ops.fft2((x, ops.zeros_like(x)))[0]


class Gate(layers.Layer):
    """Half of the features gate the other half, along the patches."""

    def build(self, shape: Any) -> None:
        self.up = layers.Dense(2 * WIDTH, activation="gelu")
        self.along = layers.Dense(COUNT, bias_initializer="ones")
        self.down = layers.Dense(WIDTH)
        self.normalize = layers.LayerNormalization(epsilon=1e-6)
        self.up.build(shape)
        self.along.build((None, WIDTH, COUNT))
        self.down.build(shape)
        self.normalize.build(shape)

    def call(self, x: Any) -> Any:
        u, v = ops.split(self.up(x), 2, axis=-1)
        v = ops.transpose(self.along(ops.transpose(self.normalize(v), (0, 2, 1))), (0, 2, 1))
        return x + self.down(u * v)


def classifier(blocks: list[Any]) -> Any:
    """keras.io's frame around the blocks: patches, Dense, blocks, average, dropout, logits."""
    image = keras.Input(SHAPE)
    h = keras.Sequential(augmentation())(image)
    h = layers.Dense(WIDTH)(Patches(SIDE)(h))
    for block in blocks:
        h = block(h)
    h = layers.Dropout(0.2)(layers.GlobalAveragePooling1D()(h))
    model = keras.Model(image, layers.Dense(CLASSES)(h))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(model, loss, keras.optimizers.AdamW(5e-3), metrics=["acc"])


def as_program(make: Any, views: tuple[str, ...] = SMOOTH) -> Program:
    x, y = data.pictures(SHAPE, CLASSES)
    probe = {"inputs": x[:6], "labels": y[:6]}
    true = (truths.classes, truths.quiet, truths.maps_are_grids(GRID, SHAPE[:2]))
    return Program(make, training(x, y), probe, views=views, truths=true)


@program
def mlp_mixer() -> Program:
    return as_program(lambda: classifier([Mixer(), Mixer()]))


@program
def gated_mlp() -> Program:
    return as_program(lambda: classifier([Gate(), Gate()]))


@program
def fourier_net() -> Program:
    return as_program(lambda: classifier([Fourier(), Mixer()]))


def external_attention(x: Any, heads: int = 2, memory: int = 8) -> Any:
    """Two Dense layers as memories of keys and values, normalised twice."""
    h = layers.Dense(WIDTH * 2)(x)
    h = ops.reshape(h, (-1, COUNT, heads, WIDTH * 2 // heads))
    h = ops.transpose(h, (0, 2, 1, 3))
    scores = layers.Activation("softmax")(layers.Dense(memory)(h))
    scores = scores / (1e-9 + ops.sum(scores, axis=-1, keepdims=True))
    h = layers.Dense(WIDTH * 2 // heads)(layers.Dropout(0.1)(scores))
    h = ops.reshape(ops.transpose(h, (0, 2, 1, 3)), (-1, COUNT, WIDTH * 2))
    return layers.add([layers.Dense(WIDTH)(h), x])


@program
def external_attention_net() -> Program:
    """EANet: attention over a memory, out of Dense layers and bare operations."""
    return as_program(lambda: classifier([external_attention, external_attention]))


@program
def conv_mixer() -> Program:
    """Patches by a strided convolution, then residual depthwise and pointwise ones."""

    def make() -> Any:
        def ended(x: Any) -> Any:
            return layers.BatchNormalization()(layers.Activation("gelu")(x))

        image = keras.Input(SHAPE)
        h = layers.Rescaling(1.0)(image)
        h = ended(layers.Conv2D(WIDTH, SIDE, strides=SIDE)(h))
        for _ in range(2):
            mixed = layers.DepthwiseConv2D(3, padding="same")(h)
            h = ended(layers.Conv2D(WIDTH, 1)(layers.Add()([ended(mixed), h])))
        h = layers.GlobalAveragePooling2D()(h)
        model = keras.Model(image, layers.Dense(CLASSES, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    return as_program(make)


class StochasticDepth(layers.Layer):
    """Leaves out the residual branch of some pictures while training."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, x: Any, training: Any = None) -> Any:
        if not training:
            return x
        shape = (ops.shape(x)[0],) + (1,) * (len(x.shape) - 1)
        kept = keras.random.uniform(shape, 0, 1, seed=self.seed_generator) + 1 - self.rate
        return x / (1 - self.rate) * ops.floor(kept)


@program
def compact_transformer() -> Program:
    """CCT: convolutions make the tokens, a learned average reads them, depth is stochastic."""

    def make() -> Any:
        image = keras.Input((16, 16, 3))
        h = layers.Rescaling(1.0)(image)
        for width in (8, 12):
            h = layers.Conv2D(width, 3, padding="valid", use_bias=False, activation="relu")(
                layers.ZeroPadding2D(1)(h)
            )
            h = layers.MaxPooling2D(3, 2, "same")(h)
        h = layers.Reshape((16, 12))(h)
        for rate in (0.05, 0.1):
            h = layers.Add()([h, StochasticDepth(rate)(transformer_block(h, 12))])
        h = layers.LayerNormalization(epsilon=1e-5)(h)
        weights = ops.softmax(layers.Dense(1)(h), axis=1)
        h = ops.squeeze(ops.matmul(ops.transpose(weights, (0, 2, 1)), h), 1)
        model = keras.Model(image, layers.Dense(CLASSES)(h))
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
        return compiled(model, loss, metrics=["accuracy"])

    x, y = data.pictures((16, 16, 3), CLASSES)
    fit = training(x, data.onehot(y, CLASSES))
    probe = {"inputs": x[:6], "labels": y[:6]}
    grids = truths.maps_are_grids((4, 4), (16, 16), (18, 18), (8, 8), (10, 10))
    return Program(
        make,
        fit,
        probe,
        views=(*PICTURES, "Attention"),
        truths=(truths.classes, truths.quiet, grids),
    )
