"""Real trainings that kept maps at every step and drew pictures at some, or that have no maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import networks
import numpy as np
import pytest
from board_server import Server
from board_tab import Tab
from keras import layers
from playwright.sync_api import Browser, expect

import kerasvis2 as kv

EPOCHS, EVERY = 6, 3
LOADERS = {"rust": "true", "python": "false"}


def signals() -> tuple[keras.Model, np.ndarray]:
    model = keras.Sequential(
        [
            keras.Input((40, 2)),
            layers.Conv1D(4, 5, activation="relu", name="conv"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3),
        ]
    )
    return model, np.random.default_rng(0).normal(size=(16, 40, 2)).astype("float32")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`all` has every picture and `few` every third; the run `signal` has no picture to look at."""
    folder = tmp_path_factory.mktemp("few")
    for name, pictures in (("all", 1), ("few", EVERY)):
        model = networks.functional()
        model.compile("sgd", "sparse_categorical_crossentropy")
        probe = kv.Probe(networks.images(4), networks.labels(4), display=(0, 1))
        views = [kv.GradCAM(layers="conv2"), kv.Filters()]
        monitor = kv.Monitor(folder / "runs" / name, probe, views, pictures=pictures)
        fit(model, networks.images(16), networks.labels(16), EPOCHS, monitor)
    model, x = signals()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    y = np.arange(16) % 3
    views = [kv.GradCAM(), kv.Saliency(), kv.GradientTimesInput()]
    monitor = kv.Monitor(folder / "other" / "signal", kv.Probe(x[:4], y[:4]), views)
    fit(model, x, y, 1, monitor)
    return folder


def fit(model: keras.Model, x: np.ndarray, y: np.ndarray, epochs: int, monitor: kv.Monitor) -> None:
    model.fit(x, y, epochs=epochs, verbose=0, shuffle=False, callbacks=[monitor])


@pytest.fixture(scope="module")
def servers(logs: Path, serve: Callable[..., Server]) -> dict[str, Server]:
    made = {name: serve(logs / "runs", f"--load_fast={fast}") for name, fast in LOADERS.items()}
    made["other"] = serve(logs / "other")
    last = f" {EPOCHS - 1}]"
    for name in LOADERS:
        for kind in ("series", "maps"):
            path = f"data/plugin/kerasvis/{kind}?tag={tag_of(logs)}"
            made[name].wait(path, lambda text: text.count("steps") == 2 and last in text)
    made["other"].wait("data/plugin/kerasvis/index", lambda text: "grad_cam" in text)
    return made


def tag_of(logs: Path) -> str:
    """Of Grad-CAM's pictures."""
    (tag,) = [tag for tag in kv.read(logs / "runs")["few"].tags() if tag.startswith("grad_cam")]
    return tag


@pytest.fixture
def tab(browser: Browser, server: Server) -> Iterator[Tab]:
    tab = Tab(browser, server.url())
    yield tab
    tab.close()


def test_a_step_without_pictures_says_so_and_has_its_maps(tab: Tab, logs: Path) -> None:
    tab.open(tag=tag_of(logs), mode="grid", runs="few|all", step=4, curves="off")
    cell = tab.cell("few").filter(has_text="step 4")
    expect(cell).to_contain_text("No picture at this step")
    expect(cell.get_by_role("button", name="Nearest: step 3")).to_be_visible()
    drawn = tab.cell("few").locator("canvas").evaluate_all("all => all.map((c) => c.dataset.step)")
    assert drawn == ["0", "3"]
    cell.get_by_role("button", name="Its maps").click()
    tab.settle()
    assert tab.step() == "step 4"
    expect(tab.find('.mapbox[aria-label*=", few, step 4"] canvas').first).to_be_visible()


def test_the_latest_is_of_what_is_shown(tab: Tab, logs: Path) -> None:
    tab.open(tag=tag_of(logs))
    expect(tab.find('.mapbox[aria-label*=", few, step 5"] canvas').first).to_be_visible()
    tab.open(tag=tag_of(logs), mode="step")
    expect(tab.cell("few").locator(".facts")).to_contain_text("step 3 ·")
    expect(tab.cell("all").locator(".facts")).to_contain_text("step 5 ·")


def test_from_maps_to_pictures_goes_to_the_nearest_step_and_says_so(tab: Tab, logs: Path) -> None:
    tab.open(tag=tag_of(logs), runs="few", step=4)
    tab.button("One step").click()
    tab.settle()
    assert tab.step() == "step 3"
    expect(tab.find("[data-kind=said]")).to_contain_text("Not logged at step 4")
    expect(tab.cell("few").locator("canvas")).to_be_visible()


def test_comparisons_have_all_steps(logs: Path, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="the nearest is 3; `maps` has its maps at step 4"):
        kv.read(logs / "runs")["few"].picture(tag_of(logs), 4)
    comparison = kv.compare(logs / "runs", tag_of(logs))
    assert comparison.steps == list(range(EPOCHS))
    for step in comparison.steps:
        assert comparison.picture("few", step) is not None
        np.testing.assert_array_equal(comparison.difference("few", "all", step), 0)
    comparison.save(tmp_path / "all.html")
    assert "missing" not in (tmp_path / "all.html").read_text().partition('"cells"')[2][:2000]
    logged = kv.compare(logs / "runs", tag_of(logs), scale="logged")
    assert [logged.picture("few", step) is not None for step in logged.steps] == [
        step % EVERY == 0 for step in range(EPOCHS)
    ]


def test_maps_that_lie_over_no_pictures_are_numbers_to_read(
    logs: Path, servers: dict[str, Server], browser: Browser
) -> None:
    run = kv.read(logs / "other")["signal"]
    shapes = {tag.partition("/")[0]: run.maps(tag, 0).shape for tag in run.tags()}
    assert shapes == {
        "grad_cam": (4, 36),
        "saliency": (4, 40),
        "gradient_times_input": (4, 40, 2),
    }
    assert kv.compare(run, "grad_cam/*").picture("signal", 0) is not None, "as it was drawn"
    tab = Tab(browser, servers["other"].url()).open()
    expect(tab.find("h1")).to_have_text("grad_cam/conv")
    expect(tab.cell("signal").locator("canvas")).to_be_visible()
    expect(tab.button("Maps")).to_have_count(0)
    tab.close()
