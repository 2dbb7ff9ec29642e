"""The explorer on logs that are not all alike: old and new, of other tasks, forged, growing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import map_logs
import numpy as np
import pytest
from board_server import Server
from board_tab import Tab, address
from map_logs import CONV, IMAGES, INPUT
from playwright.sync_api import Browser, expect

import kerasvis2 as kv
from kerasvis2.record import events
from kerasvis2.record.maps import ANSWERS_TAG, MAPS_TAG, PROBE_TAG, encode_maps, pack
from kerasvis2.record.probed import answers_blob, probe_blob
from kerasvis2.record.writer import EventFile
from kerasvis2.render.colour import paint_fine


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> Server:
    """Runs that all have maps."""
    folder = tmp_path_factory.mktemp("alike")
    map_logs.write_maps(folder)
    server = serve(folder)
    server.wait(f"data/plugin/kerasvis/maps?tag={CONV}", lambda text: " 7]" in text)
    return server


def test_runs_without_maps_are_said_to_have_none_and_shown_as_pictures(
    browser: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    map_logs.write_maps(tmp_path / "logs")
    old = EventFile(tmp_path / "logs" / "old" / "vis")
    old.append(3, 1e9, [events.image(CONV, np.full((20, 30, 3), 90, np.uint8))])
    server = serve(tmp_path / "logs")
    server.wait(f"data/plugin/kerasvis/maps?tag={CONV}", lambda text: " 7]" in text)
    server.wait("data/plugin/kerasvis/index", lambda text: '"old/vis"' in text)
    tab = Tab(browser, server.url()).open(tag=CONV, runs="old|one")
    expect(tab.find("[data-kind=bare]")).to_contain_text("Kept no maps of this: old.")
    assert tab.find(".colhead .run").all_inner_texts() == ["one"]
    tab.button("One step").click()
    assert tab.settle().names() == ["old", "one"]
    tab.state()  # once it is written, another address is followed
    tab.open(tag=CONV, runs="old")
    assert tab.shown("old") == (90, 90, 90)
    expect(tab.button("Maps")).to_have_count(0)
    tab.close()


def test_each_run_is_right_by_its_own_labels_and_names(
    browser: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    """Runs of the same images that know other classes, one of them no names."""
    for run, labels, names in (
        ("a", map_logs.LABELS, map_logs.NAMES),
        ("b", [1, 0, 1, 0, 1, 0], ["tame", "wild"]),
        ("c", [2, 0, 1, 0, 1, 0], None),
    ):
        file = EventFile(tmp_path / "logs" / run / "vis")
        shares = np.full((IMAGES, 3), 0.1)
        shares[np.arange(IMAGES), labels] = 0.9
        probe = probe_blob(
            map_logs.pictures("one"), fingerprint="aa" * 32, labels=labels, class_names=names
        )
        told = answers_blob(shares, true=labels, guess=shares.argmax(1))
        maps = encode_maps(map_logs.maps("one", 0, CONV), {"overlay": True})
        values = [events.blob(PROBE_TAG, probe), events.blob(MAPS_TAG + CONV, maps)]
        file.append(0, 1e9, [*values, events.answers(ANSWERS_TAG, told)])
    server = serve(tmp_path / "logs")
    server.wait("data/plugin/kerasvis/answers", lambda text: text.count("images") == 3)
    tab = Tab(browser, server.url()).open(tag=CONV)
    said = tab.find(".maprow").first.locator(".said").all_inner_texts()
    assert [words.split("0.9")[0].split() for words in said] == [
        ["✓", "ant"],
        ["✓", "wild"],
        ["✓", "class", "2"],
    ]
    assert all("6/6" in head for head in tab.find(".colhead .facts").all_inner_texts())
    tab.find(".confusion summary").click()
    tab.field("run").select_option("b")
    tab.button("3 of wild taken for wild").click()
    expect(tab.find(".hint[role=status]")).to_have_text("3 of 6 images")
    tab.close()


def test_what_a_log_says_is_words_or_nothing(
    browser: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    """Objects that look like elements of the page, in every place where words are shown."""
    forged = {"name": "img", "props": {"src": "x"}, "children": []}
    for place, header in enumerate([{"unit": forged}, {"of": [forged] * IMAGES}, {"why": forged}]):
        file = EventFile(tmp_path / "logs" / f"run{place}" / "vis")
        maps = encode_maps(map_logs.maps("one", 0, CONV), header)
        told = pack({"kind": "answers", "words": [forged] * IMAGES}, {})
        probe = probe_blob(map_logs.pictures("one"), fingerprint="aa" * 32)
        values = [events.blob(MAPS_TAG + CONV, maps), events.answers(ANSWERS_TAG, told)]
        file.append(0, 1_700_000_000.0, [*values, events.blob(PROBE_TAG, probe)])
    server = serve(tmp_path / "logs")
    server.wait(
        "data/plugin/kerasvis/index", lambda text: text.count('"probes"') and "run2" in text
    )
    server.wait(f"data/plugin/kerasvis/maps?tag={CONV}", lambda text: text.count("steps") == 3)
    tab = Tab(browser, server.url()).open(tag=CONV)
    cells = tab.find(".maprow").first.locator(".mapcell").all_inner_texts()
    assert len(cells) == 3
    assert all("Not readable" in cell for cell in cells), cells
    assert tab.find(".page img").count() == 0
    drawn = tab.view.evaluate(
        """async (forged) => {
            const { draw, h } = await import("./static/dom.js");
            const place = document.createElement("div");
            draw(place, h("p", null, forged), forged);
            return [place.querySelectorAll("img").length, place.textContent];
        }""",
        forged,
    )
    assert drawn == [0, "[object Object][object Object]"]
    tab.close()


def test_values_that_are_none_are_counted_and_have_a_colour_of_their_own(
    browser: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    maps = map_logs.maps("one", 3, CONV)
    maps[0, :2, :2], maps[1] = np.nan, np.inf
    file = EventFile(tmp_path / "logs" / "run" / "vis")
    file.append(0, 1e9, [events.blob(MAPS_TAG + CONV, encode_maps(maps, {}))])
    server = serve(tmp_path / "logs")
    server.wait(f"data/plugin/kerasvis/maps?tag={CONV}", lambda text: "steps" in text)
    tab = Tab(browser, server.url()).open(tag=CONV, size=150)
    cells = tab.find(".mapcell")
    expect(cells.nth(0)).to_contain_text("4 NaN/inf")
    expect(cells.nth(1)).to_contain_text("25 NaN/inf")
    magenta = (255, 0, 255)
    assert tab.pixel(cells.nth(0).locator("canvas"), 0.1, 0.1) == magenta
    assert tab.pixel(cells.nth(0).locator("canvas"), 0.9, 0.9) != magenta
    tab.close()


def test_a_tag_of_maps_alone_has_no_other_mode(
    browser: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    file = EventFile(tmp_path / "logs" / "run" / "vis")
    for step in range(2):
        maps = encode_maps(map_logs.maps("one", step, CONV), {"overlay": True})
        file.append(step, 1_700_000_000.0, [events.blob(MAPS_TAG + CONV, maps)])
    server = serve(tmp_path / "logs")
    server.wait(f"data/plugin/kerasvis/maps?tag={CONV}", lambda text: " 1]" in text)
    tab = Tab(browser, server.url()).open(tag=CONV, mode="grid")
    expect(tab.find(".mapbox canvas").first).to_be_visible()
    expect(tab.button("Runs × steps")).to_have_count(0)
    tab.close()


def test_while_training_runs_the_latest_goes_on_and_colours_stay(
    browser: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    folder = tmp_path / "logs"
    late = EventFile(folder / "late" / "vis")

    def write(file: EventFile, step: int) -> None:
        maps = encode_maps(map_logs.maps("long", step, CONV), {"overlay": True})
        file.append(step, 1_700_000_000.0 + step, [events.blob(MAPS_TAG + CONV, maps)])

    write(late, 0)
    server = serve(folder, "--load_fast=true", "--reload_interval=1")
    path = f"data/plugin/kerasvis/maps?tag={CONV}"
    server.wait(path, lambda text: "late" in text)
    tab = Tab(browser, server.url()).open_inside(tag=CONV)
    swatch = "all => all.map((one) => one.style.background)"
    before = tab.find("li.run .swatch").evaluate_all(swatch)
    write(late, 1)
    write(EventFile(folder / "early" / "vis"), 0)  # before it in the alphabet
    server.wait(path, lambda text: "[0, 1]" in text and "early" in text)
    tab.page.locator(".reload-button").click()
    expect(tab.find('.mapbox[aria-label*="late, step 1"] canvas').first).to_be_visible()
    expect(tab.find('.mapbox[aria-label*="early, step 0"] canvas').first).to_be_visible()
    after = tab.find("li.run .swatch").evaluate_all(swatch)
    assert after[1] == before[0]
    assert after[0] != after[1]
    tab.close()


def test_equal_values_have_equal_colours_where_only_some_runs_have_values_below_zero(
    browser: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    """As activations have, that are signed where any of them is."""
    values = np.full((2, 4, 4), 0.5, np.float32)
    below = values.copy()
    below[:, 0] = -0.25
    for run, maps in (("plain", values), ("signed", below)):
        file = EventFile(tmp_path / "logs" / run / "vis")
        header = {"signed": bool((maps < 0).any())}
        file.append(0, 1e9, [events.blob(MAPS_TAG + CONV, encode_maps(maps, header))])
    server = serve(tmp_path / "logs")
    server.wait(f"data/plugin/kerasvis/maps?tag={CONV}", lambda text: text.count("steps") == 2)
    tab = Tab(browser, server.url()).open(tag=CONV)
    cells = tab.find(".maprow").first.locator("canvas")
    assert tab.pixel(cells.nth(0), 0.5, 0.9) == tab.pixel(cells.nth(1), 0.5, 0.9)
    assert tab.find(".legend").count() == 1
    tab.close()
    numbers = kv.compare(tmp_path / "logs", CONV).numbers
    assert numbers is not None
    plain, signed = (numbers.picture(run, 0) for run in ("plain", "signed"))
    assert plain is not None
    assert signed is not None
    colours = [{*map(tuple, sheet.reshape(-1, 3).tolist())} for sheet in (plain, signed)]
    kept = [tuple(colour) for colour in paint_fine(np.full((1, 1, 1), 1.0, "float32"), True)[0, 0]]
    assert set(kept) <= colours[0] & colours[1]


def test_maps_of_other_units_are_not_subtracted(
    browser: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    """As a logit's and a regression's are; and a layer that few runs have is not opened first."""
    deep = "grad_cam/09_deep"
    for run, unit in (("cells", "logit"), ("years", "output"), ("more", "logit")):
        file = EventFile(tmp_path / "logs" / run / "vis")
        blob = encode_maps(np.ones((2, 4, 4), np.float32), {"unit": unit})
        values = [events.blob(MAPS_TAG + CONV, blob)]
        if run == "cells":
            values.append(events.blob(MAPS_TAG + deep, blob))
        file.append(0, 1e9, values)
    server = serve(tmp_path / "logs")
    server.wait("data/plugin/kerasvis/index", lambda text: "deep" in text and "more" in text)
    tab = Tab(browser, server.url()).open(minus="cells/vis")
    expect(tab.find("h1")).to_have_text("grad_cam/conv")
    cells = tab.find(".maprow").first.locator(".mapcell")
    expect(cells.nth(2)).to_contain_text("Not of one unit with the base: output, not logit")
    expect(cells.nth(1).locator("canvas")).to_be_visible()
    tab.state()
    tab.go(tag=deep)
    expect(tab.find("[data-kind=absent]")).to_have_text("Did not log this: more, years.")
    tab.close()
    with pytest.raises(ValueError, match="only maps of one unit"):
        kv.compare(tmp_path / "logs", CONV).difference("years", "cells", 0)


def test_facts_below_maps_are_whole_whatever_their_words(
    browser: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    for run in ("one", "two"):
        file = EventFile(tmp_path / "logs" / run / "vis")
        header = {"of": ["class 10 0.67", "lumbermill 1.00"]}
        maps = np.full((2, 4, 4), 1.94e-4 if run == "one" else 3.1e-4, np.float32)
        file.append(0, 1e9, [events.blob(MAPS_TAG + CONV, encode_maps(maps, header))])
    server = serve(tmp_path / "logs")
    server.wait(f"data/plugin/kerasvis/maps?tag={CONV}", lambda text: text.count("steps") == 2)
    cut = """(spans) => spans.filter((one) => one.getBoundingClientRect().bottom >
        one.closest(".mapfacts").getBoundingClientRect().bottom + 0.5).length"""
    for size in (96, 144, 160, 240):
        for minus in ("", "one/vis"):
            tab = Tab(browser, server.url()).open(tag=CONV, size=size, minus=minus)
            spans = tab.find(".mapfacts .facts span")
            expect(spans).to_have_count(8)
            assert spans.evaluate_all(cut) == 0, (size, minus)
            tab.close()


def test_a_low_window_scrolls_to_its_maps(browser: Browser, alike: Server) -> None:
    """As a zoom of 200 % makes it of 1440×900."""
    tab = Tab(browser, alike.url())
    tab.page.set_viewport_size({"width": 720, "height": 450})
    tab.open(tag=CONV)
    tab.find(".mapbox").first.scroll_into_view_if_needed()
    expect(tab.find(".mapbox").first).to_be_in_viewport(ratio=0.9)
    for button in tab.find(".controls button").all():
        box = button.bounding_box()
        assert box
        assert box["x"] + box["width"] <= 720
    tab.close()


def test_an_address_that_follows_a_key_at_once_is_gone_to(browser: Browser, alike: Server) -> None:
    """The tab writes its own with some delay, and then no longer."""
    tab = Tab(browser, alike.url()).open(tag=CONV, runs="one", step=3)
    tab.view.evaluate(
        """hash => {
            const key = { key: "ArrowLeft", bubbles: true };
            document.body.dispatchEvent(new KeyboardEvent("keydown", key));
            location.hash = hash;
        }""",
        address({"tag": INPUT, "runs": "two", "step": "1"}),
    )
    expect(tab.find(".stage bdi.run").first).to_have_text("two")
    tab.settle()
    assert tab.state() == {"tag": INPUT, "runs": "two", "step": "1"}
    tab.close()
