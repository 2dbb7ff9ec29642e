"""Event files that were cut or spoilt, under both loaders: what is whole is shown, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import board_logs
import pytest
from board_logs import colour
from board_server import Server
from board_tab import Tab
from playwright.sync_api import Browser, expect

TAG = "grad_cam/01_conv1"
SERIES = f"data/plugin/kerasvis/series?tag={TAG}"
STEPS = 6


def cut(data: bytes, last: int) -> bytes:
    """As after a kill in the middle of a write."""
    return data[: last + (len(data) - last) // 2]


def spoil_length(data: bytes, last: int) -> bytes:
    """The last record's length is wrong: what follows cannot even be found."""
    return data[:last] + bytes([data[last] ^ 0xFF]) + data[last + 1 :]


@pytest.fixture(params=["true", "false"], ids=["rust", "python"])
def damaged(request: pytest.FixtureRequest, serve: Callable[..., Server], tmp_path: Path) -> Server:
    """Runs of six steps, the last of which is damaged, beside one that is whole and one of junk."""
    for number, (name, damage) in enumerate([("cut", cut), ("length", spoil_length)]):
        run = board_logs.Writer(tmp_path / name, number)
        path, last = write(run)
        path.write_bytes(damage(path.read_bytes(), last))
    write(board_logs.Writer(tmp_path / "whole", 3))
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "events.out.tfevents.1.host").write_bytes(b"no event file at all" * 9)
    (tmp_path / "junk" / "events.out.tfevents.2.host").write_bytes(b"")
    server = serve(tmp_path, f"--load_fast={request.param}", "--reload_interval=1")
    server.wait(SERIES, lambda text: len(json.loads(text)) == 3)
    server.wait(SERIES, lambda text: f"{STEPS - 1}]" in text)
    return server


def write(run: board_logs.Writer) -> tuple[Path, int]:
    """Returns the pictures' file and where its last record begins."""
    for step in range(STEPS):
        before = run.vis.path.stat().st_size if run.vis.path else 0
        run.write(step)
    assert run.vis.path is not None
    return run.vis.path, before


def test_what_is_before_the_damage_is_shown(browser: Browser, damaged: Server) -> None:
    def read(text: str) -> bool:
        found = {run: len(series["steps"]) for run, series in json.loads(text).items()}
        return found == {"cut/vis": STEPS - 1, "length/vis": STEPS - 1, "whole/vis": STEPS}

    damaged.wait(SERIES, read)
    tab = Tab(browser, damaged.url()).open(tag=TAG, step=STEPS - 2)
    assert tab.names() == ["cut", "length", "whole"]
    for name, number in [("cut", 0), ("length", 1), ("whole", 3)]:
        assert tab.shown(name) == colour(number, STEPS - 2)
    tab.press("ArrowRight")
    assert tab.shown("whole") == colour(3, STEPS - 1)
    for name in ("cut", "length"):
        expect(tab.cell(name)).to_contain_text("Not logged at this step")
    tab.close()


def test_a_run_that_goes_on_after_a_cut_is_read_on(browser: Browser, damaged: Server) -> None:
    again = board_logs.Writer(damaged.folder / "cut", 0)
    for step in range(STEPS - 2, STEPS + 2):
        again.write(step, session=3600.0)
    steps = str(list(range(STEPS + 2)))
    damaged.wait(SERIES, lambda text: f'"cut/vis": {{"steps": {steps}' in text)
    tab = Tab(browser, damaged.url()).open(tag=TAG, runs="cut", step=STEPS - 2)
    assert tab.shown("cut") == colour(0, STEPS - 2, 1), "as logged after the resumption"
    tab.close()
