"""What the pictures of an ascent are painted on: size, range and colours of given images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops


@dataclass(frozen=True)
class Canvas:
    """Size, range, colours and spectrum of a model's input images.

    "Display units" are 0 at `low` and 1 at `high`. Everything but the range is measured on the
    images that the model is shown, never on ImageNet's, so it holds for greyscale, medical and
    multispectral input.

    Attributes:
        shape: (H, W, C).
        low: (C,) model input that is shown black, channel by channel.
        high: (C,) model input that is shown white.
        background: (C,) the usual colour, the median, in display units.
        mean: (C,) the mean colour in display units.
        colors: (C, C) turns uncorrelated channels into display units: the square root of the
            colours' covariance.
        spectrum: (H, W, C) mean magnitude of the orthonormal Fourier transform of the images'
            uncorrelated channels.
    """

    shape: tuple[int, int, int]
    low: np.ndarray
    high: np.ndarray
    background: np.ndarray
    mean: np.ndarray
    colors: np.ndarray
    spectrum: np.ndarray

    def to_input(self, images: Any) -> Any:
        """Display units to model input units; images (…, H, W, C) of NumPy or `keras.ops`."""
        span, low = self.high - self.low, self.low
        if not isinstance(images, np.ndarray):
            span, low = ops.convert_to_tensor(span), ops.convert_to_tensor(low)
        return images * span + low

    def blank(self) -> np.ndarray:
        """The background alone, (H, W, C), in model input units."""
        flat = np.broadcast_to(self.background, self.shape).astype(np.float32)
        return self.to_input(flat)


def measure(images: np.ndarray, low: Any = 0.0, high: Any = 1.0) -> Canvas:
    """Canvas of images (N, H, W, C) in model input units.

    Args:
        images: the probe's images, or training images; a few suffice.
        low: model input shown black, a number or one a channel (C,).
        high: model input shown white, likewise.

    Raises:
        ValueError: if the images are not (N, H, W, C) or the range is empty.
    """
    images = np.asarray(images, np.float32)
    if images.ndim != 4 or not images.size:
        raise ValueError(f"images must be (N, H, W, C) with N ≥ 1, got shape {images.shape}")
    channels = images.shape[3]
    bottom, top = _range(low, high, channels)
    shown = np.clip((images - bottom) / (top - bottom), 0.0, 1.0)
    pixels = shown.reshape(-1, channels)
    mean = pixels.mean(axis=0)
    covariance = np.atleast_2d(np.cov(pixels, rowvar=False, bias=True))
    vectors, values, _ = np.linalg.svd(covariance)
    # A channel that never varies keeps a little room, or the ascent could not use it.
    spread = np.sqrt(np.maximum(values, 1e-4))
    plain = (shown - mean) @ (vectors / spread)
    spectrum = np.abs(np.fft.fft2(plain, axes=(1, 2), norm="ortho")).mean(axis=0)
    return Canvas(
        shape=images.shape[1:],
        low=bottom,
        high=top,
        background=np.median(pixels, axis=0).astype(np.float32),
        mean=mean.astype(np.float32),
        colors=(spread[:, None] * vectors.T).astype(np.float32),
        spectrum=spectrum.astype(np.float32),
    )


def frequencies(height: int, width: int) -> np.ndarray:
    """Cycles a pixel of each coefficient of a discrete Fourier transform, (H, W)."""
    return np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])


def _range(low: Any, high: Any, channels: int) -> tuple[np.ndarray, np.ndarray]:
    bottom = np.broadcast_to(np.asarray(low, np.float32), (channels,))
    top = np.broadcast_to(np.asarray(high, np.float32), (channels,))
    if not (top > bottom).all():
        raise ValueError(f"high must lie above low in every channel, got low={low}, high={high}")
    return bottom, top
