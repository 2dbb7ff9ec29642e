"""A signal that ends the process though Python cannot run its handler.

Python runs handlers in its main thread, between two instructions: not while that thread is in one
long operation, a thousand steps that are one call, say, or a collective whose other side is gone.
But of the signal itself it writes a byte at once to a file that it is told, and any thread can wait
for that.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import threading
from collections.abc import Callable

POSIX = os.name == "posix"
_NO_SIGNAL = b"\0"


class Backstop:
    """Calls `act` in a thread of its own when the signal has come, whatever Python is in.

    Where others ask for the bytes already, an event loop of asyncio for one, it does nothing.
    """

    def __init__(self, number: signal.Signals, act: Callable[[], None]) -> None:
        self._number, self._act = number, act
        # Kept once it is open: a thread that writes into it must never meet another file.
        self._pipe: tuple[int, int] | None = None
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._asked = False

    def start(self) -> None:
        """From now on. In the main thread, with a handler of the signal in place."""
        if not POSIX:
            return
        self.close()
        if self._pipe is None:
            self._pipe = os.pipe()
            for file in self._pipe:
                os.set_blocking(file, False)
        read, write = self._pipe
        before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        if before != -1:
            signal.set_wakeup_fd(before)
            return
        self._asked = True
        with contextlib.suppress(BlockingIOError):
            while os.read(read, 4096):  # of signals that others have acted on
                pass
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=self._listen, args=(read, self._over), name="kerasvis2-signals", daemon=True
        )
        try:
            self._thread.start()
        except RuntimeError:  # the system has no more of them
            self._thread = None
            self.close()

    def rest(self) -> None:
        """No longer, from any thread: what came till now is acted on."""
        self._over.set()
        if self._pipe is not None:
            with contextlib.suppress(BlockingIOError):
                os.write(self._pipe[1], _NO_SIGNAL)

    def close(self) -> None:
        """No longer, and no thread is left. In the main thread."""
        self.rest()
        if self._thread is not None and self._thread.is_alive():  # Ctrl-C may come as it starts
            self._thread.join()
        self._thread = None
        self._ask_no_more()

    def drop(self) -> None:
        """The same in a fork, where there is no thread, and signals are none of its parent's."""
        self._ask_no_more()
        for file in self._pipe or ():
            with contextlib.suppress(OSError):  # closed by somebody who closed all files
                os.close(file)
        self._pipe = self._thread = None

    def _ask_no_more(self) -> None:
        if self._asked and self._pipe is not None:
            now = signal.set_wakeup_fd(-1)
            if now not in (-1, self._pipe[1]):
                signal.set_wakeup_fd(now)
        self._asked = False

    def _listen(self, read: int, over: threading.Event) -> None:
        waiting = select.poll()
        waiting.register(read, select.POLLIN)
        while True:
            waiting.poll()
            if bytes([self._number]) in os.read(read, 4096):
                self._act()
            if over.is_set():
                return


def set_default(number: signal.Signals) -> int | None:
    """What the system does with the signal is its default, from any thread; what it was.

    `signal.signal` works in the main thread only; Python's C API does it from all. What Python
    itself takes for the handler stays.
    """
    return set_handler(number, None)  # SIG_DFL


def set_handler(number: signal.Signals, handler: int | None) -> int | None:
    """What `set_default` returned is in place again; what it was."""
    function = ctypes.pythonapi.PyOS_setsig
    function.argtypes, function.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
    before: int | None = function(number, handler)
    return before
