"""lime 0.2.0.1: given a compiled forward pass and batches of 250."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from lime import lime_image

from benchmarks.networks import cnn
from benchmarks.peers.serve import serve


def explain() -> Callable[[], object]:
    model = cnn(keras)
    images = np.random.default_rng(0).random((16, 32, 32, 3), "float32")
    forward = tf.function(lambda x: model(x, training=False))

    def predict(batch: Any) -> Any:
        return forward(tf.constant(batch, "float32")).numpy()

    explainer = lime_image.LimeImageExplainer(random_state=0)
    return lambda: [
        explainer.explain_instance(
            image.astype("float64"), predict, top_labels=1, num_samples=1000, batch_size=250
        )
        for image in images
    ]


serve({"explain": explain})
