"""A small vision transformer of composite layers, with and without class and register tokens."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

SHAPE, CLASSES = (16, 24, 3), 4  # patches of 4: a grid of 4 × 6
GRID, WIDTH, HEADS = (4, 6), 12, 3


class Patches(layers.Layer):
    """Patch embedding with class and register tokens in front, and positions."""

    def __init__(self, extra: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extra = extra
        self.patch_embedding = layers.Conv2D(WIDTH, 4, strides=4, name="patch_embedding")

    def build(self, shape: Any) -> None:
        self.patch_embedding.build(shape)
        count = GRID[0] * GRID[1]
        self.tokens = self.add_weight((1, max(self.extra, 1), WIDTH), "random_normal")
        self.positions = self.add_weight((1, count + self.extra, WIDTH), "random_normal")

    def call(self, x: Any) -> Any:
        x = self.patch_embedding(x)
        x = ops.reshape(x, (ops.shape(x)[0], -1, WIDTH))
        if self.extra:
            x = ops.concatenate([ops.tile(self.tokens, (ops.shape(x)[0], 1, 1)), x], axis=1)
        return x + self.positions


class Block(layers.Layer):
    """Normalise, attend, add; normalise, mix, add. The layers are made in `build`."""

    def build(self, shape: Any) -> None:
        self.layer_norm_1 = layers.LayerNormalization(name="ln_1")
        self.mha = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, name="mha")
        self.layer_norm_2 = layers.LayerNormalization(name="ln_2")
        self.mlp = layers.Dense(WIDTH, activation="gelu", name="mlp")
        self.layer_norm_1.build(shape)
        self.mha.build(shape, shape)
        self.layer_norm_2.build(shape)
        self.mlp.build(shape)

    def call(self, inputs: Any) -> Any:
        x = self.layer_norm_1(inputs)
        x = self.mha(x, x) + inputs
        return x + self.mlp(self.layer_norm_2(x))


def composed(extra: int = 1, blocks: int = 3, seed: int = 0) -> Any:
    """A functional model of composite layers: attention two levels down."""
    keras.utils.set_random_seed(seed)
    image = keras.Input(SHAPE)
    x = Patches(extra, name="patches")(image)
    for i in range(blocks):
        x = Block(name=f"block_{i}")(x)
    x = layers.LayerNormalization(name="ln")(x)
    x = x[:, 0] if extra else layers.GlobalAveragePooling1D()(x)
    return _livelier(keras.Model(image, layers.Dense(CLASSES, activation="softmax")(x)))


def weights_of(model: Any, x: np.ndarray, blocks: int = 3) -> list[np.ndarray]:
    """(N, heads, T, T) of each block, computed with the layers themselves."""
    found = []
    x = model.get_layer("patches")(x)
    for i in range(blocks):
        block = model.get_layer(f"block_{i}")
        y = block.layer_norm_1(x)
        y, weights = block.mha(y, y, return_attention_scores=True)
        found.append(np.asarray(ops.convert_to_numpy(weights)))
        x = x + y
        x = x + block.mlp(block.layer_norm_2(x))
    return found


def _livelier(model: Any) -> Any:
    """Freshly initialised attention is almost uniform."""
    for variable in model.weights:
        if "query" in variable.path or "key" in variable.path:
            variable.assign(variable * 4)
    return model


def images(count: int = 5) -> np.ndarray:
    return np.random.default_rng(3).random((count, *SHAPE), "float32")
