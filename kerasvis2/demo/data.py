"""Real handwritten digits on real photographs of brick, grass and gravel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DIGITS = (3, 5, 8)
CLASS_NAMES = ["three", "five", "eight"]
TEXTURES = ("brick", "grass", "gravel")
SIDE, DIGIT_SIDE = 64, 24
INK, LIGHT = 0.7, 0.6  # how opaque the digits are, how bright the photographs


@dataclass(frozen=True)
class Pictures:
    """Digits on textures.

    Attributes:
        images: (N, 64, 64, 1) float32 in [0, 1].
        labels: (N,) index of the digit.
        masks: (N, 64, 64) bool, where the digit is.
        textures: (N,) index of the photograph behind it.
    """

    images: np.ndarray
    labels: np.ndarray
    masks: np.ndarray
    textures: np.ndarray


def load_sources() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Digits (n, 24, 24) by class and photographs (512, 512), in [0, 1].

    Raises:
        ModuleNotFoundError: without the packages of the extra `demo`.
    """
    try:
        from skimage import data
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ModuleNotFoundError(
            f"The demo needs {error.name}: python -m pip install scikit-learn scikit-image"
        ) from error
    from PIL import Image

    small, labels = load_digits(return_X_y=True)

    def enlarge(pixels: np.ndarray) -> np.ndarray:
        image = Image.fromarray((pixels.reshape(8, 8) / 16).astype("float32"))
        larger = image.resize((DIGIT_SIDE, DIGIT_SIDE), Image.Resampling.BICUBIC)
        return np.clip(np.asarray(larger), 0, 1)

    digits = [np.stack([enlarge(p) for p in small[labels == digit]]) for digit in DIGITS]
    photographs = [getattr(data, name)().astype("float32") / 255 for name in TEXTURES]
    return digits, photographs


def compose(
    digits: list[np.ndarray],
    photographs: list[np.ndarray],
    labels: np.ndarray,
    textures: np.ndarray,
    rng: np.random.Generator,
) -> Pictures:
    """Each digit somewhere on a random crop of its photograph."""
    count = len(labels)
    images = np.empty((count, SIDE, SIDE, 1), "float32")
    masks = np.zeros((count, SIDE, SIDE), bool)
    for i, (label, texture) in enumerate(zip(labels, textures)):
        photograph, digit = photographs[texture], digits[label][rng.integers(len(digits[label]))]
        top, left = rng.integers(0, photograph.shape[0] - SIDE, 2)
        image = LIGHT * photograph[top : top + SIDE, left : left + SIDE]
        y, x = rng.integers(2, SIDE - DIGIT_SIDE - 2, 2)
        place = (slice(y, y + DIGIT_SIDE), slice(x, x + DIGIT_SIDE))
        image[place] += INK * digit * (1 - image[place])
        images[i, ..., 0] = image
        masks[i][place] = digit > 0.3
    return Pictures(images, labels, masks, textures)


def story(seed: int = 0) -> dict[str, Pictures]:
    """What the two runs are trained and tested on.

    `shortcut` and `shortcut_val`: each digit always on its own photograph. `fixed` and
    `fixed_val`: any digit on any photograph. `probe`: every digit on every photograph. `test`:
    as `fixed`, of digits and places of photographs that no training saw.
    """
    rng = np.random.default_rng(seed)
    digits, photographs = load_sources()

    def make(count: int, tied: bool, held_out: bool) -> Pictures:
        labels = rng.permutation(np.arange(count) % len(DIGITS))
        textures = labels if tied else rng.integers(0, len(TEXTURES), count)
        cut = slice(-40, None) if held_out else slice(-40)
        return compose([d[cut] for d in digits], photographs, labels, textures, rng)

    every = np.arange(9)
    probe = compose([d[-40:] for d in digits], photographs, every % 3, every // 3, rng)
    return {
        "probe": probe,
        "shortcut": make(1600, True, False),
        "shortcut_val": make(300, True, True),
        "fixed": make(1600, False, False),
        "fixed_val": make(300, False, True),
        "test": make(600, False, True),
    }
