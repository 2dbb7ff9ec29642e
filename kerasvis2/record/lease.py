"""Who is writing to a run's folder now, so that a second process can say so."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from typing import Any

from kerasvis2.record.files import Place, changed, event_files, read, remove, replace

NAME = "about.writer.json"
"""It sorts before event files, as all that lies beside them must."""

_RECENT = 600.0  # seconds: nobody can ask another machine whether a process lives there
_MOST = 1 << 16


class Lease:
    """A note in the run's folder for as long as a training writes to it.

    Args:
        log_dir: the run's folder.
    """

    def __init__(self, log_dir: Place) -> None:
        self._log_dir = log_dir
        self._path = log_dir / NAME

    def take(self) -> str | None:
        """Leaves the note, and returns who is writing already, in words; None where nobody is.

        Raises:
            OSError: If the folder cannot be written.
        """
        other = self._other()
        note = {"host": socket.gethostname(), "pid": os.getpid(), "began": time.time()}
        replace(self._path, json.dumps(note).encode())
        return other

    def give_back(self) -> None:
        """Takes the note away, if it is still this process's."""
        note = self._note()
        if (note.get("host"), note.get("pid")) == (socket.gethostname(), os.getpid()):
            with contextlib.suppress(OSError):
                remove(self._path)

    def _other(self) -> str | None:
        note = self._note()
        host, pid, began = note.get("host"), note.get("pid"), note.get("began")
        if not isinstance(pid, int) or not isinstance(began, (int, float)):
            return None
        if host == socket.gethostname() and sys.platform != "win32":
            if pid == os.getpid() or not _lives(pid, began):
                return None
            return f"another process of this machine (pid {pid}), which is still running,"
        ago = time.time() - self._last_written()
        if ago > _RECENT or (host == socket.gethostname() and pid == os.getpid()):
            return None
        return f"a process on {host} (pid {pid}), whose last sign of life is {ago:.0f} seconds old,"

    def _note(self) -> dict[str, Any]:
        try:
            note = json.loads(read(self._path, _MOST))
        except (OSError, ValueError, RecursionError):
            return {}
        return note if isinstance(note, dict) else {}

    def _last_written(self) -> float:
        paths = [self._path]
        for part in ("vis", "train", "validation"):
            paths += event_files(self._log_dir / part)[-1:]
        times = [0.0]
        for path in paths:
            with contextlib.suppress(OSError):
                times.append(changed(path))
        return max(times)


def _lives(pid: int, began: float) -> bool:
    """Whether the process is there, and not another that has got the same number since."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass  # somebody else's
    except (OSError, OverflowError):
        return False
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        with open("/proc/uptime", "rb") as file:
            booted = time.time() - float(file.read().split()[0])
    except (OSError, ValueError, IndexError):
        return True  # this system does not tell when
    return booted + ticks / os.sysconf("SC_CLK_TCK") < began + 2
