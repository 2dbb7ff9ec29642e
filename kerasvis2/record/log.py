"""The run's error log: what went wrong, with its traceback, out of the way of whoever trains."""

from __future__ import annotations

import os
import time
import traceback
from pathlib import Path

from kerasvis2.record.files import Place, place, read, replace

NAME = "errors.log"
"""It lies in the run's own folder, and sorts before event files."""

_MOST = 2**20  # bytes: what goes wrong may go wrong often


def log_error(log_dir: str | os.PathLike[str] | Place, doing: str, error: BaseException) -> str:
    """Adds an error to `<log_dir>/errors.log`, unless that is full or cannot be written.

    Args:
        log_dir: The run's folder.
        doing: What was being done, such as "drawing step 3".
        error: What came of it.

    Returns:
        Where to read on, in words: the file, or the whole traceback where there is no file.
    """
    trace = "".join(traceback.format_exception(error))
    moment = time.strftime("%Y-%m-%d %H:%M:%S")
    entry = f"{moment}  an error while {doing}\n{trace}\n".encode(errors="backslashreplace")
    try:
        path = place(log_dir) / NAME
        _append(path, entry[:_MOST])
    except Exception:  # whatever a store raises: this is called where something failed already
        return trace
    return f"The traceback is in {path}"


def _append(path: Place, entry: bytes) -> None:
    if isinstance(path, Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab") as file:
            if file.tell() + len(entry) <= _MOST:
                file.write(entry)
        return
    try:
        before = read(path, _MOST)
    except FileNotFoundError:
        before = b""
    if len(before) + len(entry) <= _MOST:
        replace(path, before + entry)
