"""Drawing and writing on a thread of its own, so that training does not wait for either."""

from __future__ import annotations

import collections
import dataclasses
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from kerasvis2.record import exits, words
from kerasvis2.record.events import Value
from kerasvis2.record.files import Place, absolute, place
from kerasvis2.record.lease import Lease
from kerasvis2.record.resume import last_step
from kerasvis2.record.say import say, to_stderr
from kerasvis2.record.writer import EventFile

Draw: TypeAlias = Callable[[], Mapping[str, Sequence[Value]]]


@dataclasses.dataclass(frozen=True)
class _Job:
    step: int
    draw: Draw
    nbytes: int
    wall_time: float
    light: bool


class Recorder:
    """Draws and writes in the background what `submit` is given, in order.

    The thread lives while there is something to do, and is not a daemon: the interpreter waits for
    it at exit, however training ended, and so does SIGTERM, for some seconds; see `exits`.

    What goes wrong on the thread is reported through `on_error`: a failing folder once, until it
    can be written again; an error in drawing once for each message. What could not be written is
    told by its steps, and the next step is tried afresh.

    Args:
        log_dir: The run's folder, or a URL, with one event file in each subfolder that is named.
        max_bytes: How much may wait to be drawn. A `submit` beyond it waits for room.
        max_jobs: How many steps may wait, likewise, so that pictures fall no further behind.
        patience: Seconds that a `submit` waits for room; then the step is dropped, and nobody waits
            again until something has been written.
        on_error: Called on the thread with what was being done and the exception. What it raises
            surfaces in the next `submit` or `drain`.
        on_notice: Called with what the user should know and is no error; a warning by default.

    Attributes:
        waited: Seconds that `submit` has waited for room since training began.
        dropped: Steps that there was no room for.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | Place,
        *,
        max_bytes: int = 256 * 2**20,
        max_jobs: int = 32,
        patience: float = 10.0,
        on_error: Callable[[str, BaseException], None],
        on_notice: Callable[[str], None] = say,
    ) -> None:
        self.log_dir = absolute(place(log_dir))  # training code may change the directory
        self.waited = 0.0
        self.dropped: list[int] = []
        self._max_bytes = max_bytes
        self._max_jobs = max_jobs
        self._patience = patience
        self._on_error = on_error
        self._on_notice = on_notice
        self._changed = threading.Condition()
        self._jobs: collections.deque[_Job] = collections.deque()
        self._waiting_bytes = self._waiting_jobs = 0
        self._stuck = False
        self._thread: threading.Thread | None = None
        self._raised: BaseException | None = None
        self._reported: set[str] = set()
        self._files: dict[str, EventFile] = {}
        self._own: set[str] = set()
        self._lost: dict[str, list[int]] = {}
        self._began = time.time()
        self._lease = Lease(self.log_dir)

    def begin(self, step: int) -> None:
        """A training begins, or goes on, at `step`: tells of another process that writes there now,
        and where counting begins at 0 of an earlier training. Until `end` others are told of this.
        """
        self.drain()
        self.waited = 0.0
        for file in self._files.values():
            file.taken_up()
        try:
            other = self._lease.take()
            held = last_step(self.log_dir) if step == 0 else None
        except OSError as error:
            self._report("begin", f"looking into {self.log_dir}", error)
            return
        if other is not None:
            self._began = 0.0  # so that nothing of the other's is taken for an older run's
            self._on_notice(words.company(other, self.log_dir))
        elif held is not None:
            self._on_notice(words.earlier(held, self.log_dir))

    def submit(
        self,
        step: int,
        draw: Draw,
        nbytes: int,
        wall_time: float | None = None,
        *,
        light: bool = False,
    ) -> bool:
        """Queues one step.

        Args:
            step: The step to write under.
            draw: Called on the thread, where it may not call this. Returns values by subfolder.
            nbytes: How much memory `draw` keeps alive; more than the bound waits until it is alone.
            wall_time: Seconds since 1970; now, by default.
            light: Whether it is so small, as curves are, that there is always room for it.

        Returns:
            Whether there was room for it.
        """
        job = _Job(step, draw, nbytes, time.time() if wall_time is None else wall_time, light)
        with self._changed:
            self._raise_pending()
            failed: Exception | None = None
            if not light and not self._wait_for_room(nbytes):
                self.dropped.append(step)
                first = len(self.dropped) == 1
            else:
                failed = self._queue(job)
                if failed is None:
                    return True
                first = False
        if first:
            self._on_notice(words.behind(step, self.log_dir, self._patience))
        if failed is not None:
            self._report("thread", f"starting a thread to draw step {step}", failed)
        return False

    def drain(self) -> None:
        """Returns when everything submitted is on disk, and tells of what is not."""
        with self._changed:
            if self._jobs:  # Ctrl-C may have come before there was a thread
                self._start()
            self._changed.wait_for(lambda: not self._jobs)
            lost, self._lost = self._lost, {}
            dropped, self.dropped = self.dropped, []
        for name, steps in lost.items():
            self._on_notice(
                f"{self.log_dir / name} lacks {words.listed(steps)}: they were not written"
            )
        if len(dropped) > 1:  # of a single one was told when it was dropped
            self._on_notice(words.dropped(dropped))
        exits.leave(self)
        self._raise_pending()

    def wait(self, seconds: float) -> bool:
        """Waits until everything is on disk, no longer than so many seconds; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs, seconds)

    def end(self) -> None:
        """The training that `begin` told of ends: drains, and others are told so."""
        try:
            self.drain()
        finally:
            self._lease.give_back()

    def close(self) -> None:
        """Drains, and ends the event files: a later `submit` starts new ones."""
        try:
            self.end()
        finally:
            with self._changed:
                self._files = {}
                self._began = time.time()

    def event_files(self) -> list[Place]:
        """The event files begun so far."""
        with self._changed:
            return [file.path for file in self._files.values() if file.path is not None]

    def _queue(self, job: _Job) -> Exception | None:
        """Adds a job; what goes wrong where no thread can be had, and then the job is dropped."""
        self._jobs.append(job)
        self._waiting_bytes += job.nbytes
        self._waiting_jobs += not job.light
        error = self._start()
        if error is not None:
            self._taken_out(self._jobs.pop())
            self.dropped.append(job.step)
        return error

    def _start(self) -> Exception | None:
        """Has one thread that works, wherever Ctrl-C came; what goes wrong where there is none."""
        if self._thread is not None and self._thread.is_alive():
            return None
        exits.watch(self)
        self._thread = threading.Thread(target=self._work, name="kerasvis2-recorder")
        try:
            self._thread.start()
        except RuntimeError as error:  # the system has no more of them, or Python is ending
            self._thread = None
            exits.leave(self)
            return error
        return None

    def _taken_out(self, job: _Job) -> None:
        self._waiting_bytes -= job.nbytes
        self._waiting_jobs -= not job.light

    def _wait_for_room(self, nbytes: int) -> bool:
        begun = time.monotonic()
        patience = 0.0 if self._stuck else self._patience
        found = self._changed.wait_for(lambda: self._has_room(nbytes), patience)
        self.waited += time.monotonic() - begun
        self._stuck = not found
        return found

    def _has_room(self, nbytes: int) -> bool:
        fits = self._waiting_bytes + nbytes <= self._max_bytes
        return not self._waiting_jobs or (fits and self._waiting_jobs < self._max_jobs)

    def _raise_pending(self) -> None:
        if self._raised is not None:
            error, self._raised = self._raised, None
            raise error

    def _work(self) -> None:
        told = False
        while True:
            with self._changed:
                if not self._jobs:
                    self._thread = None
                    exits.leave(self)
                    return
                left = len(self._jobs)
            if left > 1 and not told and not threading.main_thread().is_alive():
                told = True
                to_stderr(f"kerasvis2: {left} steps are still to be drawn; Ctrl-C leaves them.")
            # No local name holds the job, so that `drain` leaves none of its arrays alive.
            self._do(self._jobs[0])
            with self._changed:
                # Only now: a job counts, and `drain` waits for it, until it is on disk.
                self._taken_out(self._jobs.popleft())
                self._stuck = False
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
                self._files[name] = EventFile(folder, self._began, self._own)
        file = self._files[name]
        key = f"writing {name}"
        try:
            vanished = file.vanished()
            file.append(job.step, job.wall_time, values)
        except BaseException as error:  # OSError, or protobuf's for an Event beyond 2 GiB
            self._lost.setdefault(name, []).append(job.step)
            self._report(key, f"writing step {job.step} to {folder}", error)
            return
        self._reported.discard(key)
        lost = self._lost.pop(name, None)
        if lost:
            self._on_notice(f"{folder} is written again; it lacks {words.listed(lost)}")
        if vanished:
            gone = FileNotFoundError(f"the event file in {folder} was deleted; a new one goes on")
            self._report(f"vanished {name}", f"writing step {job.step} to {folder}", gone)

    def _report(self, key: str, doing: str, error: BaseException) -> None:
        if key in self._reported:
            return
        self._reported.add(key)
        try:
            self._on_error(doing, error)
        except BaseException as raised:  # kept for the thread that can do something about it
            with self._changed:
                self._raised = self._raised or raised
