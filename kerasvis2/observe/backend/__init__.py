"""The only modules that know TensorFlow, PyTorch or JAX: one each, behind one protocol."""

from __future__ import annotations

import functools
from importlib import import_module

from kerasvis2.observe.backend.protocol import Backend, Edges, Notes, Recorded

__all__ = ["Backend", "Edges", "Notes", "Recorded", "backend", "untraced"]

_KNOWN = ("tensorflow", "torch", "jax")


def backend() -> Backend:
    """The one that Keras runs on.

    Raises:
        ValueError: where Keras runs on a backend that there is no module for.
    """
    import keras

    name = keras.backend.backend()
    if name not in _KNOWN:
        raise ValueError(
            f"Keras runs on the backend {name!r}, which kerasvis2 cannot look into yet; it knows "
            f"{', '.join(_KNOWN)}. Set KERAS_BACKEND=tensorflow before Keras is imported."
        )
    return _load(name)


def untraced() -> Backend | None:
    """The same without traces, for models that cannot be traced; None where none are made."""
    import keras

    return _load("tensorflow_eager") if keras.backend.backend() == "tensorflow" else None


@functools.cache
def _load(module: str) -> Backend:
    found: Backend = import_module(f"kerasvis2.observe.backend.{module}").BACKEND
    return found
