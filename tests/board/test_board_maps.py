"""The explorer: maps drawn from their numbers, compared, filtered, and asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import map_logs
import numpy as np
import pytest
from board_server import Server
from board_tab import Tab, address
from map_logs import CONV, IMAGES, INPUT
from playwright.sync_api import Browser, Locator, Route, expect
from test_record_maps import HOSTILE, photographs

import kerasvis2 as kv
from kerasvis2.record import events
from kerasvis2.record.maps import MAPS_TAG, PROBE_TAG, encode_maps, unpack
from kerasvis2.record.probed import probe_blob
from kerasvis2.record.writer import EventFile
from kerasvis2.render import scale
from kerasvis2.render.colour import paint, paint_fine
from kerasvis2.render.overlay import overlay
from kerasvis2.render.resize import as_pictures, draw_maps, resize_maps, resize_pictures


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]
) -> dict[str, Server]:
    """Runs with maps under both loaders, and hostile ones under the fast one."""
    folder = tmp_path_factory.mktemp("maps")
    map_logs.write_maps(folder / "runs")
    map_logs.write_maps(folder / "private", private=True)
    map_logs.write_hostile(folder / "hostile", HOSTILE)
    made = {
        "rust": serve(folder / "runs", "--load_fast=true"),
        "python": serve(folder / "runs", "--load_fast=false"),
        "private": serve(folder / "private"),
        "hostile": serve(folder / "hostile"),
    }
    for name in ("rust", "python", "private"):
        made[name].wait(f"data/plugin/kerasvis/maps?tag={CONV}", lambda text: " 7]" in text)
        made[name].wait("data/plugin/kerasvis/answers", lambda text: _steps(text, "long") == 8)
    count = len(HOSTILE) + 1
    made["hostile"].wait(
        "data/plugin/kerasvis/index", lambda t: len(json.loads(t)["probes"]) >= count
    )
    return made


def _steps(text: str, run: str) -> int:
    """Of how many steps of a run the answers tell."""
    header, arrays = unpack(text.encode(errors="surrogateescape"))
    places = [place for place, each in enumerate(header["runs"]) if each["id"] == f"{run}/vis"]
    return max((len(arrays[f"{place}/steps"]) for place in places), default=0)


@pytest.fixture
def tab(browser: Browser, servers: dict[str, Server]) -> Iterator[Tab]:
    tab = Tab(browser, servers["rust"].url())
    yield tab
    tab.close()


@pytest.mark.parametrize(
    ("layers", "opened"),
    [
        (("03_conv@predicted", "07_last@predicted"), "grad_cam/last@predicted"),
        (("03_conv", "07_last", "09_after@predicted"), "grad_cam/last"),
        (("03_conv@2", "07_last@2", "09_after@predicted"), "grad_cam/last@2"),
    ],
)
def test_it_opens_with_the_deepest_layer_of_the_usual_target(
    tmp_path: Path,
    browser: Browser,
    serve: Callable[..., Server],
    layers: tuple[str, ...],
    opened: str,
) -> None:
    file = EventFile(tmp_path / "run" / "vis")
    blob = encode_maps(np.ones((2, 4, 4), np.float32), {})
    values = [events.blob(PROBE_TAG, probe_blob(photographs(2), fingerprint="aa" * 32))]
    values += [events.blob(f"{MAPS_TAG}grad_cam/{layer}", blob) for layer in layers]
    values += [
        events.image(f"grad_cam/{layer}", np.zeros((20, 30, 3), np.uint8)) for layer in layers
    ]
    file.append(0, 1_700_000_000.0, values)
    server = serve(tmp_path)
    server.wait("data/plugin/kerasvis/index", lambda text: text.count(layers[-1]) > 0)
    tab = Tab(browser, server.url()).open()
    expect(tab.find("h1")).to_have_text(opened)
    tab.close()


def box(tab: Tab, image: int, run: str) -> Locator:
    """A cell's canvas."""
    return tab.find(f'.mapbox[aria-label*="of image {image}, {run}, "] canvas')


