"""Makes the pictures of the pages on views: each view at work, and each made trouble.

python docs/make_views.py --cache runs/views              all of them, some minutes on two cores
python docs/make_views.py --cache runs/views rise lime    of these views alone

Networks are trained once into the cache: the demo's two and a small transformer on the demo's
pictures, and small ones on scikit-learn's digits. `pip install "kerasvis2[demo]"`.
"""

import argparse
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

import kerasvis2 as kv
from kerasvis2.demo.data import CLASS_NAMES, story
from kerasvis2.demo.network import build

HERE = Path(__file__).parent / "pictures" / "views"
EPOCHS, SHOWN = 8, 6
L = keras.layers
CACHE = Path("runs/views")


@cache
def pictures() -> dict[str, Any]:
    return story()


@cache
def probe() -> kv.Probe:
    """Six of the demo's nine probe images, each digit on two photographs."""
    seen = pictures()["probe"]
    some = np.array([0, 1, 4, 5, 6, 8])
    return kv.Probe(
        seen.images[some],
        seen.labels[some],
        class_names=CLASS_NAMES,
        display=(0, 1),
        masks=seen.masks[some],
    )


def kept(name: str, make: Callable[[], Any], run: str, views: list[kv.View]) -> Any:
    """A network that is trained where the cache has none."""
    file = CACHE / f"{name}.keras"
    if not file.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        model, data = make(), pictures()
        own = data[f"{run}_val"]
        monitor = kv.Monitor(CACHE / name, probe(), views)
        model.fit(
            data[run].images,
            data[run].labels,
            validation_data=(own.images, own.labels),
            epochs=EPOCHS,
            callbacks=[monitor],
            verbose=2,
        )
        model.save(file)
    return keras.models.load_model(file)


def watched() -> list[kv.View]:
    return [
        kv.Curves(),
        kv.Predictions(),
        kv.LayerHealth(),
        kv.Drift(),
        kv.Filmstrip(kv.GradCAM(layers="conv5", target="predicted"), images=4),
    ]


@cache
def fixed() -> Any:
    return kept("fixed", build, "fixed", watched())


@cache
def shortcut() -> Any:
    return kept("shortcut", build, "shortcut", watched())


@cache
def untrained() -> Any:
    return build(seed=3)


