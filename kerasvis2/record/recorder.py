"""Drawing and writing on a thread of its own, so that training does not wait for either."""

from __future__ import annotations

import collections
import dataclasses
import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from kerasvis2.record.events import Value
from kerasvis2.record.writer import EventFile

Draw: TypeAlias = Callable[[], Mapping[str, Sequence[Value]]]


@dataclasses.dataclass(frozen=True)
class _Job:
    step: int
    draw: Draw
    nbytes: int
    wall_time: float


class Recorder:
    """Draws and writes in the background what `submit` is given, in order, and loses nothing.

    The thread lives only while there is something to do, and is not a daemon: the interpreter
    waits for it at exit, whether training ended, failed or was interrupted, and an idle recorder
    holds up nobody.

    Nothing that goes wrong on the thread stops training. It is reported through `on_error`: a
    failing folder once, until it can be written again; an error in drawing once for each message.
    What could not be written is dropped, and the next step is tried afresh.

    Args:
        log_dir: The run's folder. One event file is kept in each subfolder that `draw` names.
        max_bytes: How much may wait to be drawn. A `submit` beyond it waits for room.
        max_jobs: How many steps may wait, likewise: where drawing is always slower than training,
            the pictures fall no further behind, and memory grows no more.
        on_error: Called on the thread with what was being done and the exception. If it raises,
            the exception surfaces in the next `submit` or `drain`.

    Attributes:
        waited: Seconds that `submit` has waited for room.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        *,
        max_bytes: int = 256 * 2**20,
        max_jobs: int = 32,
        on_error: Callable[[str, BaseException], None],
    ) -> None:
        self.log_dir = Path(log_dir).absolute()  # training code may change the directory
        self.waited = 0.0
        self._max_bytes = max_bytes
        self._max_jobs = max_jobs
        self._on_error = on_error
        self._changed = threading.Condition()
        self._jobs: collections.deque[_Job] = collections.deque()
        self._waiting_bytes = 0
        self._thread: threading.Thread | None = None
        self._raised: BaseException | None = None
        self._reported: set[str] = set()
        self._files: dict[str, EventFile] = {}
        self._began = time.time()

    def submit(self, step: int, draw: Draw, nbytes: int, wall_time: float | None = None) -> None:
        """Queues one step.

        Args:
            step: The step to write under.
            draw: Called on the thread. Returns values by subfolder ("train", "validation", "vis");
                each subfolder's become one Event. It must not call `submit` or `drain`.
            nbytes: How much memory `draw` keeps alive. A job larger than the bound waits until
                it is alone.
            wall_time: Seconds since 1970; now, by default.
        """
        job = _Job(step, draw, nbytes, time.time() if wall_time is None else wall_time)
        with self._changed:
            self._raise_pending()
            begun = time.monotonic()
            self._changed.wait_for(lambda: self._has_room(nbytes))
            self.waited += time.monotonic() - begun
            self._jobs.append(job)
            self._waiting_bytes += nbytes
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="kerasvis2-recorder")
                thread.start()
                self._thread = thread

    def drain(self) -> None:
        """Returns when everything submitted is on disk."""
        with self._changed:
            self._changed.wait_for(lambda: not self._jobs)
            self._raise_pending()

    def close(self) -> None:
        """Drains, and ends the event files: a later `submit` starts new ones."""
        try:
            self.drain()
        finally:
            with self._changed:
                self._files = {}
                self._began = time.time()

    def event_files(self) -> list[Path]:
        """The event files begun so far."""
        with self._changed:
            return [file.path for file in self._files.values() if file.path is not None]

    def _has_room(self, nbytes: int) -> bool:
        fits = self._waiting_bytes + nbytes <= self._max_bytes
        return not self._jobs or (fits and len(self._jobs) < self._max_jobs)

    def _raise_pending(self) -> None:
        if self._raised is not None:
            error, self._raised = self._raised, None
            raise error

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._jobs:
                    self._thread = None
                    return
            # No local name holds the job, so that `drain` leaves none of its arrays alive.
            self._do(self._jobs[0])
            with self._changed:
                # Only now: a job counts, and `drain` waits for it, until it is on disk.
                self._waiting_bytes -= self._jobs.popleft().nbytes
                self._changed.notify_all()

    def _do(self, job: _Job) -> None:
        try:
            drawn = {name: list(values) for name, values in job.draw().items()}
        except BaseException as error:  # user code: even SystemExit must not end the thread
            key = f"drawing {type(error).__name__}: {error}"
            self._report(key, f"drawing step {job.step}", error)
            return
        for name, values in drawn.items():
            if values:
                self._write(name, job, values)

    def _write(self, name: str, job: _Job, values: Sequence[Value]) -> None:
        folder = self.log_dir / name
        if name not in self._files:
            with self._changed:
                self._files[name] = EventFile(folder, self._began)
        file = self._files[name]
        key = f"writing {name}"
        try:
            vanished = file.vanished()
            file.append(job.step, job.wall_time, values)
        except BaseException as error:  # OSError, or protobuf's for an Event beyond 2 GiB
            self._report(key, f"writing step {job.step} to {folder}", error)
            return
        self._reported.discard(key)
        if vanished:
            lost = FileNotFoundError(f"the event file in {folder} was deleted; a new one goes on")
            self._report(f"vanished {name}", f"writing step {job.step} to {folder}", lost)

    def _report(self, key: str, doing: str, error: BaseException) -> None:
        if key in self._reported:
            return
        self._reported.add(key)
        try:
            self._on_error(doing, error)
        except BaseException as raised:  # kept for the thread that can do something about it
            with self._changed:
                self._raised = self._raised or raised


def write_json(folder: str | os.PathLike[str], name: str, content: Any) -> None:
    """Writes `content` to `folder/name`, made if need be; readers see the old file or the new one.

    Raises:
        OSError: If the folder cannot be written.
        TypeError: If `content` is not JSON.
    """
    # Lone surrogates, which UTF-8 cannot hold, become the escapes that JSON has for them.
    encoded = json.dumps(content, indent=2, ensure_ascii=False).encode(errors="backslashreplace")
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            file.write(encoded)
        os.replace(temporary, os.path.join(folder, name))
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
