"""tf-keras-vis 0.8.7: on legacy Keras, visualizers made once, large batches."""

from __future__ import annotations

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"

from collections.abc import Callable
from typing import Any

import numpy as np
import tf_keras
from tf_keras_vis.activation_maximization import ActivationMaximization
from tf_keras_vis.saliency import Saliency
from tf_keras_vis.scorecam import Scorecam
from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
from tf_keras_vis.utils.scores import CategoricalScore

from benchmarks.networks import cnn, mnist_cnn, mobilenet
from benchmarks.peers.serve import serve

tf_keras.utils.disable_interactive_logging()
STEPS = 200
score = CategoricalScore([i % 10 for i in range(16)])


def images(model: Any) -> Any:
    return np.random.default_rng(0).random((16, *model.input_shape[1:]), "float32")


def score_cam() -> Callable[[], object]:
    model = cnn(tf_keras)
    given, visualizer = images(model), Scorecam(model, ReplaceToLinear(), clone=True)
    # Told not to look for it, as it knows the convolutions of Keras 3 alone.
    named = {"penultimate_layer": "conv6", "seek_penultimate_conv_layer": False}
    return lambda: visualizer(score, given, **named, batch_size=256)


def smooth_grad(make: Callable[..., Any]) -> Callable[[], object]:
    model = make(tf_keras)
    given, visualizer = images(model), Saliency(model, ReplaceToLinear(), clone=True)
    return lambda: visualizer(score, given, smooth_samples=25, smooth_noise=0.15)


def ascent() -> Callable[[], object]:
    digits = mnist_cnn(tf_keras)
    visualizer = ActivationMaximization(digits, ReplaceToLinear(), clone=True)
    classes = CategoricalScore(list(range(10)))
    start = np.random.default_rng(0).random((10, 28, 28, 1), "float32")
    return lambda: visualizer(classes, seed_input=start, input_range=(0.0, 1.0), steps=STEPS)


serve(
    {
        "score_cam": score_cam,
        "smooth_grad_cnn": lambda: smooth_grad(cnn),
        "smooth_grad_mobilenet": lambda: smooth_grad(mobilenet),
        "ascent": ascent,
    }
)
