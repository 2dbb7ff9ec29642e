"""See what a Keras model is learning, epoch by epoch, in TensorBoard.

    import kerasvis2 as kv

    probe = kv.Probe(x_val[:16], y_val[:16], class_names=["cat", "dog"])
    model.fit(x, y, epochs=20, callbacks=[kv.Monitor("runs/baseline", probe)])

The public names are imported on first use, so that the command line and readers of event files
start without a backend; `__init__.pyi` beside this file is the table of them. Keras's backend is
the one that was chosen, or else one that is installed.
"""

import pkgutil
import re
from importlib import import_module
from typing import Any

from kerasvis2.installed import choose_backend, without_backend
from kerasvis2.version import __version__ as __version__

_TABLE = (pkgutil.get_data(__name__, "__init__.pyi") or b"").decode()
_HOMES = {
    name: home for home, name in re.findall(r"from kerasvis2\.([\w.]+) import (\w+) as", _TABLE)
}
_OLDER = {"Needs": "Request"}  # names that go on working

__all__ = [*_HOMES]

choose_backend()


def __getattr__(name: str) -> Any:
    known = _OLDER.get(name, name)
    home = _HOMES.get(known)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(f"{__name__}.{home}"), known)
    except ImportError as error:
        if (words := without_backend(error)) is None:
            raise
        raise ImportError(words, name=error.name) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
