"""The explorer in the tab: until the first maps, moves from step to step, and painting.

Beside each figure stands a floor of the same page in the same run: the bare start of the tab, the
same blobs fetched and nothing done with them, and as many pixels put on canvases. Processor time is
that of the page's main thread, which says more than the wall where others use the machine too.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from benchmarks.board import LOADERS, Board, chromium
from benchmarks.report import Row
from kerasvis2.record import events
from kerasvis2.record.maps import ANSWERS_TAG, MAPS_TAG, PROBE_TAG, encode_maps
from kerasvis2.record.probed import answers_blob, probe_blob
from kerasvis2.record.recorder import Recorder

TAG = "grad_cam/03_conv"
IMAGES, SIDE, PLACES, CLASSES = 16, 64, 16, 10
SHOWN = 6  # runs
JUST = "run[0-5]$"  # the expression that chooses them

# Waits until every cell in view is drawn, at the step that the readout says.
THERE = """
const frame = () => new Promise((done) => requestAnimationFrame(done));
const there = (step) =>
    (step === null || document.querySelector(".readout strong").textContent === `step ${step}`) &&
    document.querySelector(".mapbox canvas") &&
    !document.querySelector(".late, .stale, [aria-busy]");
"""
MOVE = f"""async (step) => {{
    {THERE}
    const slider = document.querySelector(".slider");
    const begun = performance.now();
    slider.value = String(step);
    slider.dispatchEvent(new Event("input"));
    do await frame(); while (!there(step));
    return performance.now() - begun;
}}"""
# The same number of frames with nothing to do in them.
IDLE = f"""async () => {{
    {THERE}
    const begun = performance.now();
    await frame();
    await frame();
    return performance.now() - begun;
}}"""
SETTLED = f"""async () => {{
    {THERE}
    do await frame(); while (!there(null));
    return performance.now();
}}"""
FETCH = """async (step) => {
    const { fetchMaps } = await import("./static/api.js");
    const all = Object.values(await fetchMaps(TAG)).slice(0, SHOWN);
    const urls = all.map((run) => `${run.urls[run.at.get(step)]}&floor=${Math.random()}`);
    const begun = performance.now();
    await Promise.all(urls.map(async (url) => (await fetch(url)).arrayBuffer()));
    return performance.now() - begun;
}""".replace("TAG", f'"{TAG}"').replace("SHOWN", str(SHOWN))
# Maps that were never drawn before, over their images, onto canvases of the grid's size.
READY = """async ([step, side]) => {
    const { fetchMaps, fetchIndex, numbersAt } = await import("./static/api.js");
    const { mapsIn, unpack } = await import("./static/blob.js");
    const { probeIn } = await import("./static/probe.js");
    const { mapAt, tops } = await import("./static/lock.js");
    const { mapOn } = await import("./static/map_paint.js");
    const blob = async (url) => unpack(await (await fetch(url)).arrayBuffer());
    const all = Object.values(await fetchMaps(TAG)).slice(0, SHOWN);
    const found = await Promise.all(all.map(async (run) => mapsIn(await blob(run.urls[step]))));
    const [key] = Object.values((await fetchIndex()).probes);
    const probe = probeIn(await blob(numbersAt(key)));
    const jobs = found.flatMap((maps) =>
        Array.from({ length: maps.shape[0] }, (_, place) => [maps, place]));
    const box = { height: side, width: side };
    const canvases = jobs.map(() => document.createElement("canvas"));
    const put = canvases.map((canvas) => Object.assign(canvas, box).getContext("2d"));
    const pixels = put.map(() => new ImageData(side, side));
    window.floor = () => {
        const begun = performance.now();
        put.forEach((context, at) => context.putImageData(pixels[at], 0, 0));
        return performance.now() - begun;
    };
    const pictures = Array.from({ length: found[0].shape[0] }, (_, place) => probe.picture(place));
    const settings = { look: "overlay", signed: false, log: false, opacity: 1, smooth: true };
    window.paint = () => {
        const begun = performance.now();
        const top = tops({ lock: "all" }, found);
        jobs.forEach(([maps, place], at) => {
            const map = mapAt(maps, place);
            mapOn(canvases[at], box, pictures[place], map, { ...settings, top: top(0, map) });
        });
        return performance.now() - begun;
    };
    return jobs.length;
}""".replace("TAG", f'"{TAG}"').replace("SHOWN", str(SHOWN))
# The longest pause between two frames while the room is scrolled through.
SCROLL = """async () => {
    const room = document.querySelector(".room");
    let [before, worst] = [performance.now(), 0];
    for (let turn = 0; turn < 40; turn += 1) {
        room.scrollLeft = (turn * room.scrollWidth) / 40;
        await new Promise((done) => requestAnimationFrame(done));
        const now = performance.now();
        worst = Math.max(worst, now - before);
        before = now;
    }
    return worst;
}"""


def rows(repeats: int, runs: int = 12, steps: int = 200) -> Iterator[Row]:
    """Twelve runs of 200 steps with 16 maps a step, under both loaders."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), runs, steps)
        for loader, fast in LOADERS.items():
            what = f"{runs} runs × {steps} steps × {IMAGES} maps, {loader}"
            yield from _explorer(folder, repeats, what, fast, steps)