def vision_transformer() -> Any:
    keras.utils.set_random_seed(0)
    image = keras.Input((64, 64, 1))
    x = L.Conv2D(32, 8, strides=8, name="patches")(image)
    x = L.Reshape((64, 32), name="tokens")(x)
    x = x + L.Embedding(64, 32, name="places")(keras.ops.arange(64))
    for i in range(2):
        y = L.LayerNormalization(name=f"norm{i}")(x)
        x = x + L.MultiHeadAttention(4, 8, name=f"attention{i}")(y, y)
        y = L.LayerNormalization(name=f"norm{i}_mlp")(x)
        x = x + L.Dense(32, name=f"down{i}")(L.Dense(64, "gelu", name=f"up{i}")(y))
    x = L.GlobalMaxPooling1D(name="pool")(x)
    model = keras.Model(image, L.Dense(3, activation="softmax", name="digit")(x))
    model.compile(
        keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


@cache
def transformer() -> Any:
    return kept("transformer", vision_transformer, "fixed", [kv.Curves()])


@cache
def dead() -> Any:
    """The trained network, half of whose filters of one layer can no longer answer."""
    model = keras.models.clone_model(fixed())
    model.set_weights(fixed().get_weights())
    kernel, bias = model.get_layer("conv2").get_weights()
    bias[::2] = -50
    model.get_layer("conv2").set_weights([kernel, bias])
    return model


@cache
def shrunk() -> keras.Model:
    """A network whose pictures are one pixel before its last convolution, which costs the most."""
    convolutions = [
        L.Conv2D(8 * 2**i, 3, strides=4, padding="same", activation="relu", name=f"conv{i + 1}")
        for i in range(4)
    ]
    head = [L.Flatten(name="flat"), L.Dense(3, activation="softmax", name="digit")]
    return keras.Sequential([keras.Input((64, 64, 1)), *convolutions, *head])


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    pixels, labels = load_digits(return_X_y=True)
    return (pixels / 16).astype("float32").reshape(-1, 8, 8, 1), labels


@cache
def digit_probe() -> kv.Probe:
    x, y = digits()
    return kv.Probe(x[1500:1520], y[1500:1520], class_names=[str(n) for n in range(10)])


def on_digits(
    view: kv.View, tag: str, rate: float = 2e-3, count: int = 1500, epochs: int = 8
) -> np.ndarray:
    """The last picture of a view that watches a small network learn digits."""
    keras.utils.set_random_seed(0)
    x, y = digits()
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            L.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            L.MaxPooling2D(name="pool"),
            L.Conv2D(32, 3, padding="same", activation="relu", name="conv3"),
            L.Flatten(name="flat"),
            L.Dense(10, activation="softmax", name="digit"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    with tempfile.TemporaryDirectory() as folder:
        monitor = kv.Monitor(Path(folder) / "run", digit_probe(), [view])
        model.fit(
            x[:count],
            y[:count],
            validation_data=(x[1500:], y[1500:]),
            epochs=epochs,
            callbacks=[monitor],
            verbose=0,
        )
        return last(kv.read(folder)["run"], tag)


def logged(name: str, tag: str) -> np.ndarray:
    """A picture that was logged while a network of the cache was trained."""
    {"fixed": fixed, "shortcut": shortcut}[name]()
    return last(kv.read(CACHE / name)[name], tag)


def last(run: Any, tag: str) -> np.ndarray:
    """The last picture of the first tag that begins so."""
    found = next(each for each in run.tags() if each.startswith(tag))
    return run.picture(found, max(run.steps(found)))


def of(model: Callable[[], Any], view: kv.View) -> Callable[[], np.ndarray]:
    return lambda: next(iter(view.render(model(), probe()).values()))


PREDICTED = {"target": "predicted"}
DETERMINED = {"quality": "fast", "steps": 120}
# Of each view the picture of it at work and those of its troubles.
PICTURES: dict[str, Callable[[], np.ndarray]] = {
    "curves": lambda: logged("fixed", "curves/"),
    "curves_overfit": lambda: on_digits(kv.Curves(), "curves/00_metrics", 3e-3, 60, 40),
    "predictions": lambda: logged("fixed", "predictions/00_images"),
    "predictions_margins": lambda: on_digits(kv.Predictions(), "predictions/00_margins"),
    "predictions_collapsed": lambda: on_digits(
        kv.Predictions(), "predictions/00_confusion", 0.3, epochs=3
    ),
    "layer_health": lambda: logged("fixed", "layer_health/"),
    "layer_health_dead": lambda: on_digits(kv.LayerHealth(), "layer_health/", 0.3),
    "drift": lambda: logged("fixed", "drift/"),
    "drift_restless": lambda: on_digits(kv.Drift(), "drift/", 0.015),
    "filmstrip": lambda: logged("fixed", "filmstrip/"),
    "filmstrip_shortcut": lambda: logged("shortcut", "filmstrip/"),
    "model_graph": of(fixed, kv.ModelGraph()),
    "model_graph_shrunk": of(shrunk, kv.ModelGraph()),
    "filters": of(fixed, kv.Filters(layers="conv1")),
    "filters_untrained": of(untrained, kv.Filters(layers="conv1")),
    "activations": of(fixed, kv.Activations(layers="conv2")),
    "activations_dead": of(dead, kv.Activations(layers="conv2")),
    "activation_maximization": of(fixed, kv.ActivationMaximization(quality="good")),
    "activation_maximization_noise": of(
        fixed,
        kv.ActivationMaximization(
            parametrization="pixels", transforms=[], regularizers=[], **DETERMINED
        ),
    ),
    "grad_cam": of(fixed, kv.GradCAM(layers="conv5", **PREDICTED)),
    "grad_cam_shortcut": of(shortcut, kv.GradCAM(layers="conv5", **PREDICTED)),
    "grad_cam_plus_plus": of(fixed, kv.GradCAMPlusPlus(layers="conv5", **PREDICTED)),
    "grad_cam_plus_plus_other": of(fixed, kv.GradCAMPlusPlus(layers="conv5", target=0)),
    "hi_res_cam": of(fixed, kv.HiResCAM(layers="conv5", **PREDICTED)),
    "hi_res_cam_shortcut": of(shortcut, kv.HiResCAM(layers="conv5", **PREDICTED)),
    "layer_cam": of(fixed, kv.LayerCAM(layers="conv3", **PREDICTED)),
    "layer_cam_early": of(fixed, kv.LayerCAM(layers="conv1", **PREDICTED)),
    "x_grad_cam": of(fixed, kv.XGradCAM(layers="conv5", **PREDICTED)),
    "x_grad_cam_shortcut": of(shortcut, kv.XGradCAM(layers="conv5", **PREDICTED)),
    "eigen_cam": of(fixed, kv.EigenCAM(layers="conv5")),
    "eigen_cam_untrained": of(untrained, kv.EigenCAM(layers="conv5")),
    "score_cam": of(fixed, kv.ScoreCAM(layers="conv5", **PREDICTED)),
    "score_cam_few": of(fixed, kv.ScoreCAM(layers="conv5", channels=2, **PREDICTED)),
    "saliency": of(fixed, kv.Saliency(scale="98%", **PREDICTED)),
    "saliency_shortcut": of(shortcut, kv.Saliency(scale="98%", **PREDICTED)),
    "gradient_times_input": of(fixed, kv.GradientTimesInput(scale="98%", **PREDICTED)),
    "gradient_times_input_untrained": of(
        untrained, kv.GradientTimesInput(scale="98%", **PREDICTED)
    ),
    "integrated_gradients": of(fixed, kv.IntegratedGradients(scale="98%", **PREDICTED)),
    "integrated_gradients_white": of(
        fixed, kv.IntegratedGradients(baseline=1.0, scale="98%", **PREDICTED)
    ),
    "smooth_grad": of(fixed, kv.SmoothGrad(scale="98%", **PREDICTED)),
    "smooth_grad_few": of(fixed, kv.SmoothGrad(samples=2, noise=0.5, scale="98%", **PREDICTED)),
    "var_grad": of(fixed, kv.VarGrad(scale="98%", **PREDICTED)),
    "var_grad_few": of(fixed, kv.VarGrad(samples=2, scale="98%", **PREDICTED)),
    "guided_backprop": of(fixed, kv.GuidedBackprop(scale="98%", **PREDICTED)),
    "guided_backprop_untrained": of(untrained, kv.GuidedBackprop(scale="98%", **PREDICTED)),
    "deconv_net": of(fixed, kv.DeconvNet(scale="98%", **PREDICTED)),
    "deconv_net_untrained": of(untrained, kv.DeconvNet(scale="98%", **PREDICTED)),
    "guided_grad_cam": of(fixed, kv.GuidedGradCAM(scale="98%", **PREDICTED)),
    "guided_grad_cam_untrained": of(untrained, kv.GuidedGradCAM(scale="98%", **PREDICTED)),
    "occlusion": of(fixed, kv.Occlusion(patch=12, stride=4, **PREDICTED)),
    "occlusion_small": of(fixed, kv.Occlusion(patch=3, stride=3, **PREDICTED)),
    "rise": of(fixed, kv.RISE(masks=1000, **PREDICTED)),
    "rise_few": of(fixed, kv.RISE(masks=40, **PREDICTED)),
    "lime": of(fixed, kv.LIME(**PREDICTED)),
    "lime_few": of(fixed, kv.LIME(samples=40, **PREDICTED)),
    "attention": of(transformer, kv.Attention(layers="attention1")),
    "attention_untrained": of(vision_transformer, kv.Attention(layers="attention1")),
    "attention_rollout": of(transformer, kv.AttentionRollout()),
    "attention_rollout_untrained": of(vision_transformer, kv.AttentionRollout()),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", help="such as rise; its troubles as well")
    parser.add_argument("--cache", type=Path, default=CACHE, help="%(default)s")
    parser.add_argument("--to", type=Path, default=HERE, help="the folder to write to")
    args = parser.parse_args()
    globals()["CACHE"] = args.cache
    args.to.mkdir(parents=True, exist_ok=True)
    for name, make in PICTURES.items():
        if not args.only or any(name == o or name.startswith(f"{o}_") for o in args.only):
            file = save(make(), args.to / f"{name}.png")
            print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB", flush=True)


def save(picture: np.ndarray, file: Path) -> Path:
    """In 256 colours: enough for grey photographs and a ramp or two, and half the bytes."""
    covered = {"method": Image.Quantize.MAXCOVERAGE, "kmeans": 1, "dither": Image.Dither.NONE}
    Image.fromarray(picture).quantize(256, **covered).save(file, optimize=True)
    return file


if __name__ == "__main__":
    main()
