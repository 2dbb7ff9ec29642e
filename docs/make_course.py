"""Runs the notebooks of the course and keeps what they show, in small pictures.

python -m pip install -e ".[test]"
python docs/make_course.py                    # all of them
python docs/make_course.py 3 7                # those whose names begin so

Edit a notebook in any editor, run this, commit. What is kept of a run is what a reader should see:
no times, no warnings of the machine, no version of Python, so that a second run changes little.
"""

import argparse
import base64
import io
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

COURSE = Path(__file__).parent / "course"
MOST = 300_000  # bytes of a file
WIDEST = 1000  # pixels of a picture
INLINE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of names; all by default")
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for path in sorted(COURSE.glob("*.ipynb")):
        if not args.names or path.name.startswith(tuple(args.names)):
            start = time.perf_counter()
            nbformat.write(shrunk(executed(path)), path)
            size = path.stat().st_size
            print(f"{path.name}: {time.perf_counter() - start:.0f} s, {size / 1000:.0f} kB")
            if size > MOST:
                raise SystemExit(f"{path.name} has more than {MOST / 1000:.0f} kB: show less.")


def executed(path: Path) -> Any:
    """The notebook as it is after a run in a folder of its own."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": folder}}).execute()
    return notebook


def shrunk(notebook: Any) -> Any:
    """With small pictures, and without what differs from run to run or machine to machine."""
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type != "code":
            continue
        cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                data.pop("image/jpeg", None)
                kind, data["image/png"] = small(data["image/png"])
                data[kind] = data.pop("image/png")
                data["text/plain"] = "<picture>"
            if "text/html" in data:
                data["text/html"] = INLINE.sub(_inline, data["text/html"])
                if "<img" in data["text/html"]:
                    data["text/plain"] = "<pictures>"
    return notebook


def _inline(match: re.Match[str]) -> str:
    kind, text = small(match[1])
    return f"data:{kind};base64,{text}"


def small(text: str) -> tuple[str, str]:
    """A PNG in base64 as the smaller of a PNG of 128 colours and, if half of that, a JPEG."""
    picture = Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB")
    if picture.width > WIDEST:
        size = (WIDEST, round(picture.height * WIDEST / picture.width))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    few = picture.quantize(128, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    png, jpeg = io.BytesIO(), io.BytesIO()
    few.save(png, "PNG", optimize=True)
    picture.save(jpeg, "JPEG", quality=72, subsampling=0, optimize=True)
    half = len(jpeg.getvalue()) < 0.6 * len(png.getvalue())
    kind, kept = ("image/jpeg", jpeg) if half else ("image/png", png)
    return kind, base64.b64encode(kept.getvalue()).decode()


if __name__ == "__main__":
    main()
