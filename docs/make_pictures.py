"""Makes the README's pictures from the demo's runs.

    kerasvis2 demo --log-dir runs/demo --no-board
    python docs/make_pictures.py runs/demo
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import kerasvis2 as kv

HERE = Path(__file__).parent / "pictures"
TAG = "grad_cam/07_conv5"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, help="the demo's folder")
    args = parser.parse_args()
    runs = [kv.read(args.runs / name) for name in ("shortcut", "fixed")]
    HERE.mkdir(exist_ok=True)
    pictures = []
    for found in runs:
        (run,) = found.values()
        pictures.append(run.picture(TAG, max(run.steps(TAG))))
    height = max(len(picture) for picture in pictures)
    gap = np.full((height, 16, 3), 255, "uint8")
    padded = [
        np.pad(p, ((0, height - len(p)), (0, 0), (0, 0)), constant_values=255) for p in pictures
    ]
    save(np.hstack([padded[0], gap, padded[1]]), "shortcut_and_fixed.png")


def save(picture: np.ndarray, name: str) -> None:
    """As a PNG of 256 colours, a third of the size."""
    Image.fromarray(picture).quantize(256).save(HERE / name, optimize=True)


if __name__ == "__main__":
    main()