def pixels(canvas: Locator) -> np.ndarray:
    width, height, data = canvas.evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            return [width, height, [...data]];
        }"""
    )
    return np.array(data, np.uint8).reshape(height, width, 4)[..., :3]


def read(servers: dict[str, Server], run: str, tag: str, step: int) -> np.ndarray:
    return kv.read(servers["rust"].folder)[run].maps(tag, step)


def drawn(
    run: str,
    image: int,
    values: np.ndarray,
    top: float,
    shape: tuple[int, int],
    look: str,
    smooth: bool = True,
) -> np.ndarray:
    """What the Python renderer makes of one image's map."""
    signed = look == "signed"
    units = scale.Scale(top, signed).unit(values[None])
    units = resize_maps(units, shape) if smooth else draw_maps(units, shape)
    if look != "overlay":
        return paint_fine(units, signed)[0]
    photograph = resize_pictures(as_pictures(map_logs.pictures(run)[image : image + 1]), shape)
    return overlay(photograph, units, signed)[0]


@pytest.mark.parametrize("loader", ["rust", "python"])
def test_maps_open_first_as_the_python_renderer_draws_them(
    browser: Browser, servers: dict[str, Server], loader: str
) -> None:
    tab = Tab(browser, servers[loader].url()).open()
    expect(tab.find("h1")).to_have_text("grad_cam/conv")
    assert tab.find(".colhead .run").all_inner_texts() == ["long", "one", "other", "two"]
    told = [
        read(servers, run, CONV, step)
        for run, step in [("long", 7), ("one", 3), ("two", 3), ("other", 3)]
    ]
    top = scale.fit(np.concatenate(told), signed=False).top
    expect(tab.find(".legend .high")).to_have_text(f"{top:g}")
    for run, place in (("long", 0), ("one", 1), ("two", 2)):
        found = pixels(box(tab, 1, run))
        expected = drawn(run, 1, told[place][1], top, found.shape[:2], "overlay")
        assert np.array_equal(found, expected), run
    tab.close()


@pytest.mark.parametrize(("tag", "look"), [(CONV, "plain"), (INPUT, "signed")])
@pytest.mark.parametrize("size", [96, 113, 300])
def test_maps_alone_are_the_same_pixels_too(
    tab: Tab, servers: dict[str, Server], tag: str, look: str, size: int
) -> None:
    whole = size % (5 if tag == CONV else 16) == 0
    way = "exact" if whole else "smooth"
    tab.open(tag=tag, runs="one", look="map", size=size, drawn=way, lock="hand", top=0.05, step=2)
    values = read(servers, "one", tag, 2)[1]
    if values.ndim == 3:
        values = values[..., 0] + values[..., 1] + values[..., 2]
    found = pixels(box(tab, 1, "one"))
    assert found.shape[:2] == (size, size)
    expected = drawn("one", 1, values, 0.05, found.shape[:2], look, smooth=not whole)
    assert np.array_equal(found, expected)


def test_a_scale_over_all_gives_equal_values_equal_colours(tab: Tab) -> None:
    tab.open(tag=CONV, look="map", step=3)
    asked = """() => Object.fromEntries([...document.querySelectorAll(".mapbox[aria-label]")]
        .map((box) => [box.ariaLabel, box.dataset.top]))"""
    assert len(set(tab.view.evaluate(asked).values())) == 1
    tab.field("scale of").select_option("each column")
    tab.settle()
    assert len(set(tab.view.evaluate(asked).values())) >= 2
    expect(tab.find(".colhead").filter(has_text="two")).to_contain_text("0…")
    tab.field("scale of").select_option("by hand")
    tab.field("The value of the full colour").fill("0.2")
    tab.field("The value of the full colour").press("Enter")
    tab.settle()
    assert set(tab.view.evaluate(asked).values()) == {"0.2"}
    assert tab.state()["top"] == "0.2"
    expect(tab.find(".legend .high")).to_have_text("0.2")


