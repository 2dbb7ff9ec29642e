"""The tab in TensorBoard: what it shows, and moving through the steps."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import board_logs
import pytest
from board_logs import colour
from board_server import Server
from board_tab import Tab
from playwright.sync_api import Browser, expect

RUNS = {"runs": "^runs/"}


def test_the_tab_appears_in_tensorboard_and_groups_the_folders_of_a_run(
    browser: Browser, server: Server
) -> None:
    tab = Tab(browser, server.url()).open_inside(**RUNS, tag="grad_cam/01_conv1")
    expect(tab.page.get_by_role("tab", name="Kerasvis")).to_be_visible()
    assert tab.names() == ["runs/alpha", "runs/beta", "runs/gamma", "runs/resumed"]
    assert tab.step() == "step 19", "the latest of all"
    for number, (run, last) in enumerate(zip(tab.names(), (19, 13, 15))):
        assert tab.shown(run) == colour(number, last), "each run's own latest"
        expect(tab.cell(run).locator(".facts")).to_contain_text(f"step {last} ·")
    tab.close()


def test_each_cell_says_run_step_and_time(tab: Tab) -> None:
    tab.open(**RUNS, tag="grad_cam/01_conv1", step=5)
    cell = tab.cell("runs/beta")
    expect(cell.locator(".facts")).to_contain_text("step 5")
    time = cell.locator("time").get_attribute("datetime")
    assert time == "2023-11-14T22:18:20.000Z"
    expect(cell.locator(".scale")).to_have_text("scale 0.5")


def test_the_slider_and_the_keys_move_every_cell(tab: Tab) -> None:
    tab.open(runs="alpha|beta", tag="grad_cam/01_conv1", step=3)
    tab.field("Step").fill("7")
    tab.settle()
    assert [tab.shown(run) for run in tab.names()] == [colour(0, 7), colour(1, 7)]
    assert tab.state()["step"] == "7"
    tab.press("ArrowRight")
    assert tab.step() == "step 8"
    tab.press("ArrowLeft", "ArrowLeft")
    assert tab.step() == "step 6"
    tab.press("Shift+ArrowRight")
    assert tab.step() == "step 16"
    tab.press("Home")
    assert tab.step() == "step 0"
    tab.press("End")
    assert tab.step() == "step 19"
    assert "step" not in tab.state(), "the latest step, whatever it will be"


def test_the_buttons_move_too(tab: Tab) -> None:
    tab.open(runs="alpha|beta", tag="grad_cam/01_conv1", step=3)
    for button, step in [("Step on (→)", 4), ("Step back (←)", 3), ("First step (Home)", 0)]:
        tab.button(button).click()
        assert tab.settle().step() == f"step {step}"
    tab.button("Latest step, and stay with it (End)").click()
    assert tab.settle().step() == "step 19"


def test_the_slider_stops_only_where_something_was_logged(tab: Tab) -> None:
    tab.open(runs="gamma", tag="grad_cam/01_conv1", step=5)
    tab.field("Step").fill("9")
    assert tab.settle().step() == "step 10"
    tab.press("ArrowRight")
    assert tab.step() == "step 15"


def test_a_missing_step_is_said_and_the_nearest_offered(browser: Browser, server: Server) -> None:
    tab = Tab(browser, server.url())
    tab.open(**RUNS, tag="grad_cam/01_conv1", step=13)
    gamma = tab.cell("runs/gamma")
    expect(gamma).to_contain_text("Not logged at this step")
    expect(gamma.locator("canvas")).to_have_count(0)
    assert tab.shown("runs/beta") == colour(1, 13)
    gamma.get_by_role("button", name="Nearest: step 15").click()
    assert tab.settle().step() == "step 15"
    assert tab.shown("runs/gamma") == colour(2, 15)
    expect(tab.cell("runs/beta")).to_contain_text("Not logged at this step")
    tab.close()


def test_a_step_nobody_logged_is_shown_as_such(tab: Tab) -> None:
    tab.open(runs="gamma", tag="grad_cam/01_conv1", step=7)
    expect(tab.cell("runs/gamma")).to_contain_text("Not logged at this step")
    tab.press("ArrowRight")
    assert tab.step() == "step 10"


def test_playing_goes_through_all_steps_and_begins_again(tab: Tab) -> None:
    tab.open(runs="gamma", tag="grad_cam/01_conv1", step=10, fps=15)
    steps = tab.find(".readout strong")
    tab.button("Play (space)").click()
    for step in ("step 15", "step 0", "step 5"):
        expect(steps).to_have_text(step)
    tab.button("Pause (space)").click()
    stopped = tab.settle().step()
    tab.page.wait_for_timeout(300)  # four steps at this speed
    assert tab.step() == stopped
    tab.find("h1").click()
    tab.press("Space")
    assert tab.state()["play"] == "1"
    tab.field("speed").select_option("8 a second")
    assert tab.state()["fps"] == "8"
    tab.press("ArrowLeft")
    assert "play" not in tab.state(), "moving by hand stops it"


def test_a_tag_is_chosen_by_view_and_layer(tab: Tab) -> None:
    tab.open(runs="alpha", tag="grad_cam/01_conv1", step=4)
    groups = tab.find("nav h3").all_inner_texts()
    assert groups.index("grad_cam") < groups.index("filters"), "what is looked at first"
    grad_cam = tab.find('nav section[aria-label="grad_cam"] button')
    assert grad_cam.all_inner_texts()[:2] == ["conv1\n4/11", "conv2\n3/11"]
    grad_cam.nth(1).click()
    tab.settle()
    assert tab.shown("runs/alpha") == colour(0, 4, 1)
    tab.field("Search views and layers").fill("cam conv1")
    expect(tab.find("nav button bdi")).to_have_text(["conv1"])
    tab.field("Search views and layers").fill("no such thing")
    expect(tab.find("nav")).to_contain_text("No picture is called so")


def test_the_brackets_turn_to_the_next_tag(tab: Tab) -> None:
    tab.open(runs="alpha", tag="grad_cam/01_conv1", step=4)
    tab.press("]")
    expect(tab.find("h1")).to_have_text("grad_cam/conv2")
    tab.press("]", "]")
    assert tab.state()["tag"] == "filters/01_conv1"


def test_runs_are_chosen_by_a_regular_expression(tab: Tab) -> None:
    tab.open(tag="grad_cam/01_conv1")
    tab.field("Filter runs by a regular expression").fill("ALPHA|runs/b")
    tab.settle()
    assert tab.names() == ["runs/alpha", "runs/beta"]
    expect(tab.find("section.runs h2")).to_contain_text("2 of 11")
    tab.field("Filter runs by a regular expression").fill("al(")
    expect(tab.find(".runs .error")).to_have_text("Not a regular expression: all runs are shown.")
    tab.field("Filter runs by a regular expression").fill("nobody")
    expect(tab.find(".nothing")).to_contain_text("No run's name matches nobody")


def test_the_reference_comes_first_whatever_the_filter(tab: Tab) -> None:
    tab.open(runs="alpha|beta", tag="grad_cam/01_conv1", step=5)
    tab.button("runs/beta is the reference").click()
    tab.field("Filter runs by a regular expression").fill("alpha")
    tab.settle()
    assert tab.names() == ["runs/beta", "runs/alpha"]
    expect(tab.cell("runs/beta").locator(".badge")).to_have_text("reference")
    assert tab.state()["pin"] == "runs/beta/vis"
    tab.button("runs/beta is the reference").click()
    assert tab.settle().names() == ["runs/alpha"]


def test_each_picture_of_a_step_can_be_had(tab: Tab) -> None:
    tab.open(tag="photos", step=10)
    assert tab.shown("runs/foreign") == colour(4, 10)
    tab.field("picture").select_option("3 of 3")
    tab.settle()
    assert tab.shown("runs/foreign") == colour(4, 10, 2)


def test_notes_say_where_probes_and_scales_differ(browser: Browser, server: Server) -> None:
    tab = Tab(browser, server.url())
    tab.open(runs="alpha|beta", tag="grad_cam/01_conv1", step=5)
    expect(tab.find(".notes p")).to_have_count(0)
    tab.field("Filter runs by a regular expression").fill("alpha|beta|gamma")
    tab.settle()
    probe = tab.find('[data-kind="probe"]')
    expect(probe).to_contain_text("runs/alpha, runs/beta (probe aaaaaaaa); runs/gamma (probe bbbbb")
    expect(tab.find('[data-kind="scale"]')).to_contain_text("0.2, 0.5")
    expect(tab.cell("runs/gamma").locator(".differs")).to_have_text("scale 0.2")
    expect(tab.cell("runs/beta").locator(".differs")).to_have_count(0)
    tab.close()


def read(server: Server, last: int) -> None:
    """Waits until TensorBoard has read the live run up to that step."""
    seen = re.compile(rf'"live/vis": {{"steps": [^]]*\b{last}]')
    path = "data/plugin/kerasvis/series?tag=grad_cam/01_conv1"
    server.wait(path, lambda text: seen.search(text) is not None)


def test_a_new_step_comes_with_tensorboards_reload(browser: Browser, server: Server) -> None:
    run = board_logs.Writer(server.folder / "live", 5)
    for step in range(3):
        run.write(step)
    read(server, 2)
    tab = Tab(browser, server.url()).open_inside(runs="live", tag="grad_cam/01_conv1")
    assert tab.step() == "step 2"
    run.write(3)
    read(server, 3)
    assert tab.step() == "step 2"
    tab.page.locator(".reload-button").click()
    expect(tab.find(".readout strong")).to_have_text("step 3")
    assert tab.settle().shown("live") == colour(5, 3)
    tab.button("Step back (←)").click()
    run.write(4)
    read(server, 4)
    tab.page.locator(".reload-button").click()
    expect(tab.find(".readout")).to_contain_text("step 2 of 0 … 4")
    tab.close()


def test_a_resumed_run_has_each_step_once(browser: Browser, server: Server) -> None:
    tab = Tab(browser, server.url())
    tab.open(runs="resumed", tag="grad_cam/01_conv1", mode="grid", size=100)
    assert tab.find(".head").all_inner_texts() == [f"step {step}" for step in range(12)]
    for step in (5, 6, 9, 11):
        cell = tab.find(".cell").filter(has_text=f"step {step} ·")
        shown = tab.pixel(cell.locator("canvas"))
        assert shown == colour(3, step, int(step >= 6)), "logged after the resumption from 6 on"
    tab.close()


@pytest.mark.parametrize("fast", ["true", "false"])
def test_no_runs_at_all(
    browser: Browser, serve: Callable[..., Server], tmp_path: Path, fast: str
) -> None:
    server = serve(tmp_path, f"--load_fast={fast}", "--reload_interval=1")
    tab = Tab(browser, server.url()).open()
    expect(tab.find(".nothing")).to_contain_text("No pictures yet")
    expect(tab.find(".nothing")).to_contain_text(str(tmp_path))
    assert tab.field("Step").is_disabled()
    tab.press("ArrowRight", "Space", "]", "End", "+", "3")
    expect(tab.find(".nothing")).to_contain_text("No pictures yet")
    tab.close()


def test_a_picture_that_is_not_there(tab: Tab) -> None:
    tab.open(tag="grad_cam/99_gone")
    expect(tab.find(".nothing")).to_have_text(
        "There is no picture called grad_cam/99_gone here. Choose one on the left."
    )


@pytest.mark.parametrize("name", ["__proto__", "toString/constructor"])
def test_names_that_javascript_knows(tab: Tab, name: str) -> None:
    tab.open(tag=name, runs="^hostile/__proto__$", step=1)
    assert tab.shown("hostile/__proto__") == colour(5, 1)


def test_the_keys_work_in_tensorboard_from_the_start(tab: Tab) -> None:
    tab.open_inside(runs="alpha", tag="grad_cam/01_conv1", step=3)
    tab.press("ArrowRight")
    assert tab.step() == "step 4"
    tab.field("Step").focus()
    tab.press("ArrowUp", "ArrowUp", "ArrowDown")
    assert tab.step() == "step 5"


def test_only_so_many_pictures_are_kept(tab: Tab) -> None:
    tab.open(runs="alpha", tag="grad_cam/01_conv1", step=3)
    kept = tab.page.evaluate(
        """async () => {
            const { Pictures } = await import("./static/pictures.js");
            const { fetchSeries } = await import("./static/api.js");
            const urls = (await fetchSeries("grad_cam/01_conv1", 0))["runs/alpha/vis"].urls;
            const one = 30 * 20 * 4;
            let changed = 0;
            const pictures = new Pictures(() => { changed += 1; }, 5 * one);
            for (let step = 0; step < 12; step += 2) {
                pictures.want([urls[step], urls[step + 1]], []);
                while (!pictures.has([urls[step], urls[step + 1]])) {
                    await new Promise((resolve) => setTimeout(resolve, 5));
                }
            }
            return [changed, pictures.bytes / one, urls.map((url) => Boolean(pictures.get(url)))];
        }"""
    )
    assert kept == [12, 5, [7 <= step < 12 for step in range(20)]]


def test_the_demos_address_opens_the_tab(browser: Browser, servers: dict[str, Server]) -> None:
    script = "import sys, pathlib; from kerasvis2.demo.board import serve; "
    run = f"{script}serve(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", run, str(servers["rust"].folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as board:
        assert board.stdout is not None
        try:
            said = next(filter(None, (re.search(r"http\S+", line) for line in board.stdout)))
            page = browser.new_page()
            page.goto(said[0])
            expect(page.locator("iframe[src*=kerasvis]")).to_be_visible()
            page.close()
        finally:
            board.terminate()
