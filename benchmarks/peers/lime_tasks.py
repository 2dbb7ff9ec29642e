"""lime 0.2.0.1: given a compiled forward pass and batches of 250, and as its tutorials call it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from lime import lime_image

from benchmarks.networks import cnn
from benchmarks.peers.serve import serve


def compiled(model: Any) -> Callable[[Any], Any]:
    forward = tf.function(lambda x: model(x, training=False))
    return lambda batch: forward(tf.constant(batch, "float32")).numpy()


def explain(
    classify: Callable[[Any], Callable[[Any], Any]], **options: int
) -> Callable[[], object]:
    predict = classify(cnn(keras))
    images = np.random.default_rng(0).random((16, 32, 32, 3), "float32")
    explainer = lime_image.LimeImageExplainer(random_state=0)
    options |= {"top_labels": 1, "num_samples": 1000}
    return lambda: [
        explainer.explain_instance(image.astype("float64"), predict, **options) for image in images
    ]


serve(
    {
        "explain": lambda: explain(compiled, batch_size=250),
        # Its tutorials give it `model.predict`, and its default is batches of 10.
        "documented": lambda: explain(lambda model: partial(model.predict, verbose=0)),
    }
)
