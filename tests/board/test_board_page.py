"""The page around the pictures: curves, address, theme, names, and who cannot see or point."""

from __future__ import annotations

import re

import pytest
from board_logs import HOSTILE_RUNS, HOSTILE_TAGS, colour
from board_server import Server
from board_tab import Tab, address
from playwright.sync_api import Browser, expect

EVERYTHING = {
    "tag": "grad_cam/01_conv1",
    "find": "grad",
    "runs": "alpha|beta",
    "pin": "runs/beta/vis",
    "mode": "ab",
    "step": "4",
    "fps": "8",
    "size": "220",
    "zoom": "8",
    "x": "0.25",
    "y": "0.75",
    "curve": "epoch_accuracy",
    "log": "1",
    "ab": "swipe",
    "a": "runs/alpha/vis",
    "b": "runs/beta/vis",
    "astep": "0",
    "bstep": "13",
    "split": "0.3",
    "blink": "2",
}


def test_curves_show_training_and_validation_with_the_step_marked(tab: Tab) -> None:
    tab.open(runs="alpha|beta", tag="grad_cam/01_conv1", step=4, pin="runs/beta/vis")
    expect(tab.find(".curve")).to_have_count(4)
    expect(tab.find(".curve[stroke-dasharray]")).to_have_count(2)
    expect(tab.find('.curve[stroke-width="2.5"]')).to_have_count(2)
    here = tab.find(".here")
    before = float(here.get_attribute("x1") or 0)
    values = tab.find("li.run").filter(has_text="alpha").locator(".values")
    assert values.inner_text().split() == ["0.4", "0.6"], "2 / (1 + 4), and 0.2 more"
    tab.press("ArrowRight")
    assert float(here.get_attribute("x1") or 0) > before
    thumb = before - float(tab.find(".plot").get_attribute("width") or 0)
    assert thumb < 0
    tab.field("Curve").select_option("epoch_accuracy")
    expect(tab.find(".columns")).to_have_text("epoch_accuracy at step 5")
    tab.press("c")
    expect(tab.find(".plot")).to_have_count(0)


def test_a_click_on_the_curves_goes_to_the_nearest_step_with_pictures(tab: Tab) -> None:
    tab.open(runs="gamma", tag="grad_cam/01_conv1", step=0)
    box = tab.find(".plot").bounding_box()
    assert box is not None
    tab.page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 50)
    assert tab.settle().step() == "step 10"


def test_curves_leave_a_gap_where_there_is_no_number(tab: Tab) -> None:
    tab.open(runs="alpha", tag="grad_cam/01_conv1", curve="epoch_bad", step=0)
    expect(tab.find("li.run .values")).to_have_text("NaNNaN")
    for path in tab.find(".curve").all():
        drawn = path.get_attribute("d") or ""
        assert drawn.startswith("M")
        assert "NaN" not in drawn
    tab.field("log scale").check()
    assert tab.state()["log"] == "1"


def test_the_address_holds_everything(tab: Tab, browser: Browser) -> None:
    tab.open_inside(**EVERYTHING)
    tab.button("Step on (→)").click()
    assert tab.settle().state() == EVERYTHING | {"step": "5"}
    assert "#kerasvis&" in tab.page.url
    shared = Tab(browser, tab.url)
    shared.page.goto(tab.page.url)
    frame = shared.page.frame_locator("iframe[src*=kerasvis]")
    for label, value in [("A", "runs/alpha/vis"), ("B at", "13")]:
        expect(frame.get_by_label(label, exact=True)).to_have_value(value)
    expect(frame.locator(".readout strong")).to_have_text("step 5")
    expect(frame.locator(".level")).to_have_text("8×")
    expect(frame.locator("#runs")).to_have_value("alpha|beta")
    expect(frame.locator("#find")).to_have_value("grad")
    shared.close()


def test_the_address_is_followed_and_the_other_tabs_part_of_it_kept(tab: Tab) -> None:
    tab.page.goto(f"{tab.url}/#text&other=1&p.kerasvis.tag=photos")
    tab.page.get_by_role("tab", name="Kerasvis").click()
    element = tab.page.locator("iframe[src*=kerasvis]").element_handle()
    frame = element.content_frame() if element else None
    assert frame is not None
    tab.view = frame
    tab.settle().button("Runs × steps").click()
    assert tab.state()["mode"] == "grid"
    assert "other=1" in tab.page.url
    tab.page.evaluate(
        "hash => { location.hash = hash; }",
        "kerasvis&"
        + address({"mode": "step", "tag": "grad_cam/01_conv1", "runs": "alpha", "step": 3}),
    )
    expect(tab.find(".readout strong")).to_have_text("step 3")
    assert tab.settle().shown("runs/alpha") == colour(0, 3)


@pytest.mark.parametrize(
    "junk", ["step=x&fps=0", "zoom=NaN&size=-1", "mode=constructor&ab=toString", "b=%E0%A4&a=%"]
)
def test_an_address_that_makes_no_sense_is_survived(tab: Tab, junk: str) -> None:
    junk = "&".join(f"p.kerasvis.{part}" for part in junk.split("&"))
    tab.page.goto(f"{tab.url}/data/plugin_entry.html?name=kerasvis#p.kerasvis.tag=photos&{junk}")
    tab.settle()
    expect(tab.find(".cell canvas").first).to_be_visible()


