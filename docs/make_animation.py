"""Makes the README's animation of the explorer: the demo's runs, epoch by epoch, in Chromium.

kerasvis2 demo --log-dir runs/demo --no-board
python docs/make_animation.py runs/demo
"""

import argparse
import io
import shutil
import time
from pathlib import Path
from urllib.parse import quote

from make_tab import READY, TAG, served
from PIL import Image
from playwright.sync_api import sync_playwright

TARGET = Path(__file__).parent / "pictures" / "explorer.webp"
SIZE = {"width": 1000, "height": 640}
EPOCHS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, help="the demo's folder")
    args = parser.parse_args()
    with served(args.runs) as url:
        frames = film(url)
    times = [700] * (len(frames) - 1) + [2500]
    first, *others = frames
    first.save(TARGET, save_all=True, append_images=others, duration=times, loop=0, quality=70)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB, {len(frames)} epochs")


def film(url: str) -> list[Image.Image]:
    """The tab at each epoch in turn."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport=SIZE)
        time.sleep(20)  # TensorBoard reads in the background
        page.goto(f"{url}data/plugin_entry.html?name=kerasvis#p.kerasvis.tag={quote(TAG, safe='')}")
        page.wait_for_function(READY)
        for _ in range(EPOCHS):
            page.keyboard.press("ArrowLeft")
        frames = []
        for _ in range(EPOCHS):
            page.wait_for_timeout(1500)
            page.wait_for_function(READY)
            frames.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            page.keyboard.press("ArrowRight")
        browser.close()
    return frames


if __name__ == "__main__":
    main()
