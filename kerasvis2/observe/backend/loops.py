"""Loops that run as they are written: a layer inside gives something at every turn."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

_LOOPS: ContextVar[int] = ContextVar("kerasvis2_loops", default=0)


def within() -> bool:
    """Whether a loop runs now, so that nothing is a layer's output."""
    return _LOOPS.get() > 0


def looping(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call that runs a loop."""

    def run(*args: Any, **kwargs: Any) -> Any:
        token = _LOOPS.set(_LOOPS.get() + 1)
        try:
            return call(*args, **kwargs)
        finally:
            _LOOPS.reset(token)

    return run
