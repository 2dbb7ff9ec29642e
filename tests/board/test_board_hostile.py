"""Words of a log are text wherever the tab shows them, in its explorer too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import map_logs
import numpy as np
from board_server import Server
from board_tab import Tab
from playwright.sync_api import Browser, expect

from kerasvis2.record import events
from kerasvis2.record.maps import ANSWERS_TAG, MAPS_TAG, PROBE_TAG, encode_maps
from kerasvis2.record.probed import answers_blob, probe_blob
from kerasvis2.record.writer import EventFile

PLACES = ("run", "tag", "curve", "about", "class", "of", "unit", "how", "why", "word")


def html(place: str) -> str:
    """What would run where it were HTML; it says where it was found."""
    return f"<img src=x onerror=document.title='{place}'>"


TAGS = [f"{html('tag')}/03_one", f"{html('tag')}/04_two"]
ELEMENTS = "img, script:not([type=module]), b, iframe"
SHOWN = """
() => {
    const found = [];
    for (const each of document.querySelectorAll("body, body *")) {
        found.push(...[...each.attributes].map((attribute) => attribute.value));
        found.push(...[...each.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data));
    }
    return found.join("\\n");
}
"""


def write(root: Path) -> None:
    """Two runs; the words of one of them are no class, and its maps are 0."""
    for run, empty in ((f"{html('run')}", False), ("words", True)):
        file = EventFile(root / run / "vis")
        names = [html("class")] * 3
        labels = None if empty else map_logs.LABELS
        probe = probe_blob(
            map_logs.pictures("one"), fingerprint="aa" * 32, labels=labels, class_names=names
        )
        for step in range(2):
            values = [events.blob(PROBE_TAG, probe)] if step == 0 else []
            for tag in TAGS:
                maps = map_logs.maps("one", step, map_logs.CONV) * (0 if empty else 1)
                header = {name: html(name) for name in ("unit", "how", "why")}
                header["of"] = [html("of")] * map_logs.IMAGES
                values.append(events.blob(MAPS_TAG + tag, encode_maps(maps, header)))
                pixels = np.full((20, 30, 3), 10 * step, np.uint8)
                values.append(events.image(tag, pixels, f"**{html('about')}**"))
            told = map_logs.shares("one", 2 * step)
            given = (
                {"words": [html("word")] * map_logs.IMAGES}
                if empty
                else {"true": map_logs.LABELS, "guess": told.argmax(1)}
            )
            answer = answers_blob(None if empty else told, **given)
            values.append(events.answers(ANSWERS_TAG, answer))
            values.append(events.scalar(html("curve"), 0.5))
            file.append(step, 1_700_000_000.0 + 60 * step, values)


def test_words_of_a_log_are_text_in_each_place(
    tmp_path: Path, browser: Browser, serve: Callable[..., Server]
) -> None:
    write(tmp_path / "logs")
    server = serve(tmp_path / "logs", "--load_fast=false")
    server.wait("data/plugin/kerasvis/index", lambda text: text.count('"label"') == 2)
    tab = Tab(browser, server.url())
    first = f"{html('run')}/vis"
    seen = ""
    for state in (
        {},
        {"axis": "steps", "of": first, "minus": "step 0"},
        {"axis": "views", "of": first},
        {"minus": first, "look": "map", "sort": "dispute"},
        {"one": 1},
        {"class": 1, "only": "changed", "runs": "img"},
        {"mode": "step"},
        {"mode": "grid"},
        {"mode": "ab", "a": first, "b": "words/vis"},
        {"mode": "ab", "ab": "swipe", "a": first},
        {"tag": html("gone"), "runs": html("none")},
    ):
        tab.open(**{"tag": TAGS[0], "curve": html("curve"), "curves": "on", "size": 200} | state)
        for canvas in tab.find(".mapbox canvas").all()[:1]:
            canvas.hover()
        seen += tab.page.evaluate(SHOWN)
        assert tab.page.title() == "Kerasvis"
        assert tab.find(ELEMENTS).count() == 0, state
    assert [place for place in PLACES if html(place) not in seen] == []
    tab.close()


def test_what_passes_for_an_element_is_no_word(
    tmp_path: Path, browser: Browser, serve: Callable[..., Server]
) -> None:
    """The page describes its elements by objects, and a log may hold objects of that form."""
    element = {"name": "img", "props": {"src": "x"}, "key": "x", "children": []}
    places = dict.fromkeys(("unit", "how", "why"), element) | {"of": [element] * 6}
    probe = probe_blob(map_logs.pictures("one"), fingerprint="aa" * 32)
    for place, words in places.items():
        blob = encode_maps(map_logs.maps("one", 0, map_logs.CONV), {place: words})
        values = [events.blob(PROBE_TAG, probe), events.blob(MAPS_TAG + map_logs.CONV, blob)]
        EventFile(tmp_path / "logs" / place / "vis").append(0, 1_700_000_000.0, values)
    server = serve(tmp_path / "logs", "--load_fast=false")
    server.wait("data/plugin/kerasvis/index", lambda text: text.count('"label"') == len(places))
    tab = Tab(browser, server.url()).open(tag=map_logs.CONV, size=150)
    row = tab.find(".maprow").nth(1)
    expect(row.get_by_text("Not readable")).to_have_count(len(places))
    assert tab.find(ELEMENTS).count() == 0
    tab.close()
