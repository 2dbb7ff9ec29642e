"""tf-explain 0.3.1: on legacy Keras, layers by name, one class for all so that it takes a batch."""

from __future__ import annotations

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"

from collections.abc import Callable
from typing import Any

import numpy as np
import tf_keras
from tf_explain.core.grad_cam import GradCAM
from tf_explain.core.occlusion_sensitivity import OcclusionSensitivity
from tf_explain.core.smoothgrad import SmoothGrad

from benchmarks.networks import cnn, convolutions, mobilenet
from benchmarks.peers.serve import serve

tf_keras.utils.disable_interactive_logging()


def data(model: Any) -> tuple[Any, None]:
    return np.random.default_rng(0).random((16, *model.input_shape[1:]), "float32"), None


def grad_cam(make: Callable[..., Any]) -> Callable[[], object]:
    model = make(tf_keras)
    names, given, explainer = convolutions(model), data(model), GradCAM()
    return lambda: [explainer.explain(given, model, 0, layer_name=name) for name in names]


def occlusion(make: Callable[..., Any], patch: int) -> Callable[[], object]:
    model = make(tf_keras)
    given, explainer = data(model), OcclusionSensitivity(batch_size=256)
    return lambda: explainer.explain(given, model, 0, patch_size=patch)


def smooth_grad(make: Callable[..., Any]) -> Callable[[], object]:
    model = make(tf_keras)
    given, explainer = data(model), SmoothGrad()
    return lambda: explainer.explain(given, model, 0, num_samples=25, noise=0.15)


serve(
    {
        "grad_cam_cnn": lambda: grad_cam(cnn),
        "grad_cam_mobilenet": lambda: grad_cam(mobilenet),
        "occlusion_cnn": lambda: occlusion(cnn, 4),
        "occlusion_mobilenet": lambda: occlusion(mobilenet, 12),
        "smooth_grad_cnn": lambda: smooth_grad(cnn),
        "smooth_grad_mobilenet": lambda: smooth_grad(mobilenet),
    }
)
