"""How far a long pass has come, shown on a terminal while it runs."""

from __future__ import annotations

import sys
import threading
from typing import Any

import keras

from kerasvis2.observe.backend import Backend


class Progress:
    """A bar over the turns of the loops inside a traced pass.

    How many there will be is known when the pass is traced, before the first of them.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._looks = 1
        self._turns = 0
        self._bar: Any = None
        self._lock = threading.Lock()  # loops of several targets turn side by side

    def begin(self, looks: int) -> None:
        """A new bar, for a pass that is run so often: once for each chunk of the probe."""
        self._looks = looks
        self._bar = None

    def tick(self, values: Any, turns: int) -> Any:
        """`values` as they are; when they are there, one more turn is shown as done.

        Args:
            values: what a turn of the loop has found.
            turns: how many turns the loop has.
        """
        self._turns += turns
        return self._backend.tick(self._advance, values)

    def _advance(self) -> None:
        with self._lock:
            if self._bar is None:
                self._bar = keras.utils.Progbar(self._turns * self._looks)
            self._bar.add(1)


def watched(backend: Backend) -> Progress | None:
    """A bar where someone is watching a terminal, as Keras's own."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    shown = terminal and keras.config.is_interactive_logging_enabled()
    return Progress(backend) if shown else None