def test_a_difference_is_that_of_the_numbers(tab: Tab, servers: dict[str, Server]) -> None:
    tab.open(tag=CONV, runs="one|two", step=3, drawn="smooth")
    tab.field("minus").select_option("one")
    tab.settle()
    expect(tab.find(".legend strong")).to_have_text("minus one")
    values = read(servers, "two", CONV, 3) - read(servers, "one", CONV, 3)
    top = scale.fit(values, signed=True).top
    expect(tab.find(".legend:has(strong) .high")).to_have_text(f"{top:g}")
    found = pixels(box(tab, 2, "two"))
    assert np.array_equal(found, drawn("two", 2, values[2], top, found.shape[:2], "signed"))


def test_a_difference_of_two_steps_of_one_run(tab: Tab, servers: dict[str, Server]) -> None:
    tab.open(tag=CONV, axis="steps", of="one/vis", minus="step 0", drawn="smooth")
    values = [
        read(servers, "one", CONV, step) - read(servers, "one", CONV, 0) for step in (1, 2, 3)
    ]
    top = scale.fit(np.concatenate(values), signed=True).top
    found = pixels(tab.find('.mapbox[aria-label*="image 1, one, step 3"] canvas'))
    assert np.array_equal(found, drawn("one", 1, values[2][1], top, found.shape[:2], "signed"))


def test_runs_of_other_probes_are_matched_by_the_images_they_share(
    tab: Tab, servers: dict[str, Server]
) -> None:
    tab.open(
        tag=CONV,
        runs="one|other",
        step=3,
        size=150,
        look="map",
        drawn="smooth",
        lock="hand",
        top=0.04,
    )
    values = read(servers, "other", CONV, 3)
    for image in range(3):  # of run one's probe, and the last three of the other's
        found = pixels(box(tab, image, "other"))
        expected = drawn("other", 0, values[image + 3], 0.04, found.shape[:2], "plain")
        assert np.array_equal(found, expected)
    row = tab.find(".maprow").nth(3)
    expect(row.locator(".mapbox.empty")).to_contain_text("Not in this run's probe")
    assert tab.find(".thumb").count() == 2 * IMAGES - map_logs.SHARED


def test_the_pointer_tells_the_value_in_every_column(tab: Tab, servers: dict[str, Server]) -> None:
    tab.open(tag=CONV, runs="one|two", step=3)
    canvas = box(tab, 0, "one")
    place = canvas.bounding_box()
    assert place is not None
    tab.page.mouse.move(place["x"] + 0.5 * place["width"], place["y"] + 0.3 * place["height"])
    told = tab.find(".maprow").first.locator(".value").all_inner_texts()
    for text, run in zip(told, ("one", "two")):
        value = read(servers, run, CONV, 3)[0, 1, 2]
        assert text.endswith(f" {map_logs.UNITS[CONV]} at 2, 1")
        assert float(text.split()[0]) == pytest.approx(value, rel=5e-3)
    tab.page.mouse.move(2, 2)
    expect(tab.find(".value")).to_have_count(0)


def test_the_pointer_tells_differences_as_numpy_has_them(
    tab: Tab, servers: dict[str, Server]
) -> None:
    tab.open(tag=CONV, runs="one|two|long", step=3, minus="one/vis", size=200)
    for image, at in ((0, (0, 0)), (1, (3, 2)), (1, (4, 4))):
        canvas = box(tab, image, "two")
        place = canvas.bounding_box()
        assert place is not None
        tab.page.mouse.move(
            place["x"] + (at[1] + 0.5) / 5 * place["width"],
            place["y"] + (at[0] + 0.5) / 5 * place["height"],
        )
        told = tab.find(".maprow").nth(image).locator(".value").all_inner_texts()
        base = read(servers, "one", CONV, 3)
        for text, run in zip(told, ("long", "one", "two")):
            values = read(servers, run, CONV, 3) - (0 if run == "one" else base)
            value = float(text.split()[0].replace("−", "-"))
            assert value == pytest.approx(float(f"{values[image][at]:.3g}"), rel=1e-6), (run, at)


