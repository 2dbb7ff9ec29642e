"""What is measured in a process of its own: `python -m benchmarks.fresh WHAT …` prints a number.

Memory is the resident set as Linux reports it: what the process really takes.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import Any

LOOKS = 3


def measure(*arguments: str) -> float:
    """Runs one of this module's measurements in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.fresh", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def available() -> bool:
    """Whether memory can be measured here."""
    return Path("/proc/self/clear_refs").exists()


def _resident(field: str = "VmRSS") -> float:
    """MB; VmHWM is the highest since `_forget`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {field} in /proc/self/status")


def _forget() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def import_time() -> float:
    """Milliseconds of `import kerasvis2` in a process that has imported nothing but the clock."""
    program = (
        "import time; t = time.perf_counter(); import kerasvis2; print(time.perf_counter() - t)"
    )
    command = [sys.executable, "-c", program]
    return 1e3 * float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def peak(what: str, network: str) -> float:
    """MB that the looks add at their highest."""
    import keras

    import kerasvis2 as kv
    from benchmarks.networks import NETWORKS
    from benchmarks.shared_pass import floor, probe_for, without_ascent
    from kerasvis2.layers import is_convolution
    from kerasvis2.observe.session import Session

    model = NETWORKS[network](keras)
    probe = probe_for(model)
    if what == "floor":
        work: Any = floor(model, probe)
    else:
        session = Session(model, probe)
        infos = session.survey.layers
        layers = {
            "all": [i.path for i in infos if len(i.shape or ()) == 4 and i.shape[1] > 1],
            "convolutions": [i.path for i in infos if is_convolution(i)],
        }.get(what)
        views = without_ascent()
        if layers is not None:
            views = [kv.GradCAM(layers=layers), kv.Activations(layers=layers)]
        plans = [session.add(view, view.name) for view in views]
        session.trace([plan.name for plan in plans])

        def work() -> None:
            session.look([plan.name for plan in plans])

    _forget()
    before = _resident()
    for _ in range(LOOKS):
        work()
    return _resident("VmHWM") - before


def growth(epochs: str) -> float:
    """MB by which a process grows over so many epochs, after a fifth as many to settle.

    Of what it holds: the allocator keeps some MB more for itself, now fewer, now more, and is asked
    to give them back before each reading.
    """
    import tempfile

    import keras

    from benchmarks.networks import cnn
    from benchmarks.shared_pass import epochs as epochs_of
    from benchmarks.shared_pass import probe_for, without_ascent

    model, count = cnn(keras, 12), int(epochs)
    with tempfile.TemporaryDirectory() as folder:
        epoch, drained = epochs_of(model, probe_for(model, 4), without_ascent(), folder)

        def after(count: int) -> float:
            for _ in range(count):
                epoch()
            drained()
            _give_back()
            return _resident()

        before = after(count // 5)
        return after(count) - before


def _give_back() -> None:
    """Has the C library return to the system what it holds free, where it can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


if __name__ == "__main__":
    wanted = {"peak": peak, "growth": growth}[sys.argv[1]]
    print(wanted(*sys.argv[2:]))
