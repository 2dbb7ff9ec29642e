"""Makes the README's pictures of the demo's runs.

kerasvis2 demo --log-dir runs/demo --no-board
python docs/make_pictures.py runs/demo
"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

import kerasvis2 as kv
from kerasvis2.record.reader import Run

HERE = Path(__file__).parent / "pictures"
FONT = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"
NAMES = ("shortcut", "fixed")
COLOURS = ((180, 80, 0), (0, 92, 175))
TAG = "grad_cam/07_conv5@predicted"
CHARTS = (
    ("validation/epoch_accuracy", "accuracy on its own validation data"),
    ("grad_cam/energy_on_object/conv5", "share of Grad-CAM on the digit"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, help="the demo's folder")
    args = parser.parse_args()
    runs = [kv.read(args.runs / name)[name] for name in NAMES]
    HERE.mkdir(exist_ok=True)
    pictures = []
    for run, name, colour in zip(runs, NAMES, COLOURS):
        pictures.append(named(run.picture(TAG, max(run.steps(TAG))), name, colour))
    height = max(len(picture) for picture in pictures)
    padded = [
        np.pad(p, ((0, height - len(p)), (0, 16), (0, 0)), constant_values=255) for p in pictures
    ]
    save(np.hstack(padded), "shortcut_and_fixed.png")
    save(charts(runs), "energy_on_object.png")


def charts(runs: list[Run]) -> np.ndarray:
    """The scalars that do not tell the runs apart, and those that do, over the epochs."""
    figure = Figure(figsize=(10, 3), dpi=100, layout="constrained")
    for axes, (tag, title) in zip(figure.subplots(1, len(CHARTS)), CHARTS):
        for run, name, colour in zip(runs, NAMES, COLOURS):
            steps, values = run.scalars(tag)
            line = [part / 255 for part in colour]
            axes.plot(steps, values, color=line, marker="o", markersize=4, label=name)
        if tag.startswith("grad_cam"):
            steps, values = runs[0].scalars("grad_cam/energy_on_object/chance")
            axes.plot(steps, values, color="grey", linestyle="--", label="area of the digit")
        axes.set(title=title, xlabel="epoch", ylim=(0, None), xticks=steps)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="0.9")
        axes.legend(frameon=False, loc="best")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def named(picture: np.ndarray, name: str, colour: tuple[int, int, int]) -> np.ndarray:
    """The picture below a line that names its run."""
    line = Image.new("RGB", (picture.shape[1], 34), "white")
    font = ImageFont.truetype(str(FONT), 22)
    ImageDraw.Draw(line).text((12, 4), f"run: {name}", fill=colour, font=font)
    return np.vstack([np.asarray(line), picture])


def save(picture: np.ndarray, name: str) -> None:
    # 256 colours are enough for grey photographs and two ramps, and half the bytes.
    covered = {"method": Image.Quantize.MAXCOVERAGE, "kmeans": 1, "dither": Image.Dither.NONE}
    few = Image.fromarray(picture).quantize(256, **covered)
    few.save(HERE / name, optimize=True)


if __name__ == "__main__":
    main()
