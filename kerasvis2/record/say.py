"""Warnings that nobody turns into errors: what is told in the middle of a training stops none."""

from __future__ import annotations

import contextlib
import sys
import warnings


def say(words: str, stacklevel: int = 3) -> None:
    """Warns; where that raises (`python -W error`, a handler of somebody's), says it on stderr."""
    try:
        warnings.warn(f"kerasvis2: {words}", stacklevel=stacklevel)
    except Exception:
        to_stderr(f"kerasvis2: {words}")


def to_stderr(line: str) -> None:
    """Writes a line to stderr, if there is one left."""
    with contextlib.suppress(Exception):
        sys.stderr.write(f"{line}\n")