@pytest.mark.parametrize(("tag", "signed"), [(CONV, False), (INPUT, True)])
def test_maps_in_grey(tab: Tab, servers: dict[str, Server], tag: str, signed: bool) -> None:
    size = 160 if signed else 150
    tab.open(
        tag=tag, runs="one", look="map", size=size, drawn="exact", lock="hand", top=0.05, step=2
    )
    tab.field("colours").select_option("grey")
    tab.settle()
    values = read(servers, "one", tag, 2)[1]
    units = scale.Scale(0.05, signed).unit((values.sum(-1) if signed else values)[None])
    tones = np.floor(units * 127 + 127.5 if signed else units * 255 + 0.5)
    found = pixels(box(tab, 1, "one"))
    expected = draw_maps(tones.astype("float32"), found.shape[:2])[0]
    assert np.abs(found - expected[..., None]).max() <= 1
    assert len(np.unique(found)) > 20


def test_a_log_scale_shows_weak_maps(tab: Tab, servers: dict[str, Server]) -> None:
    tab.open(tag=CONV, runs="one", step=3, look="map", decades=1, lock="hand", top=1, size=150)
    values = read(servers, "one", CONV, 3)[1]
    units = np.log10(1 + scale.Scale(1, False).unit(values[None]) * 999) / 3
    found = pixels(box(tab, 1, "one")).astype(int)
    expected = paint(draw_maps(units.astype("float32"), found.shape[:2]), False)[0]
    assert np.abs(found - expected).max() <= 4, "but for the last bit of a logarithm"
    assert np.ptp(found) > 100
    expect(tab.find(".legends")).to_contain_text("log:")


def test_the_energy_on_the_object_is_that_of_the_drawn_map(
    tab: Tab, servers: dict[str, Server]
) -> None:
    tab.open(tag=CONV, runs="one|two", step=3, size=96)
    for image in range(2):
        for column, run in enumerate(("one", "two")):
            whole = resize_maps(read(servers, run, CONV, 3)[image][None], (16, 16))[0]
            share = whole[:8].sum() / whole.sum()  # the object is the upper half
            cell = tab.find(".maprow").nth(image).locator(".mapcell").nth(column)
            expect(cell).to_contain_text(f"{100 * share:.0f} % on object")


def test_the_most_disputed_come_first(tab: Tab) -> None:
    tab.open(tag=CONV, runs="one|two", step=3, sort="dispute")
    numbers = tab.find(".maprow [data-image]").evaluate_all(
        "all => all.map((one) => one.ariaLabel.split(' ')[3].replace(',', ''))"
    )
    apart = {
        n: abs(np.subtract(*(_truth(run, n) for run in ("one", "two")))) for n in range(IMAGES)
    }
    firsts = [int(number) for number in numbers[::2]]
    disputed = [n for n in range(IMAGES) if map_logs.LABELS[n] != 0]
    leading = sorted(disputed, key=lambda n: -apart[n])[: len(firsts)]
    assert firsts[: len(leading)] == leading


def _truth(run: str, image: int) -> float:
    return float(map_logs.shares(run, 3)[image, map_logs.LABELS[image]])


def test_the_address_holds_all_of_the_explorer(tab: Tab) -> None:
    state = {
        "tag": CONV,
        "runs": "one|two",
        "step": "3",
        "minus": "one/vis",
        "look": "map",
        "lock": "hand",
        "top": "0.25",
        "decades": "1",
        "opacity": "0.6",
        "drawn": "exact",
        "class": "1",
        "sort": "dispute",
    }
    tab.open(**state)
    assert tab.state() == state
    tab.press("ArrowLeft")
    assert tab.state() == state | {"step": "2"}


