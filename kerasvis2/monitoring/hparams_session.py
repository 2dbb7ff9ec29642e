"""What TensorBoard's HParams tab is told of a run: its beginning and its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from kerasvis2.record.hparams import session_end, session_start
from kerasvis2.record.recorder import Recorder

SESSION = ""  # HParams looks for a run's metrics in the folders below its session's


class HParamsSession:
    """Opens once the run's metrics are known by name, closes when training ends.

    Args:
        hparams: name → value, or None for a run without.
        recorder: what writes.
    """

    def __init__(self, hparams: Mapping[str, Any] | None, recorder: Recorder) -> None:
        self._hparams = None if hparams is None else dict(hparams)
        self._recorder = recorder
        self._open = False

    def open(self, step: int) -> None:
        """Writes the values that the run has been given, if they are not written yet."""
        if self._hparams is None or self._open:
            return
        self._open = True
        begin = [session_start(self._hparams, time.time())]
        self._recorder.submit(step, lambda: {SESSION: begin}, 0)

    def close(self, step: int) -> None:
        """Writes that the run has ended."""
        if self._open:
            self._open = False
            end = session_end("success", time.time())
            self._recorder.submit(step, lambda: {SESSION: [end]}, 0)
