"""The exported page in a real browser: every control, hostile names, and no network."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from runs_on_disk import HOSTILE, TAG, picture, write_run

import kerasvis2 as kv
from kerasvis2.compare.page import page as html_of


@pytest.fixture
def open_page(browser, tmp_path):
    """Opens a comparison's page; at the end there must have been no error and no request."""
    troubles = []
    context = browser.new_context(viewport={"width": 1000, "height": 700})

    def opened(comparison):
        comparison.save(tmp_path / "out.html")
        tab = context.new_page()
        tab.on("console", lambda message: troubles.append(message.text))
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("request", lambda request: troubles.append(request.url[:200]))
        tab.goto((tmp_path / "out.html").as_uri())
        return tab

    yield opened
    context.close()
    local = ("file:", "data:")
    assert [trouble for trouble in troubles if not trouble.startswith(local)] == []


@pytest.fixture
def comparison(tmp_path):
    write_run(tmp_path / "runs" / "a", range(6), scale=0.5)
    write_run(tmp_path / "runs" / "b", [0, 2, 4], seed=100, scale=2, probe="other")
    return kv.compare([tmp_path / "runs" / "a", tmp_path / "runs" / "b"], TAG)


def pixels(tab, selector):
    """What the browser shows there, from the picture's own pixels."""
    script = """async (element) => {
      if (element.decode) await element.decode();
      const width = element.naturalWidth || element.width;
      const height = element.naturalHeight || element.height;
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      canvas.getContext("2d").drawImage(element, 0, 0);
      return [width, height, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]];
    }"""
    width, height, data = tab.locator(selector).evaluate(script)
    return np.array(data, np.uint8).reshape(height, width, 4)[..., :3]


def captions(tab):
    return [text.split(" · ")[0] for text in tab.locator("figcaption").all_inner_texts()]


def test_one_slider_moves_all_runs(open_page, comparison):
    tab = open_page(comparison)
    assert tab.locator("h1").inner_text() == "grad_cam/conv"
    assert tab.locator("h1").get_attribute("title") == TAG
    assert tab.locator("h2").all_inner_texts() == ["a", "b"]
    assert captions(tab) == ["step 4", "step 4"]  # the last that both have

    tab.get_by_label("Step", exact=True).fill("2")
    assert captions(tab) == ["step 2", "step 2"]
    assert np.array_equal(pixels(tab, "figure:nth-child(1) img"), picture(2))
    assert np.array_equal(pixels(tab, "figure:nth-child(2) img"), picture(102))
    assert tab.locator("output").inner_text() == "step 2 (3 of 6)"
    assert "scale 2" in tab.locator("figcaption").nth(1).inner_text()


def test_a_missing_step_says_so_and_offers_the_nearest(open_page, comparison):
    tab = open_page(comparison)
    tab.keyboard.press("End")
    assert tab.locator(".missing span").inner_text() == "not logged at this step (nearest: 4)"
    assert tab.locator("img").count() == 1
    tab.get_by_role("button", name="go to step 4").click()
    assert captions(tab) == ["step 4", "step 4"]
    assert tab.locator("img").count() == 2


def test_where_a_picture_is_missing_the_others_stay_in_place(open_page, tmp_path):
    for name, steps in (("a", [0, 2]), ("b", [0, 1, 2])):
        write_run(tmp_path / name, steps, size=(200, 320))
    tab = open_page(kv.compare([tmp_path / "a", tmp_path / "b"], TAG))
    pictures = tab.locator("img")
    expect(pictures).to_have_count(2)
    pictures.first.evaluate("picture => picture.decode()")
    tab.wait_for_function("() => document.images[0].getBoundingClientRect().width > 300")
    before = [picture.bounding_box() for picture in pictures.all()]
    tab.keyboard.press("ArrowLeft")
    expect(pictures).to_have_count(1)
    assert [tab.locator(".missing").bounding_box(), pictures.bounding_box()] == before


def test_two_runs_are_side_by_side_on_a_small_screen(open_page, tmp_path):
    for name in ("a", "b"):
        write_run(tmp_path / name, [0], size=(100, 640))
    tab = open_page(kv.compare([tmp_path / "a", tmp_path / "b"], TAG))
    tab.set_viewport_size({"width": 1000, "height": 700})
    tab.wait_for_function(
        """() => {
            const [a, b] = [...document.images].map((image) => image.getBoundingClientRect());
            return a.top === b.top && a.right < b.left && b.right < 1000 && a.width > 400;
        }"""
    )


def test_notes_are_on_the_page(open_page, comparison):
    notes = open_page(comparison).locator(".note").all_inner_texts()
    assert notes == comparison.notes
    assert len(notes) == 2


def test_keys_and_playing(open_page, comparison):
    tab = open_page(comparison)
    output = tab.locator("output")
    for key, step in (
        ("Home", 0),
        ("ArrowLeft", 0),
        ("ArrowRight", 1),
        ("End", 5),
        ("ArrowRight", 5),
    ):
        tab.keyboard.press(key)
        assert output.inner_text().startswith(f"step {step} ")
    tab.get_by_label("Speed").select_option("10")
    tab.locator("body").click(position={"x": 5, "y": 5})
    tab.keyboard.press("Space")
    expect(output).not_to_have_text("step 5 (6 of 6)")  # after the last comes the first
    tab.get_by_role("button", name="Pause").click()
    assert tab.get_by_role("button", name="Play").count() == 1