def test_images_are_chosen_by_what_was_answered(tab: Tab) -> None:
    def rows() -> list[str]:
        return tab.settle().find(".maprow .whose").all_inner_texts()

    tab.page.set_viewport_size({"width": 1000, "height": 1600})
    tab.open(tag=CONV, runs="one|two", step=3, size=96)
    assert len(rows()) == IMAGES
    tab.button("Wrong").click()
    assert rows() == ["bee", "cat", "bee", "cat"], "run two says ant to all"
    tab.button("All").click()
    tab.field("class").select_option("cat")
    assert rows() == ["cat", "cat"]
    tab.button("Show all").click()
    tab.field("order").select_option("most disputed first")
    assert rows()[-2:] == ["ant", "ant"]
    tab.field("order").select_option("probe")
    tab.find(".confusion summary").click()
    tab.field("run").select_option("two")
    tab.button("2 of bee taken for ant").click()
    assert rows() == ["bee", "bee"]
    tab.button("Show all").click()
    tab.find(".thumb").nth(1).click()
    tab.find(".thumb").nth(5).click()
    assert rows() == ["bee", "cat"]
    tab.open(tag=CONV, runs="one", step=2, only="changed")
    assert rows() == ["bee", "cat", "bee", "cat"], "right from step 2 on"


def test_nothing_is_drawn_on_a_scale_that_more_maps_will_change(tab: Tab) -> None:
    tab.open(tag=INPUT, runs="one|two|long", step=0)
    urls = tab.view.evaluate(
        """async (tag) => {
            const { fetchMaps } = await import("./static/api.js");
            const runs = await fetchMaps(tag);
            return ["two/vis", "one/vis", "long/vis"].map((run) => runs[run].urls[3]);
        }""",
        CONV,
    )
    held: list[Route] = []
    tab.page.route(urls[0], lambda route: held.append(route))
    tab.view.evaluate("hash => { location.hash = hash; }", address({"tag": CONV, "step": 3}))
    expect(tab.find(".readout strong")).to_have_text("step 3")
    expect(tab.find(".mapfacts .said")).not_to_have_count(0)
    there = "urls => urls.every((url) => performance.getEntriesByName(url).length)"
    tab.page.wait_for_function(there, arg=urls[1:])
    while not held:
        tab.page.wait_for_timeout(20)
    assert tab.find(".mapbox canvas").count() == 0, "run two's values are ten times as large"
    tab.button("Image").click()
    expect(tab.find(".mapbox canvas").first).to_be_attached()  # which needs no scale
    tab.button("Overlay").click()
    expect(tab.find(".mapbox canvas")).to_have_count(0)
    held[0].continue_()
    tab.settle()
    assert {float(top) for top in tops(tab)} == {0.5}


def test_what_is_on_show_stays_while_the_maps_of_another_run_are_fetched(tab: Tab) -> None:
    tab.open(tag=INPUT, runs="one", step=0)
    url = tab.view.evaluate(
        """async (tag) => {
            const { fetchMaps } = await import("./static/api.js");
            return (await fetchMaps(tag))["two/vis"].urls[3];
        }""",
        CONV,
    )
    held: list[Route] = []
    tab.page.route(url, lambda route: held.append(route))
    tab.go(tag=CONV, runs="one", step=3)
    alone = {float(top) for top in tops(tab)}
    more = address({"tag": CONV, "runs": "one|two", "step": 3})
    tab.view.evaluate("hash => { location.hash = hash; }", more)
    expect(tab.find(".mapbox[aria-busy]").first).to_be_attached()
    assert {float(top) for top in tops(tab)} == alone == {0.05}
    while not held:
        tab.page.wait_for_timeout(20)
    held[0].continue_()
    tab.settle()
    assert {float(top) for top in tops(tab)} == {0.5}


def tops(tab: Tab) -> list[str]:
    """The scales of the cells in view."""
    return tab.find(".mapbox[data-top]").evaluate_all("all => all.map((one) => one.dataset.top)")


def test_a_click_shows_one_image_over_all_steps(tab: Tab) -> None:
    tab.open(tag=CONV, runs="one|long", step=3)
    box(tab, 1, "one").click()
    tab.settle()
    expect(tab.find(".whose strong, strong.whose")).to_have_text("image 1 · bee")
    first = tab.find(".maprow").filter(has_text="long")
    expect(first.locator(".mapbox canvas")).to_have_count(8)
    expect(first).to_contain_text("margin 2.05")
    expect(first.locator(".spark")).to_be_visible()
    tab.field("scale of").select_option("each run")
    heads = tab.settle().find(".maprow .rowhead").all_inner_texts()
    assert [head.splitlines()[-1] for head in heads] == ["scale 0…0.1", "scale 0…0.05"]
    tab.press("Escape")
    expect(tab.find(".maprow .original")).not_to_have_count(0)