def test_the_theme_follows_tensorboards(tab: Tab) -> None:
    tab.open_inside(runs="alpha", tag="grad_cam/01_conv1")
    back = "() => getComputedStyle(document.documentElement).backgroundColor"
    assert tab.view.evaluate(back) == "rgb(255, 255, 255)"
    tab.page.get_by_role("button", name=re.compile("light or dark theme")).click()
    tab.page.get_by_role("menuitemradio", name="Dark").or_(
        tab.page.get_by_role("menuitem", name="Dark")
    ).click()
    expect(tab.find("html[data-theme=dark]")).to_be_attached()
    assert tab.view.evaluate(back) == "rgb(48, 48, 48)"


@pytest.mark.parametrize("mode", ["step", "grid", "ab"])
def test_a_thousand_pixels_are_enough(tab: Tab, mode: str) -> None:
    tab.page.set_viewport_size({"width": 1000, "height": 700})
    tab.open(mode=mode, ab="swipe", tag="grad_cam/01_conv1", runs="^runs")
    outside = tab.page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, h1, .readout, .plot")]
            .filter((element) => !element.closest(".room, dialog"))
            .map((element) => [element, element.getBoundingClientRect()])
            .filter(([, box]) => box.right > innerWidth || box.left < 0 || box.bottom > innerHeight)
            .map(([element]) => element.outerHTML)"""
    )
    assert outside == []
    size = tab.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert size[0] <= size[1]


def test_everything_has_a_name_for_those_who_cannot_see_it(tab: Tab) -> None:
    for mode, way in [("step", ""), ("grid", ""), ("ab", "swipe"), ("ab", "blink")]:
        tab.open(mode=mode, ab=way, tag="grad_cam/01_conv1", runs="alpha|beta", step=4)
        snapshot = tab.find("body").aria_snapshot()
        for role in ("button", "combobox", "textbox", "slider", "searchbox", "checkbox", "img"):
            assert not re.search(rf"^\s*- {role}:?$", snapshot, re.MULTILINE), (mode, way, role)
    tab.open(tag="grad_cam/01_conv1", runs="alpha", step=4)
    expect(tab.field("grad_cam/01_conv1, runs/alpha, step 4, scale 0.5")).to_be_visible()
    expect(tab.field("Step")).to_have_attribute("aria-valuetext", "step 4, 5 of 20")


def test_the_help_lists_the_keys(tab: Tab) -> None:
    tab.open(tag="grad_cam/01_conv1", runs="alpha", step=4)
    tab.press("?")
    expect(tab.find("dialog")).to_be_visible()
    tab.press("ArrowRight")
    assert tab.step() == "step 4", "the page behind does not listen"
    tab.press("Escape")
    expect(tab.find("dialog")).to_be_hidden()
    tab.press("ArrowRight")
    assert tab.step() == "step 5"
    tab.press("/")
    tab.page.keyboard.type("1 3 x")
    expect(tab.field("Search views and layers")).to_have_value("1 3 x")
    assert "mode" not in tab.state(), "typing is not steering"


def test_hostile_names_are_text_and_do_nothing(browser: Browser, server: Server) -> None:
    tab = Tab(browser, server.url()).open(tag="photos")
    for number, tag in enumerate(HOSTILE_TAGS):
        curve = "<svg onload=document.title='owned'>"
        mode = ("step", "grid", "ab")[number % 3]
        tab.go(tag=tag, runs="^hostile", mode=mode, curve=curve, step=1)
        expect(tab.find("h1 bdi")).to_have_text(tag)
        tab.settle()
        assert tab.page.title() == "Kerasvis"
        assert tab.find("img, script:not([type=module]), b, iframe").count() == 0
        wide = tab.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert wide, "a long name pushes nothing aside"
        assert (tab.find("main").bounding_box() or {})["x"] == 244
        assert tab.find(".picture").count() > 0
    names = set(tab.find("li.run .name").all_inner_texts())
    assert {f"hostile/{run}" for run in HOSTILE_RUNS} == names
    # Chromium reports each picture that the fast loader cannot read.
    tab.errors = [error for error in tab.errors if "/picture?" not in error]
    tab.close()


def test_hostile_names_have_their_pictures(browser: Browser, servers: dict[str, Server]) -> None:
    tab = Tab(browser, servers["python"].url()).open(tag="photos")
    for tag in HOSTILE_TAGS:
        tab.go(tag=tag, runs="^hostile", step=1)
        expect(tab.find("h1 bdi")).to_have_text(tag)
        tab.settle()
        for number, run in enumerate(HOSTILE_RUNS):
            assert tab.shown(f"hostile/{run}".replace('"', '\\"')) == colour(number, 1)
    tab.close()


def test_the_fast_loaders_limit_is_explained(tab: Tab) -> None:
    tab.open(tag="photos").go(tag="__proto__", runs="quotes", step=1)
    expect(tab.find(".picture.empty p")).to_contain_text("start it with --load_fast=false")
    tab.errors.clear()


def test_what_fails_is_said(tab: Tab) -> None:
    tab.open(tag="grad_cam/01_conv1", runs="alpha", step=4)
    tab.page.route("**/series?*", lambda route: route.fulfill(status=500, body="broken"))
    tab.page.route("**/picture?*", lambda route: route.fulfill(status=404, body="gone"))
    tab.page.keyboard.press("]")
    expect(tab.find(".notes .error")).to_contain_text("TensorBoard did not answer: 500 broken")
    expect(tab.find("h1")).to_have_text("grad_cam/conv1", timeout=1000)
    tab.page.unroute("**/series?*")
    tab.press("[", "Shift+ArrowRight")
    expect(tab.cell("runs/alpha")).to_contain_text("This picture could not be read: 404 gone")
    tab.errors.clear()
