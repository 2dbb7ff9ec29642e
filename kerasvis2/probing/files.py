"""Image files as a batch."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasvis2.probing.display import Display
from kerasvis2.probing.fit import fit_affine
from kerasvis2.probing.scales import Affine, Range

Paths = str | Path | Iterable[str | Path]


def read_images(files: Iterable[Path], size: tuple[int, int], channels: int) -> np.ndarray:
    """(N, height, width, channels) float32 in 0…255; see `Probe.from_images`."""
    try:
        height, width = (int(length) for length in size)
    except (TypeError, ValueError):
        raise ValueError(f"size={size!r}; give (height, width) in pixels.") from None
    if height < 1 or width < 1:
        raise ValueError(f"size={size!r}; give (height, width) in pixels, each 1 or more.")
    if channels not in (1, 3):
        raise ValueError(f"channels={channels!r}; give 3 for colour or 1 for grey.")
    return np.stack([_read(path, height, width, channels) for path in files])


def class_folders(paths: Paths) -> tuple[list[Path], list[int], list[str]] | None:
    """The files, classes and class names of a folder that holds one folder of images a class.

    Folders are classes in the order of their names, as in `keras.utils`. Files come in turn: the
    first of each class, then the second ones. None where `paths` is something else.
    """
    if not isinstance(paths, (str, Path)) or not Path(paths).is_dir() or _images_in(Path(paths)):
        return None
    folders = sorted(path for path in Path(paths).iterdir() if path.is_dir())
    classes = [folder for folder in folders if not folder.name.startswith(".")]
    found = [_images_in(folder) for folder in classes]
    if not any(found):
        return None
    turns = (
        (files[turn], place)
        for turn in range(max(map(len, found)))
        for place, files in enumerate(found)
        if turn < len(files)
    )
    chosen = list(turns)
    names = [folder.name for folder in classes]
    return [file for file, _ in chosen], [place for _, place in chosen], names


def find_files(paths: Paths) -> list[Path]:
    """The files meant by files, folders and globs; folders and globs in the order of names."""
    given = [paths] if isinstance(paths, (str, Path)) else list(paths)
    if not given:
        raise ValueError("paths is empty; give image files, a folder or a glob.")
    return [file for path in given for file in _files_of(Path(path))]


def _files_of(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if path.is_dir():
        found = _images_in(path)
    else:
        found = sorted(Path(name) for name in glob.glob(str(path), recursive=True))
        found = [file for file in found if file.is_file()]
    if not found:
        raise FileNotFoundError(f"paths: no image file found under {str(path)!r}.")
    return found


def _images_in(folder: Path) -> list[Path]:
    from PIL import Image

    suffixes = Image.registered_extensions()
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in suffixes)


def _read(path: Path, height: int, width: int, channels: int) -> np.ndarray:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as file:
            image = _eight_bits(ImageOps.exif_transpose(file))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"paths: {str(path)!r} cannot be read as an image: {error}") from error
    image = ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
    pixels = np.asarray(image if channels == 3 else image.convert("L"), np.float32)
    return pixels if channels == 3 else pixels[..., np.newaxis]


def _eight_bits(image: Any) -> Any:
    """Any Pillow image as RGB, 16-bit grey scaled down and transparency laid on white."""
    from PIL import Image

    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image) / 257).clip(0, 255).round().astype(np.uint8))
    elif image.mode == "F":
        raise ValueError("its pixels are floats of no known scale; convert it to 8 bits first")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def preprocess_batch(
    pictures: np.ndarray, preprocess: Callable[[np.ndarray], Any], display: Any
) -> tuple[np.ndarray, Any]:
    """What the model takes for pictures in 0…255, and the display that undoes it.

    Args:
        pictures: (N, H, W, C) float32 in 0…255.
        preprocess: from such a batch to what the model takes.
        display: the user's own display, or None.
    """
    inputs = _call(preprocess, pictures)
    if display is not None:
        return inputs, display
    return inputs, _undo(preprocess, pictures)


def _call(preprocess: Callable[[np.ndarray], Any], pictures: np.ndarray) -> np.ndarray:
    # On a copy: Keras's own preprocessing functions write into what they are given.
    result = np.asarray(preprocess(pictures.copy()))
    return result.astype(np.float32) if result.dtype == np.float64 else result


def _undo(preprocess: Callable[[np.ndarray], Any], pictures: np.ndarray) -> Display | str:
    """The display for inputs that a preprocessing function made: exact if it is affine."""
    fitted = fit_affine(lambda x: _call(preprocess, x), pictures, clipped=None)
    square = fitted is not None and fitted.matrix.shape[0] == fitted.matrix.shape[1]
    if fitted is None or not square or np.linalg.matrix_rank(fitted.matrix) < len(fitted.matrix):
        return "auto"
    low, high = fitted.forward(np.array([[0.0], [255.0]]) * np.ones(len(fitted.matrix)))
    scale = np.diag(fitted.matrix)
    if np.allclose(fitted.matrix, scale[0] * np.eye(len(scale))) and np.ptp(low) < 1e-5:
        return Range(float(low[0].round(6)), float(high[0].round(6)))
    inverse = np.linalg.inv(fitted.matrix)
    return Affine(inverse / 255, -fitted.offset @ inverse / 255)