def test_layers_and_views_are_columns_with_scales_and_units_of_their_own(tab: Tab) -> None:
    tab.open(tag=CONV, axis="views", of="one/vis", step=3)
    assert tab.find(".colhead .run").all_inner_texts() == ["grad_cam", "saliency"]
    expect(tab.field("scale of")).to_have_value("run")
    expect(tab.field("minus")).to_have_count(0)
    for place, tag in enumerate((CONV, INPUT)):
        expect(tab.find(".colhead .facts").nth(place)).to_contain_text(map_logs.UNITS[tag])
    looks = (
        tab.find(".maprow")
        .first.locator("[data-image]")
        .evaluate_all("boxes => boxes.map((box) => box.ariaLabel.split(' ')[0])")
    )
    assert looks == ["overlay", "map"], "each as its own view draws it"
    tab.field("scale of").select_option("all cells")
    units = tab.settle().find(".legend .hint").all_inner_texts()
    assert units == list(map_logs.UNITS.values())


def test_below_a_map_stands_what_it_is_of_whatever_its_width(tab: Tab) -> None:
    for size in (96, 160, 300):
        tab.open(tag=CONV, runs="one|two", step=3, size=size)
        cell = tab.find(".maprow").nth(1).locator(".mapcell").nth(1)
        for part in ("ant 0.78", "of the bee", "max ", " % on object"):
            expect(cell.locator(".mapfacts")).to_contain_text(part.replace(" 0.78", ""))
        cut = cell.locator(".facts span").evaluate_all(
            """(spans) => spans.filter((one) => one.scrollWidth > one.clientWidth ||
                one.getBoundingClientRect().bottom >
                    one.closest(".mapfacts").getBoundingClientRect().bottom)
                .map((one) => one.textContent)"""
        )
        assert cut == [], size
    expect(cell.locator(".facts")).to_have_attribute("title", re.compile("5×5 places"))
    expect(tab.find(".legend .hint")).to_have_text(map_logs.UNITS[CONV])


def test_a_step_of_the_columns_is_marked_in_view_and_can_be_gone_to(tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 800, "height": 800})
    tab.open(tag=CONV, axis="steps", of="long/vis", size=200)
    expect(tab.find(".colhead .current")).to_have_text("step 7")
    expect(tab.find(".colhead .current")).to_be_in_viewport()
    tab.press("Home")
    expect(tab.find(".colhead .current")).to_have_text("step 0")
    expect(tab.find(".colhead .current")).to_be_in_viewport()
    tab.find(".colhead").get_by_text("step 1", exact=True).click()
    assert tab.settle().step() == "step 1"


def test_the_confusion_matrix_is_not_cut_by_the_edge_of_the_page(tab: Tab) -> None:
    tab.open(tag=CONV, axis="steps", step=3, minus="step 1")
    tab.find(".confusion summary").click()
    sheet = tab.find(".confusion .sheet")
    for width in (1440, 1000):
        tab.page.set_viewport_size({"width": width, "height": 800})
        box = sheet.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert sheet.evaluate("one => one.scrollWidth - one.clientWidth") <= 1


def test_an_image_that_a_run_has_not_seen_is_at_no_other_step_either(tab: Tab) -> None:
    tab.open(tag=CONV, runs="long|other", step=6, size=96)
    cell = tab.find(".maprow").nth(3).locator(".mapcell").last
    expect(cell).to_contain_text("Not in this run's probe")
    expect(cell.get_by_role("button")).to_have_count(0)
    tab.open(tag=CONV, axis="steps", of="other/vis", step=3)
    expect(tab.find(".thumb")).to_have_count(IMAGES)  # of the nine of all runs
    expect(tab.find(".mapbox.empty")).to_have_count(0)


