"""Makes the README's pictures from the demo's runs.

kerasvis2 demo --log-dir runs/demo --no-board
python docs/make_pictures.py runs/demo
"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

import kerasvis2 as kv

HERE = Path(__file__).parent / "pictures"
FONT = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"
NAMES = ("shortcut", "fixed")
TAG = "grad_cam/07_conv5"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, help="the demo's folder")
    args = parser.parse_args()
    runs = [kv.read(args.runs / name) for name in NAMES]
    HERE.mkdir(exist_ok=True)
    pictures = []
    for found, name in zip(runs, NAMES):
        (run,) = found.values()
        pictures.append(named(run.picture(TAG, max(run.steps(TAG))), name))
    height = max(len(picture) for picture in pictures)
    padded = [
        np.pad(p, ((0, height - len(p)), (0, 16), (0, 0)), constant_values=255) for p in pictures
    ]
    save(np.hstack(padded), "shortcut_and_fixed.png")


def named(picture: np.ndarray, name: str) -> np.ndarray:
    """The picture below a line that names its run."""
    line = Image.new("RGB", (picture.shape[1], 34), "white")
    font = ImageFont.truetype(str(FONT), 22)
    ImageDraw.Draw(line).text((12, 4), f"run: {name}", fill=(180, 80, 0), font=font)
    return np.vstack([np.asarray(line), picture])


def save(picture: np.ndarray, name: str) -> None:
    Image.fromarray(picture).save(HERE / name, optimize=True)


if __name__ == "__main__":
    main()
