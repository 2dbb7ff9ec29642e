"""The shared pass against its floor: one compiled forward and backward pass of the same batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

import kerasvis2 as kv
from kerasvis2.observe.observer import Observer


def floor(model: Any, probe: kv.Probe) -> Callable[[], object]:
    """Logits of the labels, differentiated with respect to the input; nothing else."""
    linear = keras.models.clone_model(model)
    linear.set_weights(model.get_weights())
    linear.layers[-1].activation = keras.activations.linear
    x, labels = tf.constant(probe.inputs), tf.constant(probe.labels)

    @tf.function
    def run(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = linear(x, training=False)
            total = tf.reduce_sum(tf.gather(logits, labels, batch_dims=1))
        return logits, tape.gradient(total, x)

    concrete = run.get_concrete_function(x)
    return lambda: [tensor.numpy() for tensor in concrete(x)]


def shared(model: Any, probe: kv.Probe, views: list[kv.View]) -> Callable[[], object]:
    """What the training thread does at the end of an epoch, drawing and writing aside."""
    observer = Observer(model, probe)
    plans = [observer.plan(view, f"{i}_{view.name}") for i, view in enumerate(views)]
    return lambda: observer.look(plans)