def test_the_cells_of_the_confusion_matrix_are_shaded_by_their_number(tab: Tab) -> None:
    tab.open(tag=CONV, runs="two", step=3)
    tab.find(".confusion summary").click()
    shades = tab.find(".confusion td button").evaluate_all(
        "all => all.map((one) => getComputedStyle(one).backgroundColor)"
    )
    assert len(set(shades)) == 3, "right, wrong and none"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "state",
    [
        {},
        {"axis": "steps"},
        {"axis": "views", "decades": 1},
        {"minus": "one/vis", "lock": "cell"},
        {"lock": "hand", "top": 0.1, "size": 96},
        {"one": True},
    ],
)
def test_axe_finds_nothing(tab: Tab, state: dict[str, object], dark: bool) -> None:
    tab.open(tag=CONV, step=3, **{name: value for name, value in state.items() if name != "one"})
    if dark:
        tab.page.evaluate("() => document.body.classList.add('dark-mode')")
        expect(tab.find("html[data-theme=dark]")).to_be_attached()
    if "one" in state:
        box(tab, 1, "one").click()
        tab.settle()
    else:
        tab.find(".confusion summary").click()
    assert tab.violations() == []


def test_what_the_log_does_not_hold_is_not_drawn(
    browser: Browser, servers: dict[str, Server]
) -> None:
    tab = Tab(browser, servers["private"].url()).open(step=3)
    expect(tab.find(".unseen").first).to_be_visible()
    expect(tab.view.get_by_role("group", name="Look").get_by_role("button")).to_have_text(["Map"])
    expect(tab.find(".mapbox canvas").first).to_be_visible()
    assert tab.find(".thumb").count() == 2 * IMAGES - map_logs.SHARED, "matched nonetheless"
    tab.close()


def test_hostile_blobs_are_refused_with_a_word_in_the_cell(
    browser: Browser, servers: dict[str, Server]
) -> None:
    tab = Tab(browser, servers["hostile"].url()).open(tag=CONV)
    tab.find(".room").evaluate("room => { room.scrollLeft = 0; }")
    seen: set[str] = set()
    for _ in range(30):
        tab.settle()
        seen |= set(tab.find(".maprow:nth-child(2) .mapcell").all_inner_texts())
        tab.find(".room").evaluate("room => { room.scrollLeft += 600; }")
        if tab.find(".room").evaluate("r => r.scrollLeft + r.clientWidth >= r.scrollWidth - 1"):
            break
    tab.settle()
    seen |= set(tab.find(".maprow:nth-child(2) .mapcell").all_inner_texts())
    refused = [text for text in seen if "Not readable" in text]
    assert len(refused) >= 5, seen
    expect(tab.find(".stage .error")).to_contain_text("99 hostile probe")
    tab.errors.clear()  # what the server refuses is in the browser's console too
    tab.close()


@pytest.mark.parametrize("channels", [1, 3])
def test_photographs_kept_as_residuals_come_back_exactly(tab: Tab, channels: int) -> None:
    pictures = photographs(channels)
    blob = probe_blob(pictures / np.float32(255), fingerprint="aa" * 32)
    tab.open(tag=CONV, runs="one")
    version, found = tab.view.evaluate(
        """async (bytes) => {
            const { unpack } = await import("./static/blob.js");
            const { header, arrays } = await unpack(new Uint8Array(bytes).buffer);
            return [header.version, Array.from(arrays.get("images").data)];
        }""",
        list(blob),
    )
    assert version == 2, "else nothing was tried"
    assert np.array_equal(np.reshape(found, pictures.shape), pictures)


@pytest.mark.parametrize("name", HOSTILE)
def test_each_hostile_blob_by_itself(tab: Tab, name: str) -> None:
    tab.open(tag=CONV, runs="one")
    said = tab.view.evaluate(
        """async (bytes) => {
            const { mapsIn, unpack } = await import("./static/blob.js");
            try { mapsIn(await unpack(new Uint8Array(bytes).buffer)); } catch (error) {
                return error.constructor.name === "Error" ? error.message : String(error.stack);
            }
            return "";
        }""",
        list(HOSTILE[name]),
    )
    assert said
    assert "\n" not in said, said


