"""What went wrong: told once, in two lines, and passed from the drawing thread to training."""

from __future__ import annotations

import queue
import threading

from kerasvis2.observe.reason import reason
from kerasvis2.record.files import Place
from kerasvis2.record.log import log_error
from kerasvis2.record.say import say


class Failures:
    """Reports that stop nothing, unless they are asked to.

    May be used from any thread. What the drawing thread finds out reaches the training thread as
    messages, which `collect` fetches.

    Args:
        log_dir: the run's folder; tracebacks are appended to `errors.log` in it.
        on_error: "warn" or "raise".
    """

    def __init__(self, log_dir: Place, on_error: str) -> None:
        self._log_dir = log_dir
        self._raises = on_error == "raise"
        self._told: set[str] = set()
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[tuple[str, BaseException]] = queue.SimpleQueue()

    def tell(self, key: str, words: str) -> None:
        """Warns, once for each key."""
        with self._lock:
            known = key in self._told
            self._told.add(key)
        if not known:
            say(words, stacklevel=4)

    def report(self, doing: str, error: BaseException) -> None:
        """Something that stops nobody went wrong."""
        if self._raises:
            raise error
        where = log_error(self._log_dir, doing, error)
        say(
            f"an error while {doing}; training goes on.\n"
            f"{type(error).__name__}: {reason(error)} ({where})",
            stacklevel=4,
        )

    def mishap(self, doing: str, error: Exception) -> None:
        """Something that stops nobody goes wrong, maybe at every step: reported once."""
        key = f"{doing}: {type(error).__name__}: {error}"
        with self._lock:
            known = key in self._told
            self._told.add(key)
        if self._raises or not known:
            self.report(doing, error)

    def switched_off(self, name: str, doing: str, error: BaseException) -> None:
        """A view failed while something was done with it, and is not looked at any more."""
        self._inbox.put((name, error))
        if not self._raises:
            self.report(f"{doing} the view {name!r}, which is switched off now", error)

    def collect(self) -> list[str]:
        """The views that failed since it was last asked; on the training thread.

        Raises:
            BaseException: the first failure, where `on_error` is "raise".
        """
        names = []
        while not self._inbox.empty():
            name, error = self._inbox.get()
            if self._raises:
                raise error
            names.append(name)
        return names
