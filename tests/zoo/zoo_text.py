"""Texts as numbers of words."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers, ops
from programs import ATTENTION, OF_ALL, TOKENS, Program, compiled, program, training

LENGTH, WORDS, WIDTH = 12, 30, 8
TRUE = (truths.classes, truths.quiet)
SHOWN = ("activations",)


class TokenAndPosition(layers.Layer):
    """The sum of a word's embedding and its place's."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tokens = layers.Embedding(WORDS, WIDTH)
        self.places = layers.Embedding(LENGTH, WIDTH)

    def build(self, shape: Any) -> None:
        self.tokens.build(shape)
        self.places.build(shape)

    def call(self, x: Any) -> Any:
        return self.tokens(x) + self.places(ops.arange(0, ops.shape(x)[-1]))


class TransformerBlock(layers.Layer):
    """Attend, add, normalise; two Dense, add, normalise."""

    def __init__(self, causal: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.causal = causal
        self.attention = layers.MultiHeadAttention(2, WIDTH)
        self.dense = keras.Sequential([layers.Dense(WIDTH, activation="relu"), layers.Dense(WIDTH)])
        self.normalize = [layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
        self.drop = [layers.Dropout(0.1) for _ in range(2)]

    def build(self, shape: Any) -> None:
        self.attention.build(shape, shape)
        self.dense.build(shape)
        for layer in self.normalize:
            layer.build(shape)

    def call(self, x: Any, training: Any = None) -> Any:
        attended = self.attention(x, x, use_causal_mask=self.causal)
        x = self.normalize[0](x + self.drop[0](attended, training=training))
        return self.normalize[1](x + self.drop[1](self.dense(x), training=training))


@program
def text_transformer() -> Program:
    """Text classification with a transformer: embeddings, one block, an average."""
    x, y = data.sentences(LENGTH, WORDS)

    def make() -> Any:
        words = keras.Input((LENGTH,))
        h = TransformerBlock()(TokenAndPosition()(words))
        h = layers.Dropout(0.1)(layers.GlobalAveragePooling1D()(h))
        h = layers.Dropout(0.1)(layers.Dense(8, activation="relu")(h))
        model = keras.Model(words, layers.Dense(2, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6], "class_names": ["bad", "good"]}
    return Program(
        make, training(x, y), probe, views=(*TOKENS, *ATTENTION), shows=SHOWN, truths=TRUE
    )


@program
def bidirectional_lstm() -> Program:
    """Two bidirectional LSTMs over an embedding with a mask, one sigmoid, any length."""
    x, y = data.sentences(LENGTH, WORDS)

    def make() -> Any:
        words = keras.Input((None,), dtype="int32")
        h = layers.Embedding(WORDS, WIDTH, mask_zero=True)(words)
        h = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(h)
        h = layers.Bidirectional(layers.LSTM(6))(h)
        model = keras.Model(words, layers.Dense(1, activation="sigmoid")(h))
        return compiled(model, "binary_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(make, training(x, y), probe, views=TOKENS, shows=SHOWN, truths=TRUE)


@program
def text_convnet() -> Program:
    """Text classification from scratch: embedding, strided convolutions, a maximum."""
    x, y = data.sentences(LENGTH, WORDS)

    def make() -> Any:
        words = keras.Input((None,), dtype="int64")
        h = layers.Dropout(0.5)(layers.Embedding(WORDS, WIDTH)(words))
        h = layers.Conv1D(8, 3, padding="valid", activation="relu", strides=2)(h)
        h = layers.Conv1D(8, 3, padding="valid", activation="relu", strides=2)(h)
        h = layers.Dropout(0.5)(layers.Dense(8, activation="relu")(layers.GlobalMaxPooling1D()(h)))
        model = keras.Model(words, layers.Dense(1, activation="sigmoid", name="predictions")(h))
        return compiled(model, "binary_crossentropy", metrics=["accuracy"])

    names = ["[pad]", *(f"word{i}" for i in range(1, WORDS))]
    probe = {"inputs": x[:6].astype("int64"), "labels": y[:6], "tokens": names}
    return Program(make, training(x, y), probe, views=TOKENS, shows=SHOWN, truths=TRUE)


@program
def masked_language_model() -> Program:
    """BERT from scratch: words are guessed where they were hidden; weights say where."""
    x, _ = data.sentences(LENGTH, WORDS)
    hidden = data.rng(3).random(x.shape) < 0.25
    masked = np.where(hidden, WORDS - 1, x)

    def make() -> Any:
        words = keras.Input((LENGTH,), dtype="int64")
        h = layers.Embedding(WORDS, WIDTH, name="word_embedding")(words)
        h = h + layers.Embedding(LENGTH, WIDTH, name="position_embedding")(ops.arange(LENGTH))
        for i in range(2):
            a = layers.MultiHeadAttention(2, WIDTH // 2, name=f"encoder_{i}_attention")(h, h, h)
            h = layers.LayerNormalization(name=f"encoder_{i}_norm1")(h + layers.Dropout(0.1)(a))
            b = layers.Dense(WIDTH, activation="relu")(h)
            h = layers.LayerNormalization(name=f"encoder_{i}_norm2")(h + layers.Dense(WIDTH)(b))
        guess = layers.Dense(WORDS, name="mlm_cls", activation="softmax")(h)
        return compiled(keras.Model(words, guess), "sparse_categorical_crossentropy")

    fit = training(masked, x, sample_weight=hidden.astype("float32"))
    probe = {"inputs": masked[:6].astype("int64"), "labels": x[:6]}
    views = (*OF_ALL, *ATTENTION)
    true = (truths.quiet,)
    return Program(make, fit, probe, "", views, SHOWN, truths=true)


@program
def miniature_gpt() -> Program:
    """Two outputs, the second without a loss; a causal mask; the next word at every place."""
    x, _ = data.sentences(LENGTH + 1, WORDS)

    def make() -> Any:
        words = keras.Input((LENGTH,), dtype="int32")
        h = TransformerBlock(causal=True)(TokenAndPosition()(words))
        model = keras.Model(words, [layers.Dense(WORDS)(h), h])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return compiled(model, [loss, None])

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        from programs import training

        source = (x[:, :-1], x[:, 1:])
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            batches = tf.data.Dataset.from_tensor_slices(source).batch(8).prefetch(1)
            return training(batches, batch_size=None)(model, callbacks)
        return training(source[0], [source[1], None])(model, callbacks)

    probe = {"inputs": x[:6, :-1]}
    return Program(make, fit, probe, "", (*OF_ALL, *ATTENTION), SHOWN, truths=(truths.quiet,))


@program
def sequence_to_sequence() -> Program:
    """Character by character: an encoder's states start a decoder, two inputs of one-hots."""
    x, _ = data.sentences(6, 8)
    one_hot = data.onehot(x, 8)
    shifted = np.concatenate([np.zeros_like(one_hot[:, :1]), one_hot[:, :-1]], axis=1)

    def make() -> Any:
        source = keras.Input((None, 8))
        _, h, c = layers.LSTM(6, return_state=True)(source)
        so_far = keras.Input((None, 8))
        out, _, _ = layers.LSTM(6, return_sequences=True, return_state=True)(
            so_far, initial_state=[h, c]
        )
        model = keras.Model([source, so_far], layers.Dense(8, activation="softmax")(out))
        return compiled(model, "categorical_crossentropy", "rmsprop", metrics=["accuracy"])

    probe = {"inputs": [one_hot[:6], shifted[:6]], "labels": one_hot[:6], "image": 0}
    fit = training([one_hot, shifted], one_hot)
    return Program(make, fit, probe, "", OF_ALL, ("activations",), truths=(truths.quiet,))


@program
def named_entities() -> Program:
    """A subclassed tagger, unbuilt; the loss leaves out the padding."""
    x, _ = data.sentences(LENGTH, WORDS)
    tags = np.where(x > 0, x % 3 + 1, 0)

    class Tagger(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed = TokenAndPosition()
            self.block = TransformerBlock()
            self.drop = layers.Dropout(0.1)
            self.out = layers.Dense(4, activation="softmax")

        def call(self, x: Any, training: bool = False) -> Any:
            return self.out(self.drop(self.block(self.embed(x)), training=training))

    def loss(y: Any, guess: Any) -> Any:
        each = keras.losses.sparse_categorical_crossentropy(y, guess)
        kept = ops.cast(y > 0, guess.dtype)
        return ops.sum(each * kept) / ops.sum(kept)

    def make() -> Any:
        return compiled(Tagger(), loss)

    probe = {"inputs": x[:6], "labels": tags[:6]}
    return Program(
        make, training(x, tags), probe, "", (*OF_ALL, *ATTENTION), SHOWN, truths=(truths.quiet,)
    )
