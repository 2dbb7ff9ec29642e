"""Many runs on disk: what it takes to list them, to read them, and to look at them in the tab."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from benchmarks.report import Row
from kerasvis2.record import events
from kerasvis2.record.recorder import Recorder

LOADERS = {"Rust loader": "true", "Python loader": "false"}
TAGS = [f"view{number // 5}/{number % 5:02d}_conv{number % 5}" for number in range(20)]
SHOWN = TAGS[3]
HEIGHT, WIDTH = 200, 320
PATIENCE = 600  # seconds

# Not `ru_maxrss`, which a process inherits from the one that started it.
PEAK = """
def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")
"""
LISTED = """
import io, sys, time
from kerasvis2.cli import main
begun, computed = time.perf_counter(), time.process_time()
sys.stdout = io.StringIO()
main(["list", sys.argv[1]])
taken = time.perf_counter() - begun, time.process_time() - computed
print(*taken, peak(), file=sys.__stdout__)
"""
READ = """
import sys, time
import kerasvis2 as kv
count, begun = 0, time.perf_counter()
for run in kv.read(sys.argv[1]).values():
    for step in run.steps(sys.argv[2]):
        count += run.picture(sys.argv[2], step).size > 0
print(count, time.perf_counter() - begun, peak())
"""


def rows(repeats: int, runs: int = 12, steps: int = 200) -> Iterator[Row]:
    """Twelve runs of 200 steps and 20 tags, three quarters of a gigabyte, by the recorder."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), runs, steps)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*tfevents*")) / 1e9
        what = f"{runs} runs × {steps} steps × {len(TAGS)} tags, {size:.2f} GB"
        yield from _reading(folder, repeats, what, size)
        for loader, fast in LOADERS.items():
            yield from _tab(folder, repeats, f"{what}, {loader}", fast, steps)


