"""Every view of some models, as arrays; run as a script, it writes them to a file."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hub
import keras
import networks
import numpy as np
from keras import layers
from kinds import CAMS

import kerasvis2 as kv

SIGNAL = (16, 4)


def attentive() -> Any:
    """Attention over the patches of a picture, twice, and a linear head."""
    keras.utils.set_random_seed(1)
    image = keras.Input(networks.SHAPE)
    x = layers.Conv2D(8, 2, strides=2, name="patches")(image)
    x = layers.Reshape((30, 8), name="tokens")(x)
    for i in (1, 2):
        x = layers.LayerNormalization(name=f"norm{i}")(x)
        x = x + layers.MultiHeadAttention(2, 4, name=f"attention{i}")(x, x)
    x = layers.GlobalAveragePooling1D(name="pool")(x)
    return keras.Model(image, layers.Dense(5, name="scores")(x))


def unusual() -> Any:
    """Every kind of ReLU, a layer that is shared, two outputs, logits behind reshape and cast."""
    keras.utils.set_random_seed(2)
    image = keras.Input(networks.SHAPE)
    shared = layers.Conv2D(6, 3, padding="same", name="shared")
    x = layers.LeakyReLU(0.2, name="leaky")(layers.Conv2D(6, 3, name="first")(image))
    x = layers.PReLU(alpha_initializer="random_uniform", name="learned")(shared(x))
    x = layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.05, name="bent")(shared(x))
    x = layers.DepthwiseConv2D(3, activation="relu6", name="depthwise")(x)
    x = layers.Conv2D(6, 2, activation="hard_silu", name="hard")(x)
    x = layers.GlobalMaxPooling2D(name="pool")(x)
    classes = layers.Dense(5, name="scores")(x)
    classes = layers.Softmax(name="softmax")(classes)
    classes = layers.Reshape((5,), name="classes", dtype="float32")(classes)
    return keras.Model(image, [classes, layers.Dense(1, activation="sigmoid", name="yes")(x)])


def maps() -> Any:
    """A label map of pictures and of numbers beside them: two inputs, a softmax a pixel."""
    keras.utils.set_random_seed(3)
    image = keras.Input(networks.SHAPE, name="image")
    numbers = keras.Input((4,), name="numbers")
    down = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="down")(image)
    down = layers.Dropout(0.5, name="drop")(down)
    up = layers.Conv2DTranspose(6, 3, strides=2, padding="same", activation="relu", name="up")(down)
    up = up * layers.Reshape((1, 1, 6))(layers.Dense(6, activation="sigmoid", name="gate")(numbers))
    joined = layers.Concatenate(name="join")([image, up])
    classes = layers.Conv2D(3, 1, activation="softmax", name="classes")(joined)
    return keras.Model({"image": image, "numbers": numbers}, classes)


MODELS: dict[str, Callable[[], Any]] = {
    "functional": networks.functional,
    "nested": networks.nested,
    "attentive": attentive,
    "unusual": unusual,
    "maps": maps,
}
for each in ("ResNet", "ViT") if hub.HERE else ():
    MODELS[f"hub{each}"] = hub.HUB[each]

PLAIN = ("Activations", "Filters", "Predictions", "Saliency", "GradientTimesInput")
RULED = ("GuidedBackprop", "DeconvNet", "GuidedGradCAM")


def views(name: str) -> list[Any]:
    """Those that a model of this name can be looked at with."""
    if name == "hubResNet":
        few = ("Activations", "Saliency", *RULED, *CAMS)
        return [*(getattr(kv, each)() for each in few), kv.Occlusion(patch=8)]
    if name == "hubViT":
        few = ("Saliency", "IntegratedGradients", "GradCAM", "Attention", "AttentionRollout")
        return [getattr(kv, each)() for each in few]
    if name == "nested":
        return [kv.GradCAM(layers="backbone/*"), kv.Saliency(), kv.GuidedGradCAM()]
    if name == "maps":
        few = ("Activations", "Predictions", "Saliency", "IntegratedGradients", "GuidedBackprop")
        found = [getattr(kv, each)() for each in few]
        return [*found, kv.GradCAM(layers="*"), kv.Occlusion(patch=4), kv.Drift()]
    found = [getattr(kv, each)() for each in (*PLAIN, "IntegratedGradients", "ModelGraph")]
    found += [kv.SmoothGrad(samples=5), kv.VarGrad(samples=5)]
    found += [kv.Occlusion(), kv.RISE(masks=60), kv.LIME(samples=60, segments=squares)]
    found += [kv.LayerHealth(gradients=True)]
    if name == "attentive":
        return [*found, kv.Attention(), kv.AttentionRollout()]
    found += [getattr(kv, each)(layers="*") for each in CAMS if name != "unusual"]
    found += [getattr(kv, each)(layers="depthwise") for each in CAMS if name == "unusual"]
    found += [getattr(kv, each)() for each in RULED]
    # Step after step, roundings grow: what an ascent ends at is another picture, as good.
    return [
        *found,
        kv.ActivationMaximization(layers="head" if name != "unusual" else "yes", steps=2),
    ]


def squares(image: np.ndarray) -> np.ndarray:
    """Segments that no library has a say in."""
    rows, columns = np.indices(image.shape[:2])
    return rows // 4 * 3 + columns // 4


def computed(folder: Path) -> dict[str, np.ndarray]:
    found = {}
    for name in MODELS:
        file = folder / f"{name}.keras"
        if not file.exists():  # KerasHub is here, but not where the files were made
            continue
        model = keras.models.load_model(file)
        images, labels = networks.images(), networks.labels()
        if name.startswith("hub"):
            images = np.random.default_rng(3).random((7, *hub.SHAPE), "float32")
        probe = kv.Probe(images, labels, display=(0, 1))
        losses: Any = "sparse_categorical_crossentropy"
        if name == "unusual":
            probe = kv.Probe(images, [labels, labels % 2], display=(0, 1))
            losses = [losses, "binary_crossentropy"]
        if name == "maps":
            inputs = {"image": images, "numbers": images[:, 0, :4, 0]}
            masks = (images.sum(-1) * 2).astype(int) % 3
            probe = kv.Probe(inputs, masks, image="image", display=(0, 1))
        if name == "attentive" or name.startswith("hub"):  # their heads are linear
            losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", losses)
        session = kv.Session(model, probe, progress=False)
        for view in views(name):
            for key, array in session.compute(view).items():
                found[f"{name}/{type(view).__name__}/{key}"] = np.asarray(array)
    return found


def distances(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> dict[str, float]:
    """How far each array is off, as a share of the largest value."""
    off = {}
    for key, array in expected.items():
        assert found[key].shape == array.shape, key
        most = max(float(np.abs(array).max(initial=0)), 1e-6)
        if key.endswith("/gap"):  # what is left between two equal sums: their rounding
            most = 1.0
        off[key] = float(np.abs(found[key] - array).max(initial=0)) / most
    return off


if __name__ == "__main__":
    given = Path(sys.argv[1])
    np.savez(given / "arrays.npz", **{k.replace("/", "|"): v for k, v in computed(given).items()})