def write(folder: Path, runs: int, steps: int) -> None:
    """Real blobs of noise that is smoothed as maps are, the probe, and what was answered."""
    rng = np.random.default_rng(0)
    images = rng.random((IMAGES, SIDE, SIDE, 3))
    labels = rng.integers(0, CLASSES, IMAGES)
    names = [f"class {label}" for label in range(CLASSES)]
    probe = probe_blob(images, fingerprint="aa" * 32, labels=labels, class_names=names)
    for run in range(runs):
        recorder = Recorder(folder / f"run{run}", on_error=_raise)
        noise = np.abs(rng.normal(size=(IMAGES, PLACES, PLACES))).astype("float32")
        for step in range(steps):
            maps = noise * (1 + step) / steps
            shares = rng.dirichlet(np.ones(CLASSES), IMAGES)
            first = [events.blob(PROBE_TAG, probe)] if step == 0 else []
            told = answers_blob(shares, true=labels, guess=shares.argmax(1))
            header = {"overlay": True, "unit": "evidence (logit)"}
            values = [
                *first,
                events.blob(MAPS_TAG + TAG, encode_maps(np.roll(maps, step, axis=1), header)),
                events.answers(ANSWERS_TAG, told),
            ]
            recorder.submit(step, lambda v=values: {"vis": v}, 1)
        recorder.close()


def _raise(doing: str, error: BaseException) -> None:
    raise error


def _explorer(folder: str, repeats: int, what: str, fast: str, steps: int) -> Iterator[Row]:
    playwright, path = chromium()
    if playwright is None:
        yield Row(f"first maps, {what}", "", "", None)
        return
    turns = max(3, repeats // 3)
    with Board(folder, fast, steps, f"maps?tag={TAG}") as url, playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        begun, first = zip(*[_open(browser, url) for _ in range(turns)])
        page = _page(browser, url, runs=JUST, step=0)
        page.evaluate(SETTLED)
        watch = Watch(page)
        new, fetched, kept, idle, painted, floor = [], [], [], [], [], []
        for turn in range(turns):
            step = (11 + 23 * turn) % (steps - 4)
            fetched.append(watch(FETCH, step))
            new.append(watch(MOVE, step))
            page.wait_for_timeout(700)  # the neighbours come meanwhile
            idle.append(watch(IDLE))
            kept.append(watch(MOVE, step + 1))
            count = page.evaluate(READY, [turn, 160])
            floor.append(watch("() => window.floor()"))
            painted.append(watch("() => window.paint()"))
        page.context.close()
        page = _page(browser, url, step=steps // 2)
        page.evaluate(SETTLED)
        page.wait_for_timeout(700)
        watch = Watch(page)
        played = [watch(MOVE, steps // 2 + 1 + turn) for turn in range(min(20, steps // 4))]
        page.context.close()
        page = _page(browser, url, axis="steps")
        page.evaluate(SETTLED)
        scrolled = [Watch(page)(SCROLL)]
        browser.close()
    start = [(one - other, None) for one, other in zip(first, begun)]
    bare = [(each, None) for each in begun]
    yield _row(f"first maps after the tab's own start, {what}", start, bare, "the start", 1000)
    yield _row(f"to a prefetched step, {SHOWN} runs, {what}", kept, idle, "two frames", 50)
    yield _row(f"to a new step, {SHOWN} runs, {what}", new, fetched, "its blobs fetched", 250)
    yield _row(f"{count} maps painted, {what}", painted, floor, "their pixels put", 50)
    yield _row(f"step by step, all runs, {what}", played, idle, "two frames", 100)
    yield _row(f"the longest frame of a scroll, {what}", scrolled, idle, "two frames", 200)


class Watch:
    """What a script takes on a page: the milliseconds it says, and those of the main thread."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def __call__(self, script: str, argument: Any = None) -> tuple[float, float]:
        before = self._computed()
        wall = self._page.evaluate(script, argument)
        return wall, self._computed() - before

    def _computed(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return 1e3 * next(one["value"] for one in metrics if one["name"] == "TaskDuration")


Taken = list[tuple[float, float | None]]


def _row(measure: str, ours: Taken, floor: Taken, of: str, most: float) -> Row:
    wall = [each for each, _ in ours]
    middle = statistics.median(wall)
    other = statistics.median(each for each, _ in floor)
    said = f"{middle:.0f} ms, at most {max(wall):.0f} ms{_computed(ours)}"
    compared = f"{of} {other:.1f} ms{_computed(floor)}"
    return Row(measure, said, compared, middle, f"≤ {most:g}")


def _computed(taken: Taken) -> str:
    computed = [each for _, each in taken if each is not None]
    return f"; processor {statistics.median(computed):.0f} ms" if computed else ""


def _page(browser: Any, url: str, **state: Any) -> Any:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    words = "&".join(f"p.kerasvis.{name}={quote(str(value))}" for name, value in state.items())
    page.goto(f"{url}data/plugin_entry.html?name=kerasvis#{words}", wait_until="commit")
    page.wait_for_function("() => document.querySelector('.page')", polling="raf")
    return page


def _open(browser: Any, url: str) -> tuple[float, float]:
    """Milliseconds from the navigation on: until the tab stands, and until its maps do."""
    page = _page(browser, url, runs=JUST)
    begun = page.evaluate("() => performance.now()")
    done = page.evaluate(SETTLED)
    page.context.close()
    return begun, done
