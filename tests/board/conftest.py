"""One TensorBoard a loader and one browser for all tests of the tab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import board_logs
import pytest
from board_server import Server
from board_tab import Tab
from playwright.sync_api import Browser

LOADERS = {"rust": "true", "python": "false"}


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., Server]]:
    """Starts TensorBoards, and stops them in the end."""
    servers: list[Server] = []

    def start(folder: Path, *flags: str) -> Server:
        servers.append(Server(folder, *flags))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def servers(
    tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]
) -> dict[str, Server]:
    """The same logs under both loaders, each with a folder of its own to write more into."""
    made = {}
    for name, fast in LOADERS.items():
        folder = tmp_path_factory.mktemp(name)
        board_logs.write_runs(folder / "runs")
        board_logs.write_hostile(folder / "hostile")
        made[name] = serve(folder, f"--load_fast={fast}", "--reload_interval=1")
    for server in made.values():
        server.wait("data/plugin/kerasvis/index", lambda text: text.count('"fingerprint"') >= 11)
        server.wait("data/plugin/kerasvis/series?tag=photos", lambda text: "10]" in text)
    return made


@pytest.fixture(params=LOADERS)
def server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    """TensorBoard, under each of its loaders."""
    return servers[request.param]


@pytest.fixture
def tab(browser: Browser, servers: dict[str, Server]) -> Iterator[Tab]:
    """The tab in a page of its own, by default without TensorBoard's frame around it."""
    tab = Tab(browser, servers["rust"].url())
    yield tab
    tab.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser on a busy machine may miss a moment; a fault of ours fails every time."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=1))
