"""The model's own loss on the probe."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasvis2.probe import Probe


def check_loss(model: Any, probe: Probe | None) -> None:
    """Raises `ValueError` where there is no loss to take a gradient of."""
    if probe is None or probe.labels is None:
        raise ValueError("The gradient of the loss needs labels: kerasvis2.Probe(images, labels).")
    if not getattr(model, "compiled", False):
        raise ValueError("The gradient of the loss needs a model that was compiled with a loss.")


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
