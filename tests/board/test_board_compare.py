"""Runs by steps, A and B, and zooming."""

from __future__ import annotations

import pytest
from board_logs import HEIGHT, WIDTH, colour
from board_tab import Tab
from playwright.sync_api import Locator, expect

AB = {"mode": "ab", "tag": "grad_cam/01_conv1", "runs": "alpha|beta|gamma"}
ALPHA, BETA = "runs/alpha/vis", "runs/beta/vis"


def test_the_grid_has_a_row_a_run_and_a_column_a_step(tab: Tab) -> None:
    tab.open(mode="grid", runs="alpha|beta", tag="grad_cam/01_conv1", step=4)
    head = tab.find(".head .current")
    expect(head).to_have_text("step 4")
    rows = tab.find('[role="row"].row')
    expect(rows).to_have_count(2)
    for number in range(2):
        for step in (3, 4, 5):
            cell = rows.nth(number).locator(".cell").filter(has_text=f"step {step} ·")
            assert tab.pixel(cell.locator("canvas")) == colour(number, step)


def test_only_cells_in_view_exist_and_scrolling_brings_the_others(tab: Tab) -> None:
    tab.open(mode="grid", runs="alpha|beta", tag="grad_cam/01_conv1", step=0)
    assert tab.find(".cell").count() < 2 * 12
    assert tab.find(".head").last.inner_text() != "step 19"
    tab.find(".room").evaluate("room => { room.scrollLeft = room.scrollWidth; }")
    expect(tab.find(".head").last).to_have_text("step 19")
    tab.settle()
    last = tab.find(".cell").filter(has_text="step 19 ·").locator("canvas")
    assert tab.pixel(last) == colour(0, 19)


def test_a_click_on_a_cell_or_its_head_goes_to_its_step(tab: Tab) -> None:
    tab.open(mode="grid", runs="alpha|beta", tag="grad_cam/01_conv1", step=4)
    tab.find(".cell").filter(has_text="step 5 ·").first.locator("canvas").click()
    assert tab.settle().step() == "step 5"
    tab.find(".head").get_by_text("step 3", exact=True).click()
    assert tab.settle().step() == "step 3"
    tab.press("End")
    expect(tab.find(".head .current")).to_be_in_viewport()


def test_the_reference_stays_in_view_while_the_grid_scrolls(tab: Tab) -> None:
    tab.open(mode="grid", tag="grad_cam/01_conv1", pin=BETA, size=120, curves=0)
    first = tab.find(".stay .cell").first
    expect(first.locator(".badge")).to_have_text("ref")
    tab.find(".room").evaluate("room => { room.scrollTop = room.scrollHeight; }")
    reference = tab.find(".stay .cell").filter(has_text="step 13 ·")
    expect(reference).to_be_in_viewport()
    expect(reference.locator("bdi")).to_have_text("runs/beta")
    expect(tab.find(".floor > .row").last).to_contain_text("runs/resumed")


def test_a_and_b_are_chosen_below_the_pictures(tab: Tab) -> None:
    tab.open(mode="grid", runs="alpha|beta", tag="grad_cam/01_conv1", step=4)
    tab.button("Use runs/alpha at step 3 as B").click()
    tab.button("Use runs/beta at step 5 as A").click()
    tab.press("3")
    assert [tab.pixel(canvas) for canvas in tab.find("canvas").all()] == [
        colour(1, 5),
        colour(0, 3),
    ]
    expect(tab.field("A")).to_have_value(BETA)
    expect(tab.field("B at")).to_have_value("3")


def test_a_and_b_by_default_are_the_reference_and_another(tab: Tab) -> None:
    tab.open(**AB, pin=BETA, step=2)
    assert tab.names() == ["runs/beta", "runs/alpha"]
    tab.field("B").select_option("runs/gamma")
    tab.field("A at").select_option("step 0")
    expect(tab.find(".cell bdi.run")).to_have_text(["runs/beta", "runs/gamma"])
    tab.settle()
    assert tab.shown("runs/beta") == colour(1, 0)
    expect(tab.cell("runs/gamma")).to_contain_text("Not logged at this step")
    tab.press("s")
    expect(tab.find(".cell bdi.run")).to_have_text(["runs/gamma", "runs/beta"])
    expect(tab.field("B at")).to_have_value("0")


def test_a_single_run_is_compared_with_its_beginning(tab: Tab) -> None:
    tab.open(mode="ab", tag="grad_cam/01_conv1", runs="alpha", step=7)
    assert [tab.pixel(canvas) for canvas in tab.find("canvas").all()] == [
        colour(0, 0),
        colour(0, 7),
    ]


def test_swiping_shows_a_left_and_b_right_of_the_divider(tab: Tab) -> None:
    tab.open(**AB, ab="swipe", step=4)
    canvas = tab.find(".stage canvas")
    divider = tab.field("Divider between A and B")
    assert [tab.pixel(canvas, x) for x in (0.4, 0.6)] == [colour(0, 4), colour(1, 4)]
    box = canvas.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    tab.page.mouse.move(box["x"] + box["width"] / 2, middle)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + box["width"] / 4, middle, steps=3)
    tab.page.mouse.up()
    tab.settle()
    assert tab.pixel(canvas, 0.4) == colour(1, 4)
    divider.focus()
    tab.press(*["ArrowRight"] * 10)
    expect(divider).to_have_attribute("aria-valuetext", "A on 45 %")
    assert tab.pixel(canvas, 0.4) == colour(0, 4)
    assert tab.step() == "step 4"


