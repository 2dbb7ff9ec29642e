"""What a reader of the tab stumbled over once, each as a test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import board_logs
import numpy as np
import pytest
from board_server import Server
from board_tab import Tab
from playwright.sync_api import Browser, expect

from kerasvis2.record import events
from kerasvis2.record.writer import EventFile

CONV = "grad_cam/07_conv"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> dict:
    """A long run and a short one, tags with few steps, sheets that grow, a curve that explodes."""
    folder = tmp_path_factory.mktemp("faults")
    for number, (name, steps) in enumerate({"long": 12, "short": 4}.items()):
        vis, train = EventFile(folder / name / "vis"), EventFile(folder / name / "train")
        for step in range(steps):
            time = board_logs.START + 60 * step
            pixels = board_logs.picture(board_logs.colour(number, step), (40, 60))
            values = [
                events.image(CONV, pixels),
                events.image("activation_maximization/09_top", pixels),
            ]
            if step % 5 == 0:
                values.append(events.image("filters/01_conv", pixels))
            tall = board_logs.picture((0, 0, 200), (30 + 5 * step, 30 + 5 * step))
            values.append(events.image("predictions/00_confusion", tall))
            vis.append(step, time, values)
            loss = 1e6 if step == 2 else 1 / (1 + step)
            curves = [events.scalar("epoch_loss", loss)]
            curves += [events.scalar(f"layer_health/dead/{place}", 0.5) for place in range(12)]
            train.append(step, time, curves)
    server = serve(folder)
    server.wait(f"data/plugin/kerasvis/series?tag={CONV}", lambda text: " 11]" in text)
    return {"rust": server}


@pytest.fixture
def tab(browser: Browser, servers: dict) -> Iterator[Tab]:
    tab = Tab(browser, servers["rust"].url())
    yield tab
    tab.close()


def test_the_latest_is_each_runs_own(tab: Tab) -> None:
    tab.open(tag=CONV)
    assert tab.shown("long") == board_logs.colour(0, 11)
    assert tab.shown("short") == board_logs.colour(1, 3)
    tab.open(tag=CONV, mode="ab")
    assert tab.shown("short") == board_logs.colour(1, 3), "in A | B too"


def test_another_tag_goes_to_its_nearest_step_and_says_so(tab: Tab) -> None:
    tab.open(tag=CONV, step=7)
    tab.find('nav section[aria-label="filters"] button').click()
    tab.settle()
    assert tab.step() == "step 5"
    expect(tab.find("[data-kind=said]")).to_contain_text("Not logged at step 7")
    tab.press("ArrowRight")
    expect(tab.find("[data-kind=said]")).to_have_count(0)


def test_zoom_belongs_to_a_tag(tab: Tab) -> None:
    tab.open(tag=CONV, step=5, zoom=8, x=0.2, y=0.3)
    tab.find('nav section[aria-label="filters"] button').click()
    assert "zoom" not in tab.settle().state()
    tab.find('nav section[aria-label="grad_cam"] button').click()
    assert tab.settle().state()["zoom"] == "8"


def test_side_by_side_is_side_by_side_in_a_small_window(tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 1000, "height": 800})
    tab.open(tag=CONV, mode="ab", step=3)
    one, other = (cell.bounding_box() for cell in tab.find(".cell").all())
    assert one is not None
    assert other is not None
    assert one["y"] == other["y"]
    assert one["x"] + one["width"] < other["x"]


def test_what_matters_leads_and_names_have_no_numbers(tab: Tab) -> None:
    tab.open()
    assert tab.find("nav h3").all_inner_texts() == [
        "predictions",
        "grad_cam",
        "filters",
        "activation_maximization",
    ]
    assert "07_" not in tab.find("nav").inner_text()
    tab.open(tag=CONV)
    expect(tab.find("h1")).to_have_text("grad_cam/conv")
    expect(tab.find("h1 bdi")).to_have_attribute("title", CONV)


def test_an_outlier_does_not_flatten_a_curve_and_steps_have_numbers(tab: Tab) -> None:
    tab.open(tag=CONV, runs="long")
    drawn = tab.find(".curve").first.get_attribute("d") or ""
    heights = [float(y) for y in re.findall(r" ([0-9.]+)", drawn)]
    assert np.ptp([height for height in heights if height > min(heights)]) > 40
    expect(tab.find(".curvehead")).to_contain_text("1 value beyond the edge, as far as 1e+6")
    expect(tab.find(".plot")).to_contain_text("10")


def test_curves_are_grouped_and_searched(tab: Tab) -> None:
    tab.open(tag=CONV)
    groups = tab.find("optgroup").evaluate_all("all => all.map((one) => one.label)")
    assert groups == ["training", "layer_health"]
    tab.field("Search curves").fill("dead/11")
    expect(tab.field("Curve").locator("option")).to_have_text(
        ["epoch_loss", "layer_health/dead/11"]
    )


def test_what_failed_is_tried_again_and_has_a_button(tab: Tab) -> None:
    tab.open(tag=CONV, step=3)
    tab.page.route("**/series?*", lambda route: route.fulfill(status=500, body="broken"))
    tab.find('nav section[aria-label="filters"] button').click()
    expect(tab.find(".notes .error")).to_contain_text("500 broken")
    tab.page.unroute("**/series?*")
    tab.button("Try again").click()
    expect(tab.find("h1")).to_have_text("filters/conv")
    expect(tab.find(".notes .error")).to_have_count(0)
    tab.errors.clear()


def test_a_picture_that_failed_comes_by_itself(tab: Tab) -> None:
    tab.page.route("**/picture?*", lambda route: route.fulfill(status=503, body="busy"))
    tab.open(tag=CONV, runs="long", step=3)
    expect(tab.cell("long")).to_contain_text("could not be read")
    expect(tab.button("Try again")).to_be_visible()
    tab.page.unroute("**/picture?*")
    expect(tab.cell("long").locator("canvas")).to_be_visible()  # by itself
    tab.errors.clear()


def test_pictures_that_grow_keep_their_size(tab: Tab) -> None:
    tab.open(tag="predictions/00_confusion", runs="long", step=11)
    width = """(canvas) => {
        const { width, height } = canvas;
        const { data } = canvas.getContext("2d").getImageData(0, 5, width, 1);
        let count = 0;
        for (let at = 3; at < data.length; at += 4) count += data[at] > 0;
        return count;
    }"""
    large = tab.find(".cell canvas").evaluate(width)
    tab.press("Home")
    small = tab.find(".cell canvas").evaluate(width)
    assert small / large == pytest.approx(30 / 85, rel=0.03)


def test_the_names_on_the_left_can_be_skipped_by_keyboard(tab: Tab) -> None:
    tab.open(tag=CONV)
    tab.page.keyboard.press("Tab")
    expect(tab.button("Skip to the pictures")).to_be_focused()
    tab.page.keyboard.press("Enter")
    expect(tab.find(".room")).to_be_focused()


@pytest.mark.parametrize("mode", ["step", "grid", "ab"])
def test_axe_finds_nothing(tab: Tab, mode: str) -> None:
    tab.open(tag=CONV, mode=mode, step=3, pin="short/vis")
    assert tab.violations() == []
