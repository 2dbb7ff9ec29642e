"""TensorBoard processes for the tests."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

# TensorBoard without TensorFlow, as where it is not installed: it starts in a second instead of
# ten, and the tab would fail if it needed TensorFlow.
TENSORBOARD = """\
import sys
sys.modules["tensorflow"] = None
from tensorboard.main import run_main
run_main()
"""


class Server:
    """A TensorBoard process of ours."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder = folder
        self._log = folder.with_name(f"{folder.name}-{time.monotonic_ns()}.log")
        command = [sys.executable, "-c", TENSORBOARD, "--logdir", str(folder), "--port=0", *flags]
        with open(self._log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def url(self) -> str:
        """Waits until TensorBoard has said where it listens."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            words = self._log.read_text().split()
            if "http" in (
                found := next((w for w in words if w.startswith("http://localhost")), "")
            ):
                return found.rstrip("/")
            time.sleep(0.05)
        raise AssertionError(f"TensorBoard did not start:\n{self._log.read_text()}")

    def wait(self, path: str, ready: Callable[[str], bool]) -> str:
        """Asks until the answer is as wanted: TensorBoard reads in the background."""
        deadline = time.monotonic() + 60
        answer = ""
        while time.monotonic() < deadline:
            with urllib.request.urlopen(f"{self.url()}/{path}", timeout=30) as reply:
                answer = reply.read().decode(errors="surrogateescape")
            if ready(answer):
                return answer
            time.sleep(0.1)
        raise AssertionError(f"TensorBoard did not get so far: {answer[:2000]}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
