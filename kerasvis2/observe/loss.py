"""The model's own loss on the probe."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any


def check_loss(model: Any, probe: Any) -> None:
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


def binary_outputs(model: Any) -> Callable[[str, int], bool]:
    """Whether an output, by its name and place, is trained by a binary cross-entropy."""
    loss = getattr(model, "loss", None)

    def binary(name: str, place: int) -> bool:
        if isinstance(loss, Mapping):
            own = loss.get(name)
        elif isinstance(loss, (list, tuple)):
            own = loss[place] if place < len(loss) else None
        else:
            own = loss
        return "binary" in _loss_name(own).lower()

    return binary


def _loss_name(loss: Any) -> str:
    """A loss by what it is, whether given as a string, a function or an object."""
    if isinstance(loss, str):
        return {"bce": "binary_crossentropy"}.get(loss.lower(), loss)
    if loss is None:
        return ""
    inner = getattr(loss, "fn", None)  # a `LossFunctionWrapper`
    own = getattr(loss, "__name__", "") or type(loss).__name__
    return f"{own} {getattr(inner, '__name__', '')}"
