"""Hooks that stop no training."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

Hook = TypeVar("Hook", bound=Callable[..., None])


def guarded(hook: Hook) -> Hook:
    """A hook that Keras calls while it trains: what goes wrong in it is told, and training goes on.

    Views are guarded one by one, so that the others go on. This is for all the rest, such as a
    `freq` or a `part` of the user's that raises, or an optimizer that does not tell its rate. In a
    process that leaves looking to another one, or is a fork of that one, it does nothing.
    """

    @functools.wraps(hook)
    def safe(monitor: Any, *arguments: Any, **named: Any) -> None:
        if monitor._quiet or monitor._process not in (None, os.getpid()):
            return
        try:
            hook(monitor, *arguments, **named)
        except Exception as error:
            monitor._failures.mishap("looking at the training", error)

    return cast(Hook, safe)