def test_a_against_b(open_page, comparison):
    tab = open_page(comparison)
    tab.get_by_label("Step", exact=True).fill("2")
    tab.get_by_text("A | B", exact=True).click()
    assert tab.locator("h2").all_inner_texts() == ["A: a, step 2", "B: b, step 2"]

    tab.get_by_text("swipe", exact=True).click()
    tab.get_by_label("Where A ends and B begins").fill("25")
    assert tab.locator(".over").evaluate("e => e.style.clipPath") == "inset(0px 0px 0px 25%)"
    box = tab.locator(".stage").bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5)
    tab.mouse.down()
    tab.mouse.up()
    assert tab.get_by_label("Where A ends and B begins").input_value() == "50"

    tab.get_by_text("blink", exact=True).click()
    expect(tab.locator("h2")).to_have_text("B: b, step 2")
    expect(tab.locator(".over")).to_have_css("visibility", "visible")
    expect(tab.locator("h2")).to_have_text("A: a, step 2")

    # A against another step of itself.
    tab.get_by_text("side by side", exact=True).click()
    tab.get_by_label("Run of B").select_option("a")
    tab.get_by_label("Step of B").select_option("step 0")
    assert tab.locator("h2").all_inner_texts() == ["A: a, step 2", "B: a, step 0"]
    assert np.array_equal(pixels(tab, "figure:nth-child(2) img"), picture(0))


def test_zoom_keeps_pixels_and_theme_changes(open_page, comparison):
    tab = open_page(comparison)
    tab.keyboard.press("Home")
    tab.get_by_label("Zoom").select_option("4×")
    image = tab.locator("img").first
    expect(image).to_have_css("width", "256px")
    assert image.evaluate("e => getComputedStyle(e).imageRendering") == "pixelated"
    paper = "getComputedStyle(document.body).backgroundColor"
    tab.get_by_label("Theme").select_option("light")
    light = tab.evaluate(paper)
    tab.get_by_label("Theme").select_option("dark")
    assert (light, tab.evaluate(paper)) == ("rgb(255, 255, 255)", "rgb(23, 24, 27)")


def test_one_run_compares_with_its_own_start(open_page, tmp_path):
    write_run(tmp_path / "runs" / "a", range(3))
    tab = open_page(kv.compare(tmp_path / "runs", TAG))
    tab.get_by_text("A | B", exact=True).click()
    assert tab.locator("h2").all_inner_texts() == ["A: a, step 0", "B: a, step 2"]


def test_hostile_names_are_only_text(open_page, tmp_path):
    run = kv.read(write_run(tmp_path / "runs" / "a", [0], tag=HOSTILE[2]))["a"]
    comparison = kv.compare(dict.fromkeys(HOSTILE, run), HOSTILE[2])
    comparison.notes.append(HOSTILE[0])
    tab = open_page(comparison)
    # textContent, as the browser shows control characters in its own way.
    assert tab.locator("h2").evaluate_all("all => all.map((e) => e.textContent)") == HOSTILE
    assert tab.locator("h1").evaluate("e => e.textContent") == HOSTILE[2]
    assert tab.locator(".note").evaluate("e => e.textContent") == HOSTILE[0]
    tab.get_by_text("A | B", exact=True).click()
    for look in ("swipe", "blink"):
        tab.get_by_text(look, exact=True).click()
    assert tab.locator("script").count() == 2
    assert tab.title() == HOSTILE[2]
    assert tab.locator("img").evaluate_all("all => all.every((e) => e.src.startsWith('data:'))")


def test_the_file_names_no_other_place(comparison):
    html = html_of(comparison)
    without_pictures = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", html)
    assert not re.search(
        r"https?:|//[a-z]|\bimport\b|@[a-z]+@", without_pictures.replace("// ", "")
    )
    assert "default-src 'none'" in html


def test_a_picture_that_never_changes_is_kept_once(tmp_path):
    from kerasvis2.record import events
    from kerasvis2.record.writer import EventFile

    file = EventFile(tmp_path)
    for step in range(5):
        file.append(step, 0.0, [events.image(TAG, picture(0))])
    assert html_of(kv.compare(tmp_path, TAG)).count("data:image/png") == 1


def test_the_page_draws_the_numbers_and_subtracts_them(open_page, tmp_path):
    import map_logs

    map_logs.write_maps(tmp_path / "runs")
    folders = [tmp_path / "runs" / name for name in ("one", "two")]
    tab = open_page(kv.compare(folders, map_logs.CONV))
    expect(tab.locator(".sheet canvas")).to_have_count(2 * map_logs.IMAGES)
    expect(tab.locator("header .legend")).to_contain_text("0.5")
    expect(tab.locator("header .legend")).to_contain_text(map_logs.UNITS[map_logs.CONV])
    expect(tab.locator("header .legend")).to_contain_text("5×5 places")
    expect(tab.locator(".sheet .one").nth(1)).to_contain_text("of the bee")
    tab.get_by_text("A | B").click()
    tab.get_by_text("difference", exact=True).click()
    expect(tab.locator(".sheet canvas")).to_have_count(map_logs.IMAGES + 1)
    values = kv.compare(folders, map_logs.CONV).difference("two", "one", 3)
    most = float(f"{np.abs(values[0]).max():.3g}")
    words = tab.locator(".sheet .one").first.locator("small").all_inner_texts()
    assert words == ["image 0 · ant", f"most ±{most:g}"]
    tab.get_by_text("swipe").click()
    expect(tab.locator(".over .sheet canvas")).to_have_count(map_logs.IMAGES)


def test_coloured_pictures_are_not_subtracted(open_page, comparison):
    tab = open_page(comparison)
    tab.get_by_text("A | B").click()
    expect(tab.get_by_text("swipe", exact=True)).to_be_visible()
    expect(tab.get_by_text("difference", exact=True)).to_have_count(0)
