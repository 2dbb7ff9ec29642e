"""How an ascent is done: its settings, and good ones for a quality and an image size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kerasvis2.synthesis.parametrizations import Parametrize
from kerasvis2.synthesis.regularizers import Regularizer, lp_norm, total_variation
from kerasvis2.synthesis.transforms import (
    Transform,
    crop,
    jitter,
    noise,
    rotate,
    scale,
    shear,
    warp,
)

QUALITIES = ("fast", "good", "best")
_EXAMPLES = {"transforms": "noise(0.05)", "regularizers": "total_variation(0.3)"}


@dataclass(frozen=True)
class Settings:
    """How an ascent is done.

    The gradient of the objective is scaled to a root mean square of 1 over the image, whatever
    the layer and the model, so the regularisers' weights and the learning rate need no tuning to
    a network.

    Attributes:
        parametrization: what the variables are: "pixels", "fourier" or "maco", or a function of
            the canvas that gives a `Parametrization`.
        steps: steps of a cold start.
        warm_steps: steps of a start from an earlier ascent's parameters.
        views: random views of each image a step, whose gradients are averaged.
        learning_rate: Adam's, falling linearly to 0 at the last step.
        transforms: what makes a view, in order; none at all sees the image itself.
        regularizers: what an image pays for; none at all lets it be as it likes.
        check_every: after so many steps the image itself is scored, to keep the best.
    """

    parametrization: str | Parametrize = "pixels"
    steps: int = 200
    warm_steps: int = 50
    views: int = 1
    learning_rate: float = 0.05
    transforms: tuple[Transform, ...] = ()
    regularizers: tuple[Regularizer, ...] = ()
    check_every: int = 10


def check_parts(name: str, given: Any) -> tuple[Callable[..., Any], ...] | None:
    """Transforms or regularisers as they were given; None for the quality's own.

    Raises:
        ValueError: where they are not a list of functions.
    """
    if given is None:
        return None
    if callable(given) or not all(callable(each) for each in given):
        raise ValueError(
            f"{name}={given!r}: give a list of functions, such as [{_EXAMPLES[name]}] of "
            "kerasvis2.synthesis, or []."
        )
    return tuple(given)


def preset(
    quality: str,
    image_shape: tuple[int, int, int],
    parametrization: str | Parametrize | None = None,
) -> Settings:
    """Settings for a quality and an image size.

    Images under 32 pixels are climbed by pixels: they are drawings, mostly background, in which
    few views of a large shift cost little. Larger ones are climbed by Fourier waves, in views that
    differ much in size, which is what keeps fine noise out.

    Args:
        quality: "fast", "good" or "best".
        image_shape: (H, W, C).
        parametrization: instead of the preset's own.

    Raises:
        ValueError: if the quality is unknown.
    """
    if quality not in QUALITIES:
        raise ValueError(f"quality must be one of {', '.join(QUALITIES)}, got {quality!r}")
    rank, longest = QUALITIES.index(quality), max(image_shape[:2])
    chosen = parametrization or ("pixels" if longest < 32 else "fourier")
    if longest < 32:
        moved = warp(jitter(0.1), rotate(15), scale(0.85, 1.15), shear(0.15))
        steps, views, deviation = (50, 200, 500)[rank], (2, 8, 16)[rank], 0.1
    elif longest < 128:
        moved = warp(jitter(0.1), rotate(15), scale(0.8, 1.2))
        steps, views, deviation = (50, 150, 300)[rank], (1, 4, 8)[rank], 0.05
    else:
        moved = warp(jitter(0.1), rotate(15), scale(0.6, 1.3))
        steps, views, deviation = (32, 128, 256)[rank], (1, 1, 2)[rank], 0.05
    if chosen == "maco":  # its pictures cover the whole frame, so look at parts of it
        moved = warp(crop(0.3, 1.0))
    settings = Settings(
        parametrization=chosen,
        steps=steps,
        warm_steps=max(1, steps // 4),
        views=views,
        transforms=(moved, noise(deviation)),
        # Radians of phase; display units of a pixel; deviations of a wave.
        learning_rate=0.5 if chosen == "maco" else 0.05,
    )
    if quality == "best" and chosen == "fourier":  # so many full steps sharpen past a photograph
        settings = replace(settings, learning_rate=0.03)
    if chosen == "pixels":
        return replace(settings, regularizers=(total_variation(0.3), lp_norm(0.4)))
    return settings
