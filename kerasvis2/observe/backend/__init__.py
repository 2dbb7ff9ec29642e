"""The only modules that know TensorFlow, PyTorch or JAX: one each, behind one protocol."""

from __future__ import annotations

import functools
from importlib import import_module

from kerasvis2.observe.backend.protocol import Backend, Notes, Recorded, Traced

__all__ = ["Backend", "Notes", "Recorded", "Traced", "backend"]

_KNOWN = ("tensorflow", "torch", "jax")


def backend() -> Backend:
    """The one that Keras runs on.

    Raises:
        ValueError: where Keras runs on a backend that there is no module for.
    """
    import keras

    return _load(keras.backend.backend())


@functools.cache
def _load(name: str) -> Backend:
    if name not in _KNOWN:
        raise ValueError(
            f"Keras runs on the backend {name!r}, which kerasvis2 cannot look into yet; it knows "
            f"{', '.join(_KNOWN)}. Set KERAS_BACKEND=tensorflow before Keras is imported."
        )
    found: Backend = import_module(f"kerasvis2.observe.backend.{name}").BACKEND
    return found
