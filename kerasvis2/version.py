"""Which version this is, and of what it stands on."""

from __future__ import annotations

import platform
import sys

__version__ = "1.0.0rc1"


def versions(backend: str) -> dict[str, str]:
    """The versions in use, without importing anything.

    Args:
        backend: Keras's backend: "tensorflow", "torch" or "jax".
    """
    found = {"kerasvis2": __version__}
    found |= {name: _version(name) for name in ("keras", backend, "numpy")}
    return found | {"python": platform.python_version()}


def _version(name: str) -> str:
    # What is loaded says so itself; the distribution may have another name (tensorflow-cpu).
    told = getattr(sys.modules.get(name), "__version__", None)
    if told is not None:
        return str(told)
    from importlib import metadata  # which takes longer than all the rest of the package's import

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"
