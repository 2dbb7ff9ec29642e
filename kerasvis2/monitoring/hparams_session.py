"""What TensorBoard's HParams tab is told of a run: its beginning and its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from kerasvis2.record.hparams import session_end, session_start
from kerasvis2.record.recorder import Recorder


class HParamsSession:
    """Opens once the run's metrics are known by name, closes when training ends.

    HParams shows every scalar in a session's folder and below as a metric. So the session lies with
    the numbers that settings are judged by, those of validation where there are any: the tab then
    has loss and metrics, and not what the views log as well.

    Args:
        hparams: name → value, or None for a run without.
        recorder: what writes.
    """

    def __init__(self, hparams: Mapping[str, Any] | None, recorder: Recorder) -> None:
        self._hparams = None if hparams is None else dict(hparams)
        self._recorder = recorder
        self._open = False
        self._folder = "train"

    def open(self, step: int, logs: Mapping[str, Any]) -> None:
        """Writes the values that the run has been given, if they are not written yet.

        Args:
            step: the epoch that has ended.
            logs: what Keras says of it, by metric.
        """
        if self._hparams is None or self._open:
            return
        self._open = True
        self._folder = "validation" if any(name.startswith("val_") for name in logs) else "train"
        begin = [session_start(self._hparams, time.time())]
        self._recorder.submit(step, lambda: {self._folder: begin}, 0)

    def close(self, step: int) -> None:
        """Writes that the run has ended."""
        if self._open:
            self._open = False
            end = session_end("success", time.time())
            self._recorder.submit(step, lambda: {self._folder: [end]}, 0)