def write(folder: Path, runs: int, steps: int) -> None:
    """Each step of each run has a picture of its own, which stands under all tags."""
    noise = np.random.default_rng(0).integers(0, 256, (runs, HEIGHT // 8, WIDTH // 4, 3), np.uint8)
    for run in range(runs):
        recorder = Recorder(folder / f"run{run}", on_error=_raise)
        for step in range(steps):
            rolled = np.roll(noise[run], step, axis=1)
            picture = rolled.repeat(8, axis=0).repeat(4, axis=1)
            recorder.submit(step, lambda p=picture, s=step, r=run: _values(p, s, r), picture.nbytes)
        recorder.close()


def _values(picture: Any, step: int, run: int) -> dict[str, list[events.Value]]:
    first = events.image(TAGS[0], picture)
    images = [events.Value() for _ in TAGS]
    for tag, value in zip(TAGS, images):
        value.CopyFrom(first)
        value.tag = tag
    loss = events.scalar("epoch_loss", 2 / (1 + step) + 0.1 * run)
    return {"vis": images + [events.scale(tag, 0.5) for tag in TAGS], "train": [loss]}


def _raise(doing: str, error: BaseException) -> None:
    raise error


def _reading(folder: str, repeats: int, what: str, size: float) -> Iterator[Row]:
    found = []
    for _ in range(max(3, repeats // 3)):
        begun = time.perf_counter()
        listed, computed, peak = _fresh(LISTED, folder)
        found.append((listed, computed, time.perf_counter() - begun, peak))
    listed, computed, whole, peak = (statistics.median(column) for column in zip(*found))
    for measure, seconds in [
        ("`kerasvis2 list`, s per GB", listed),
        ("the same, processor time only", computed),
        ("the same with the interpreter's start and imports", whole),
    ]:
        yield Row(f"{measure}, {what}", f"{seconds:.2f} s", "", seconds / size, "≤ 2")
    yield Row(f"`kerasvis2 list`, peak memory, {what}", f"{peak:.0f} MB", "", peak)
    count, seconds, peak = _fresh(READ, folder, SHOWN)
    taken = f"{1e3 * seconds / count:.1f} ms a picture, {count:.0f} pictures, {peak:.0f} MB"
    yield Row(f"`kv.read`, all pictures of a tag, peak memory, {what}", taken, "", peak)


def _fresh(program: str, *arguments: str) -> list[float]:
    command = [sys.executable, "-c", PEAK + program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def _tab(folder: str, repeats: int, what: str, fast: str, steps: int) -> Iterator[Row]:
    measures = "first cells of the grid, ms", "all pictures in view, ms", "slider to a new step, ms"
    sync_playwright, path = chromium()
    if sync_playwright is None:
        for measure in measures:
            yield Row(f"{measure}, {what}", "", "", None)
        return
    with Board(folder, fast, steps, f"series?tag={SHOWN}") as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        opened = [_open(browser, url, "grid") for _ in range(max(3, repeats // 3))]
        page = _page(browser, url, "step")
        moves = [_move(page, (7 + 11 * turn) % steps) for turn in range(max(5, repeats // 2))]
        browser.close()
    for measure, found in zip(measures, [*zip(*opened), moves]):
        middle = statistics.median(found)
        worst = f"{middle:.0f} ms, at most {max(found):.0f} ms"
        yield Row(f"{measure}, {what}", worst, "", middle)


def chromium() -> tuple[Any, str | None]:
    """Playwright and the browser it is to start; None without either."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None, None
    return (None, None) if path is None else (sync_playwright, path)


class Board:
    """A TensorBoard that has read everything, once `asked` tells of that many steps of each run."""

    def __init__(self, folder: str, fast: str, steps: int, asked: str) -> None:
        self._asked = asked
        self._log = Path(folder, f"tensorboard-{fast}.log")
        flags = ["--logdir", folder, "--port=0", f"--load_fast={fast}", "--reload_interval=5"]
        with open(self._log, "w") as log:
            command = [sys.executable, "-m", "tensorboard.main", *flags]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._steps = steps

    def __enter__(self) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(1)
            words = self._log.read_text().split()
            url = next((word for word in words if word.startswith("http://localhost")), None)
            if url is None:
                continue
            with urllib.request.urlopen(f"{url}data/plugin/kerasvis/{self._asked}") as reply:
                series = json.load(reply)
            if series and all(len(run["steps"]) == self._steps for run in series.values()):
                return url
        raise TimeoutError("TensorBoard has not read all of it")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def _page(browser: Any, url: str, mode: str) -> Any:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    state = f"p.kerasvis.tag={quote(SHOWN, safe='')}&p.kerasvis.mode={mode}&p.kerasvis.step=5"
    page.goto(f"{url}data/plugin_entry.html?name=kerasvis#{state}", wait_until="commit")
    page.wait_for_function("() => document.querySelector('.stage canvas')", polling="raf")
    return page


def _open(browser: Any, url: str, mode: str) -> tuple[float, float]:
    """Milliseconds from the navigation on, in a browser that has seen nothing of it before."""
    page = _page(browser, url, mode)
    first = page.evaluate("() => performance.now()")
    page.wait_for_function(
        "() => !document.querySelector('[aria-busy], .late, .stale')", polling="raf"
    )
    done = page.evaluate("() => performance.now()")
    page.context.close()
    return first, done


def _move(page: Any, step: int) -> float:
    """Milliseconds from the slider's input until all cells have been drawn at that step."""
    page.wait_for_timeout(300)
    taken: float = page.evaluate(
        """async (step) => {
            const wanted = document.querySelectorAll(".stage figure").length;
            const slider = document.querySelector(".slider");
            const begun = performance.now();
            slider.value = String(step);
            slider.dispatchEvent(new Event("input"));
            const frame = () => new Promise((done) => requestAnimationFrame(done));
            const there = () =>
                document.querySelector(".readout strong").textContent === `step ${step}` &&
                document.querySelectorAll(".stage canvas").length === wanted &&
                !document.querySelector("[aria-busy]");
            do await frame(); while (!there());
            await frame();
            return performance.now() - begun;
        }""",
        step,
    )
    return taken
