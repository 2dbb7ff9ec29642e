"""Which backend Keras is to take where nobody said: one that is installed."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

BACKENDS = ("tensorflow", "torch", "jax")  # in the order in which they are taken


def choose_backend() -> None:
    """Sets `KERAS_BACKEND` where Keras would look for a TensorFlow that is not there.

    Nothing is imported. It leaves alone a Keras that is imported already, and what anybody chose:
    by `KERAS_BACKEND`, or in Keras's own file. That TensorFlow stands in that file is nobody's
    choice, Keras writes it there by itself.
    """
    if "keras" in sys.modules or os.environ.get("KERAS_BACKEND"):
        return
    if is_installed("tensorflow") or _configured() not in (None, "tensorflow"):
        return
    for name in BACKENDS:
        if is_installed(name):
            os.environ["KERAS_BACKEND"] = name
            return


def is_installed(name: str) -> bool:
    """Whether a package can be imported, without doing so."""
    try:
        spec = find_spec(name)
    except ValueError:  # there is a module of that name that somebody made by hand
        return True
    return spec is not None and spec.origin is not None  # a mere folder of that name has none


def without_backend(error: ImportError) -> str | None:
    """What to say where an import failed for want of a backend; else None."""
    if error.name not in BACKENDS or is_installed(error.name):
        return None
    found = [name for name in BACKENDS if is_installed(name)]
    if not found:
        extras = ", ".join(f'"kerasvis2[{name}]"' for name in BACKENDS)
        return f"Keras needs a backend, and none is installed: pip install one of {extras}."
    return (
        f"Keras is told to run on {error.name}, which is not installed; there is "
        f"{', '.join(found)}: set KERAS_BACKEND={found[0]}."
    )


def _configured() -> str | None:
    """The backend in Keras's own file, where Keras itself looks for it."""
    home = Path("~").expanduser()
    folder = home if os.access(home, os.W_OK) else Path("/tmp")
    file = Path(os.environ.get("KERAS_HOME", folder / ".keras")).expanduser() / "keras.json"
    try:
        found = json.loads(file.read_text("utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
    return None if found is None else str(found)