def test_few_columns_stand_in_bands_that_use_the_room(tab: Tab) -> None:
    """With two runs the right of the tab is not empty, and nothing overlaps or is scrolled to."""
    tab.page.set_viewport_size({"width": 1440, "height": 900})
    tab.open(tag=CONV, runs="one|two", step=3)
    cells = [cell.bounding_box() for cell in tab.find(".mapcell").all()]
    room = tab.find(".room").bounding_box()
    assert room
    assert max(cell["x"] + cell["width"] for cell in cells if cell) > 0.8 * 1440
    assert tab.find(".room").evaluate("(room) => room.scrollWidth <= room.clientWidth")
    spots = {(round(cell["x"]), round(cell["y"])) for cell in cells if cell}
    assert len(spots) == len(cells)
    first, again = tab.find(".colhead"), tab.find(".colagain")
    assert again.count() == first.count()
    assert again.first.inner_text() == first.first.inner_text()
    for place, head in enumerate(again.all()):
        box, cell = head.bounding_box(), cells[2 + place]
        assert box
        assert cell
        assert abs(box["x"] - cell["x"]) < 1
    tab.page.set_viewport_size({"width": 700, "height": 900})
    expect(again).to_have_count(0)


def test_a_difference_has_its_scale_whatever_the_look(tab: Tab) -> None:
    tab.open(tag=CONV, runs="one|two", step=3, minus="one/vis", look="image")
    expect(tab.find(".legend:has(strong) .high")).to_be_visible()
    assert tab.find(".legend").count() == 1, "that of the images would be of nothing"
    expect(tab.field("scale of")).to_be_visible()


def test_a_difference_of_maps_of_different_things_says_so(tab: Tab) -> None:
    tab.open(tag=CONV, runs="one|two", step=3, minus="one/vis")
    expect(tab.find(".maprow").nth(1)).not_to_contain_text("of the bee minus")
    drawn = tab.view.evaluate(
        """async () => {
            const { ofWhat } = await import("./static/map_facts.js");
            return ofWhat({ place: 0, differs: true, minusOf: "the bee" }, { of: ["the ant"] })[0];
        }"""
    )
    assert drawn == "of the ant minus the bee"


def test_a_scale_by_hand_that_is_none_is_said_to_be_none(tab: Tab) -> None:
    tab.open(tag=CONV, lock="hand", top=0.05, step=3)
    field = tab.field("The value of the full colour")
    field.fill("-2")
    field.press("Enter")
    expect(tab.find("[data-kind=said]")).to_contain_text("stays at 0.05")
    expect(field).to_have_value("0.05")


def test_the_keyboard_asks_maps_and_sizes_them(tab: Tab, servers: dict[str, Server]) -> None:
    tab.open(tag=CONV, runs="one|two", step=3, size=200)
    tab.find(".mapbox").first.focus()
    tab.press("Shift+ArrowRight")
    values = read(servers, "one", CONV, 3)[0]
    row, column = np.unravel_index(values.argmax(), values.shape)
    told = tab.find(".maprow").first.locator(".value").all_inner_texts()
    assert len(told) == 2
    assert told[0].endswith(f"at {column}, {row}")
    assert float(told[0].split()[0]) == pytest.approx(values.max(), rel=0.01)
    tab.press("Shift+ArrowLeft" if column else "Shift+ArrowRight")
    moved = column - 1 if column else 1
    expect(tab.find(".value").first).to_contain_text(f"at {moved}, {row}")
    assert tab.step() == "step 3", "not ten steps"
    tab.press("+")
    assert tab.state()["size"] == "250"
    assert "zoom" not in tab.state()
    tab.press("0")
    assert "size" not in tab.state()


def test_the_size_of_maps_has_no_dead_end(tab: Tab) -> None:
    tab.open(tag=CONV, runs="one|two", step=3)
    slider = tab.field("Width of a cell")
    most = slider.get_attribute("max")
    assert most
    slider.fill(most)
    assert tab.settle().find(".mapcell").first.evaluate("(cell) => cell.offsetWidth") == int(most)
