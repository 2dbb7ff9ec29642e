"""Other writers in the run's folders."""

from __future__ import annotations

from kerasvis2.monitoring.drawer import FOLDERS
from kerasvis2.monitoring.failures import Failures
from kerasvis2.record.files import Place
from kerasvis2.record.recorder import Recorder
from kerasvis2.record.writer import foreign_writers


def warn_of_company(log_dir: Place, recorder: Recorder, since: float, failures: Failures) -> None:
    """Says so where another callback writes curves into the same folders."""
    for folder in FOLDERS:
        seen = foreign_writers(log_dir / folder, since)
        # Listed after: the recorder may begin a file at any moment.
        own = {path.name for path in recorder.event_files()}
        others = [name for name in seen if name not in own]
        if others:
            failures.tell(
                "company",
                f"something else, such as keras.callbacks.TensorBoard, writes to "
                f"{str(log_dir / folder)!r} too ({others[0]}). TensorBoard reads only one "
                "writer of a folder at a time and would hide some of the data. Give the other "
                f"callback a folder of its own, such as {str(log_dir / 'keras')!r}; the "
                "monitor writes the curves under the same tags already.",
            )
