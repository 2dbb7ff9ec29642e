"""A library's side of the conversation: it makes ready, and does its task once for each line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

READY, DONE = "ready", "done"


def serve(tasks: Mapping[str, Callable[[], Callable[[], object]]]) -> None:
    """Runs the task named on the command line; a task gives what is to be timed, not yet warm."""
    # Progress bars may not get between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    work = tasks[sys.argv[1]]()
    work()
    print(READY, file=answers)
    for _ in sys.stdin:
        work()
        print(DONE, file=answers)
