"""The tab as a test handles it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import Browser, Frame, Locator, Page, expect

expect.set_options(timeout=20_000)


class Tab:
    """A page with the tab in it. Errors on the page fail the test when it is closed.

    Args:
        browser: Where to open it.
        url: TensorBoard's address.
    """

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self.errors: list[str] = []
        self._context = browser.new_context(viewport={"width": 1400, "height": 900})
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._listen)
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog {dialog.message}"))
        self.view: Page | Frame = self.page

    def _listen(self, message: Any) -> None:
        # Not ours: the icon that browsers ask for, and what the built-in tabs cannot load.
        url = message.location["url"]
        others = "favicon" in url or ("/data/plugin/" in url and "/kerasvis/" not in url)
        if message.type == "error" and not others:
            self.errors.append(f"{message.text} {url}")

    def close(self) -> None:
        self._context.close()
        assert not self.errors, "\n".join(self.errors)

    def open(self, **state: object) -> Tab:
        """The tab alone, as TensorBoard serves it to its iframe."""
        self.page.goto(f"{self.url}/data/plugin_entry.html?name=kerasvis#{address(state)}")
        self.view = self.page
        return self.settle()

    def open_inside(self, **state: object) -> Tab:
        """The tab in TensorBoard."""
        self.page.goto(f"{self.url}/#kerasvis&{address(state)}")
        element = self.page.locator("iframe[src*=kerasvis]").element_handle()
        frame = element.content_frame() if element else None
        assert frame is not None
        self.view = frame
        return self.settle()

    def go(self, **state: object) -> Tab:
        """Another address for the tab that is open."""
        self.view.evaluate("hash => { location.hash = hash; }", address(state))
        return self.settle()

    def settle(self) -> Tab:
        """Waits until what was asked for is drawn, and all pictures in view are there."""
        self.view.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        expect(self.view.locator(".stage > *").first).to_be_attached()
        expect(self.view.locator(".late, .stale, [aria-busy]")).to_have_count(0)
        return self

    def find(self, selector: str) -> Locator:
        return self.view.locator(selector)

    def button(self, name: str) -> Locator:
        return self.view.get_by_role("button", name=name, exact=True)

    def field(self, name: str) -> Locator:
        return self.view.get_by_label(name, exact=True)

    def press(self, *keys: str) -> Tab:
        for key in keys:
            self.page.keyboard.press(key)
        return self.settle()

    def cell(self, run: str) -> Locator:
        """A cell, by its run's label."""
        return self.find(".cell").filter(has=self.view.locator(f'bdi.run[title="{run}"]'))

    def names(self) -> list[str]:
        """The runs of the cells, in order."""
        return self.find(".cell bdi.run").all_inner_texts()

    def step(self) -> str:
        return self.find(".readout strong").inner_text()

    def state(self) -> dict[str, str]:
        """What the address says, once it is written."""
        # A timer of the page's own, as the address is written by one: the earlier goes first.
        self.view.evaluate("() => new Promise((done) => setTimeout(done, 500))")
        parts = str(self.page.evaluate("() => location.hash")).lstrip("#").split("&")
        pairs = [part.split("=") for part in parts if part.startswith("p.kerasvis.")]
        return {unquote(name)[len("p.kerasvis.") :]: unquote(value) for name, value in pairs}

    def pixel(self, canvas: Locator, x: float = 0.5, y: float = 0.5) -> tuple[int, int, int]:
        """The colour at a point (0…1) of a canvas."""
        found = canvas.evaluate(
            """(canvas, [x, y]) => {
                const at = [x * (canvas.width - 1), y * (canvas.height - 1)].map(Math.floor);
                return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
            }""",
            [x, y],
        )
        return tuple(found[:3])

    def violations(self) -> list[str]:
        """What axe-core has to say of the page, without TensorBoard's frame around it."""
        axe = pytest.importorskip("axe_playwright_python")
        script = next(Path(axe.__file__).parent.rglob("axe.min.js")).read_text()
        # By the debugger's way: the page's policy allows no foreign script.
        session = self.page.context.new_cdp_session(self.page)
        session.send("Runtime.evaluate", {"expression": script})
        rules = "['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']"
        asked = {
            "expression": f"axe.run(document, {{ runOnly: {rules} }})"
            ".then((all) => all.violations.map((one) => one.id + ' ' + one.nodes[0].html))",
            "awaitPromise": True,
            "returnByValue": True,
        }
        return list(session.send("Runtime.evaluate", asked)["result"]["value"])

    def shown(self, run: str) -> tuple[int, int, int]:
        """The colour of a run's picture."""
        return self.pixel(self.cell(run).locator("canvas"))


def address(state: dict[str, object]) -> str:
    return "&".join(
        f"p.kerasvis.{name}={quote(str(value), safe='')}" for name, value in state.items()
    )
