"""Xplique 2.0.2: its explainers are made once and kept, so that they stay compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from xplique.attributions import GradCAM

from benchmarks.networks import CLASSES, cnn, convolutions, mobilenet
from benchmarks.peers.serve import serve


def grad_cam(make: Callable[..., Any]) -> Callable[[], object]:
    model = make(keras)
    images = np.random.default_rng(0).random((16, *model.input_shape[1:]), "float32")
    targets = np.eye(CLASSES, dtype="float32")[np.arange(16) % CLASSES]
    explainers = [
        GradCAM(model, output_layer=-1, batch_size=16, conv_layer=name)
        for name in convolutions(model)
    ]
    return lambda: [explainer(images, targets).numpy() for explainer in explainers]


serve(
    {
        "grad_cam_cnn": lambda: grad_cam(cnn),
        "grad_cam_mobilenet": lambda: grad_cam(mobilenet),
    }
)
