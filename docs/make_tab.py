"""Makes the picture of the tab of the demo's runs, in Chromium.

kerasvis2 demo --log-dir runs/demo --no-board
python docs/make_tab.py runs/demo
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import sync_playwright

TARGET = Path(__file__).parent / "pictures" / "explorer.png"
TAG = "grad_cam/07_conv5@predicted"
SIZE = {"width": 1200, "height": 800}
READY = """() => document.querySelector(".mapbox canvas") &&
    !document.querySelector(".late, .stale, [aria-busy]")"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, help="the demo's folder")
    args = parser.parse_args()
    with served(args.runs) as url:
        photograph(url)


@contextmanager
def served(runs: Path) -> Iterator[str]:
    """TensorBoard over a folder of runs, and its address."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(runs), "--port=0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as board:
        assert board.stderr is not None
        found = next(filter(None, (re.search(r"http://\S+", line) for line in board.stderr)))
        try:
            yield found[0]
        finally:
            board.terminate()


def photograph(url: str) -> None:
    """The tab once it has read and drawn everything."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport=SIZE)
        time.sleep(15)  # TensorBoard reads in the background
        address = f"{url}data/plugin_entry.html?name=kerasvis#p.kerasvis.tag={quote(TAG, safe='')}"
        page.goto(address)
        page.wait_for_function(READY)
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main()