def test_blinking_shows_one_then_the_other_in_one_place(tab: Tab) -> None:
    tab.open(**AB, ab="blink", blink=0, step=4)
    canvas = tab.find(".stage canvas")
    assert tab.pixel(canvas) == colour(0, 4)
    tab.button("Flip").click()
    expect(tab.find(".stage .badge")).to_have_text("B")
    assert tab.settle().pixel(canvas) == colour(1, 4)
    tab.press("x")
    expect(tab.find(".stage .badge")).to_have_text("A")
    tab.field("changes a second").select_option("3")
    expect(tab.find(".stage .badge")).to_have_text("B")
    expect(tab.find(".stage .badge")).to_have_text("A")


def test_colours_are_not_subtracted(tab: Tab) -> None:
    tab.open(**AB, step=4)
    ways = tab.view.get_by_role("group", name="Way to compare").get_by_role("button")
    assert ways.all_inner_texts() == ["Side by side", "Swipe", "Blink"]
    tab.go(**AB, step=4, ab="diff")  # as an address of old says
    expect(tab.find(".cell canvas")).to_have_count(2)


def size_of_a_pixel(tab: Tab, canvas: Locator) -> int:
    """How wide the white pixel in a picture's corner is on the screen, if its edges are sharp."""
    drawn = canvas.evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            const counts = {};
            for (let at = 0; at < data.length; at += 4) {
                const colour = data.slice(at, at + 4).join();
                counts[colour] = (counts[colour] ?? 0) + 1;
            }
            return counts;
        }"""
    )
    drawn.pop("0,0,0,0", None)  # beside the picture
    assert len(drawn) == 2, "white and the picture's colour, and no mixture of them"
    return round(drawn["255,255,255,255"] ** 0.5)


@pytest.mark.parametrize("mode", ["step", "grid", "ab"])
def test_zooming_zooms_every_cell_and_keeps_pixels_sharp(tab: Tab, mode: str) -> None:
    tab.open(mode=mode, runs="alpha|beta", tag="grad_cam/01_conv1", step=3, size=200, x=0, y=0)
    pictures = tab.find(".stage canvas").all()
    assert {size_of_a_pixel(tab, canvas) for canvas in pictures} == {200 // WIDTH}
    tab.press("+")
    assert {size_of_a_pixel(tab, canvas) for canvas in pictures} == {8}
    tab.button("Zoom in (+)").click()
    tab.settle()
    assert {size_of_a_pixel(tab, canvas) for canvas in pictures} == {12}
    assert tab.state()["zoom"] == "12"
    tab.press("-")
    assert {size_of_a_pixel(tab, canvas) for canvas in pictures} == {8}
    tab.press("0")
    assert "zoom" not in tab.state()


def test_dragging_moves_every_cell(tab: Tab) -> None:
    tab.open(mode="step", runs="alpha|beta", tag="grad_cam/01_conv1", step=3, size=200, zoom=16)
    canvas = tab.find(".stage canvas").first
    other = tab.find(".stage canvas").last
    box = canvas.bounding_box()
    assert box is not None
    corner = (0.01, 0.01)
    assert tab.pixel(other, *corner) == colour(1, 3)
    tab.page.mouse.move(box["x"] + 20, box["y"] + 20)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + 20 + 16 * WIDTH, box["y"] + 20 + 16 * HEIGHT, steps=4)
    tab.page.mouse.up()
    tab.settle()
    assert tab.pixel(canvas, *corner) == (255, 255, 255)
    assert tab.pixel(other, *corner) == (255, 255, 255)
    state = tab.state()
    assert float(state["x"]) < 0.5
    assert float(state["y"]) < 0.5


def test_the_wheel_zooms_around_the_pointer(tab: Tab) -> None:
    tab.open(mode="step", runs="alpha|beta", tag="grad_cam/01_conv1", step=3, size=300)
    box = tab.find(".stage canvas").first.bounding_box()
    assert box is not None
    tab.page.mouse.move(box["x"] + 3, box["y"] + 3)
    tab.page.keyboard.down("Control")
    tab.page.mouse.wheel(0, -100)
    tab.page.mouse.wheel(0, -100)
    tab.page.keyboard.up("Control")
    tab.settle()
    expect(tab.find(".level")).to_have_text("16×")
    for canvas in tab.find(".stage canvas").all():
        assert tab.pixel(canvas, 0.005, 0.005) == (255, 255, 255), "the corner is still there"


def test_the_size_of_the_cells(tab: Tab) -> None:
    tab.open(mode="step", runs="alpha|beta", tag="grad_cam/01_conv1", step=3)
    tab.field("Width of a cell").fill("260")
    tab.settle()
    box = tab.find(".stage canvas").first.bounding_box()
    assert box is not None
    assert box["width"] == 260
    assert tab.state()["size"] == "260"
