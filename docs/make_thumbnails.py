"""Makes the README's thumbnails, one map of each view, out of the pages' pictures.

python docs/make_views.py
python docs/make_thumbnails.py
"""

from pathlib import Path

from PIL import Image

VIEWS = Path(__file__).parent / "pictures" / "views"
TO = Path(__file__).parent / "pictures" / "thumbnails"
SIZE = 96
# The part of each sheet that is cut out: left, top, right, bottom. Sheets of maps over six images
# have the map of the second one at the same place.
PARTS = {
    "curves": (0, 110, 330, 270),
    "predictions": (12, 90, 150, 260),
    "layer_health": (72, 130, 252, 300),
    "drift": (72, 130, 252, 260),
    "filmstrip": (110, 148, 500, 468),
    "model_graph": (200, 0, 460, 300),
    "filters": (0, 72, 390, 230),
    "activations": (42, 186, 302, 446),
    "activation_maximization": (12, 84, 204, 276),
    "attention": (12, 110, 500, 210),
    "score_cam": (14, 306, 200, 492),  # the second one's is 0
}


def main() -> None:
    TO.mkdir(exist_ok=True)
    for file in sorted(VIEWS.glob("*.png")):
        if not (VIEWS.parents[1] / "views" / f"{file.stem}.md").is_file():
            continue  # a trouble
        sheet = Image.open(file).convert("RGB")
        part = sheet.crop(PARTS.get(file.stem) or second_map(sheet))
        part.thumbnail((SIZE * 2, SIZE * 2), Image.Resampling.LANCZOS)
        part.quantize(128, kmeans=1).save(TO / file.name, optimize=True)


def second_map(sheet: Image.Image) -> tuple[int, int, int, int]:
    """Below the first row of photographs lies the first row of maps: the one in the middle."""
    width = sheet.width
    left, right = round(width * 0.342), round(width * 0.636)
    top = next(y for y in range(60, sheet.height) if dark(sheet, left + 20, y))
    side = right - left
    return left + 5, top + side + 8, right - 5, top + 2 * side - 2


def dark(sheet: Image.Image, x: int, y: int) -> bool:
    """Whether a photograph has begun there: its first rows are dark all along."""
    return all(max(sheet.getpixel((x + i, y + 3))) < 200 for i in range(0, 60, 6))


if __name__ == "__main__":
    main()
