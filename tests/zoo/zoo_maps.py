"""Pictures out: segmentation, autoencoders, super-resolution, masks."""

from __future__ import annotations

from typing import Any

import keras
import truths
import zoo_data as data
from keras import layers, ops
from programs import ASCENT, CAMS, GRADIENTS, OF_ALL, Program, compiled, program, training

MASKS = (*OF_ALL, *GRADIENTS, *CAMS, "Occlusion", *ASCENT)
IMAGES = OF_ALL
SHOWN = ("filters", "activations")


def unet(classes: int, activation: str | None) -> Any:
    """Down by strides with residuals, up by transposed convolutions."""
    image = keras.Input((16, 16, 3))
    h = layers.Conv2D(8, 3, strides=2, padding="same")(image)
    h = layers.Activation("relu")(layers.BatchNormalization()(h))
    before = h
    for width in (12, 16):
        h = layers.Activation("relu")(h)
        h = layers.SeparableConv2D(width, 3, padding="same")(h)
        h = layers.BatchNormalization()(h)
        h = layers.MaxPooling2D(3, strides=2, padding="same")(h)
        before = layers.Conv2D(width, 1, strides=2, padding="same")(before)
        h = before = layers.add([h, before])
    for width in (16, 12, 8):
        h = layers.Activation("relu")(h)
        h = layers.Conv2DTranspose(width, 3, padding="same")(h)
        h = layers.UpSampling2D(2)(layers.BatchNormalization()(h))
        before = layers.Conv2D(width, 1, padding="same")(layers.UpSampling2D(2)(before))
        h = before = layers.add([h, before])
    return keras.Model(image, layers.Conv2D(classes, 3, activation=activation, padding="same")(h))


@program
def unet_masks() -> Program:
    """Oxford pets: masks of three kinds of pixels, uint8 (N, H, W, 1)."""
    x, masks, _ = data.shapes(16)
    masks[:, 0] = 2
    labels = masks[..., None].astype("uint8")

    def make() -> Any:
        return compiled(unet(3, "softmax"), "sparse_categorical_crossentropy")

    probe = {
        "inputs": x[:6],
        "labels": labels[:6],
        "class_names": ["ground", "pet", "border"],
    }
    fit = training(x, labels, validation_data=(x[:8], labels[:8]))
    shows = (*SHOWN, "grad_cam")
    true = (truths.label_maps, truths.quiet)
    return Program(make, fit, probe, "mask", MASKS, shows, truths=true)


@program
def binary_masks() -> Program:
    """One sigmoid a pixel, masks of 0 and 1 in float."""
    x, masks, _ = data.shapes(16)
    labels = masks[..., None].astype("float32")

    def make() -> Any:
        return compiled(unet(1, "sigmoid"), "binary_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": labels[:6]}
    shows = (*SHOWN, "grad_cam")
    true = (truths.label_maps, truths.quiet)
    return Program(make, training(x, labels), probe, "mask", MASKS, shows, truths=true)


@program
def denoising_autoencoder() -> Program:
    """Digits with noise in, digits out, a sigmoid under binary cross-entropy."""
    x, _ = data.digits()
    clean = x[..., None]
    noisy = (clean + 0.4 * data.rng(1).normal(size=clean.shape)).clip(0, 1).astype("float32")

    def make() -> Any:
        image = keras.Input((8, 8, 1))
        h = layers.Conv2D(8, 3, activation="relu", padding="same")(image)
        h = layers.MaxPooling2D(2, padding="same")(h)
        h = layers.Conv2D(8, 3, activation="relu", padding="same")(h)
        h = layers.Conv2DTranspose(8, 3, strides=2, activation="relu", padding="same")(h)
        h = layers.Conv2D(1, 3, activation="sigmoid", padding="same")(h)
        return compiled(keras.Model(image, h), "binary_crossentropy")

    probe = {"inputs": noisy[:6], "labels": clean[:6]}
    fit = training(noisy, clean, validation_data=(noisy, clean))
    true = (truths.no_classes, truths.quiet)
    return Program(make, fit, probe, "image", IMAGES, SHOWN, truths=true)


@program
def flat_autoencoder() -> Program:
    """Keras's first autoencoder: 64 numbers in and out, Dense layers, no labels in the probe."""
    x, _ = data.digits()
    flat = x.reshape(-1, 64)

    def make() -> Any:
        image = keras.Input((64,))
        h = layers.Dense(8, activation="relu", activity_regularizer=keras.regularizers.L1(1e-5))(
            image
        )
        model = keras.Model(image, layers.Dense(64, activation="sigmoid")(h))
        return compiled(model, "binary_crossentropy")

    probe = {"inputs": flat[:6], "display": lambda batch: batch.reshape(-1, 8, 8)}
    true = (truths.quiet,)
    return Program(make, training(flat, flat), probe, "image", IMAGES, SHOWN, truths=true)


@program
def super_resolution() -> Program:
    """ESPCN: grey pictures of any size in, three times as large out."""
    x, _ = data.pictures((24, 24, 1), 4)
    small = x.reshape(-1, 8, 3, 8, 3, 1).mean(axis=(2, 4))

    def enlarge(h: Any) -> Any:
        shape = ops.shape(h)
        h = ops.reshape(h, (shape[0], shape[1], shape[2], 3, 3))
        h = ops.transpose(h, (0, 1, 3, 2, 4))
        return ops.reshape(h, (shape[0], shape[1] * 3, shape[2] * 3, 1))

    def make() -> Any:
        settings = {"activation": "relu", "kernel_initializer": "orthogonal", "padding": "same"}
        image = keras.Input((None, None, 1))
        h = layers.Conv2D(12, 5, **settings)(image)
        h = layers.Conv2D(8, 3, **settings)(h)
        h = layers.Conv2D(9, 3, **settings)(h)
        h = layers.Lambda(enlarge, output_shape=(None, None, 1))(h)
        return compiled(keras.Model(image, h), "mse", keras.optimizers.Adam(1e-3))

    probe = {"inputs": small[:6], "labels": x[:6]}
    true = (truths.no_classes, truths.quiet)
    return Program(make, training(small, x), probe, "image", IMAGES, SHOWN, truths=true)


@program
def any_size() -> Program:
    """A classifier of pictures of any size (None, None, 3)."""
    x, y = data.pictures((16, 20, 3), 3)

    def make() -> Any:
        image = keras.Input((None, None, 3))
        h = layers.Conv2D(8, 3, activation="relu")(image)
        h = layers.Conv2D(12, 3, strides=2, activation="relu")(h)
        h = layers.GlobalMaxPooling2D()(h)
        model = keras.Model(image, layers.Dense(3, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(make, training(x, y), probe, truths=(truths.classes, truths.quiet))
