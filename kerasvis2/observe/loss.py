"""The model's own loss on the probe."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasvis2.observe.outputs import OutputFacts
from kerasvis2.tasks.forms import is_whole
from kerasvis2.tasks.losses import loss_name as loss_named

if TYPE_CHECKING:
    from kerasvis2.probe import Probe


def check_loss(model: Any, probe: Probe | None) -> None:
    """Raises `ValueError` where there is no loss to take a gradient of."""
    if probe is None or probe.labels is None:
        raise ValueError("The gradient of the loss needs labels: kerasvis2.Probe(images, labels).")
    if not getattr(model, "compiled", False):
        raise ValueError("The gradient of the loss needs a model that was compiled with a loss.")


def as_trained(labels: Any, outputs: Sequence[OutputFacts], loss: Any) -> Any:
    """A probe's labels in the form that the compiled loss takes: classes as numbers or one-hot."""
    if not isinstance(labels, (dict, list)):
        return (
            _form(labels, outputs[0], loss_named(loss, outputs[0].name, 0)) if outputs else labels
        )
    found = dict(labels) if isinstance(labels, dict) else dict(enumerate(labels))
    for i, output in enumerate(outputs):
        for key in {output.name, i} & found.keys():
            found[key] = _form(found[key], output, loss_named(loss, output.name, i))
    return found if isinstance(labels, dict) else list(found.values())


def _form(labels: Any, output: OutputFacts, loss: str) -> Any:
    units = output.units
    if labels is None or units < 2 or not loss.startswith(("categorical_", "sparse_categorical_")):
        return labels
    shape = (len(labels), *output.shape[1:])
    given = labels[..., 0] if labels.shape == (*shape[:-1], 1) else labels
    known = all(b in (None, a) for a, b in zip(labels.shape, shape))
    if loss.startswith("sparse"):
        return labels.argmax(axis=-1) if known and labels.ndim == len(shape) else labels
    if given.ndim == len(shape) - 1 and is_whole(given):
        # What is labelled as no class has no share in the loss.
        return (given[..., np.newaxis] == np.arange(units)).astype("float32")
    return labels


def loss_of(model: Any, inputs: Any, labels: Any, returned: Any, real: Any) -> Any:
    """The mean loss of a batch, a scalar tensor; call it inside a `keras.StatelessScope`.

    Args:
        model: a compiled model.
        inputs: what it was called with.
        labels: the labels in the structure it is trained on.
        returned: what it returned.
        real: (n,) weights of mean 1 that leave out the images a chunk was filled up with, or
            None where it holds no such.
    """
    options = {"sample_weight": real, "training": False}
    taken = inspect.signature(model.compute_loss).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in taken.values()):  # a user's own may take fewer
        options = {name: value for name, value in options.items() if name in taken}
    found = model.compute_loss(inputs, labels, returned, **options)
    if found is None:
        raise ValueError("The model's compute_loss returned None: there is no loss to look at.")
    return found
