"""SIGTERM: what waits to be written is written before the process ends.

Python waits for the recorder's thread at every other end. At this signal, by which schedulers and
containers end a training, it would end on the spot. Where nobody else has a handler, there is one
while something waits: it gives the thread a few seconds, and lets the signal do as before. Where
Python cannot run it, `backstop` does the same.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any, Protocol

from kerasvis2.record.backstop import POSIX, Backstop, set_default, set_handler

_SECONDS = 4.0


class Waits(Protocol):
    """Something with work in the background."""

    def wait(self, seconds: float) -> bool:
        """Waits until it is done, no longer than so many seconds; whether it is."""


_working: set[Waits] = set()


def watch(worker: Waits) -> None:
    """From now on SIGTERM waits for `worker`."""
    _working.add(worker)
    if threading.current_thread() is not threading.main_thread():
        return  # Python sets handlers in its main thread only
    if signal.getsignal(signal.SIGTERM) in (signal.SIG_DFL, _end):
        signal.signal(signal.SIGTERM, _end)
        _backstop.start()


def leave(worker: Waits) -> None:
    """`worker` has nothing left to do. With the last one the handler goes; Python still names it
    until the next `leave` in the main thread."""
    _working.discard(worker)
    if _working:
        return
    ours = signal.getsignal(signal.SIGTERM) is _end
    if threading.current_thread() is threading.main_thread():
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _backstop.close()
    elif ours and POSIX:
        handler = set_default(signal.SIGTERM)
        if _working:  # another one came meanwhile
            set_handler(signal.SIGTERM, handler)
        else:
            _backstop.rest()


def _end(number: int, frame: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _wait()
    os.kill(os.getpid(), signal.SIGTERM)


def _end_anyway() -> None:
    if signal.getsignal(signal.SIGTERM) is _end:  # it has not run, nor has anybody set another
        _wait()
        set_default(signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)


def _wait() -> None:
    until = time.monotonic() + _SECONDS
    for worker in list(_working):
        worker.wait(max(0.0, until - time.monotonic()))


_backstop = Backstop(signal.SIGTERM, _end_anyway)


class _Forking(threading.local):
    """What the thread that forks blocked before it did."""

    blocked: set[int | signal.Signals] | None = None


_forking = _Forking()


def _before_fork() -> None:
    """A signal that reaches a fork before its Python runs is forgotten where it has a handler, and
    what is ended as soon as it is made, as pools of processes end theirs, would live and be waited
    for. Blocked, it waits until `_forked`."""
    if signal.getsignal(signal.SIGTERM) is _end:
        _forking.blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def _after_fork() -> None:
    blocked, _forking.blocked = _forking.blocked, None
    if blocked is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _forked() -> None:
    """In a fork there is nobody to wait for, and where it hangs the signal has to end it."""
    _working.clear()
    _backstop.drop()
    if signal.getsignal(signal.SIGTERM) is _end:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_forked)
