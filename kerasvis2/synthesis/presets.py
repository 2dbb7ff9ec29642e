"""How an ascent is done: its settings, and good ones for a quality and an image size."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kerasvis2.synthesis.transforms import Transform, jitter, noise, rotate, scale, shear, warp

QUALITIES = ("fast", "good", "best")


@dataclass(frozen=True)
class Settings:
    """How an ascent is done.

    The gradient of the objective is scaled to a root mean square of 1 over the image, whatever
    the layer and the model, so the regularisers' weights and the learning rate need no tuning to
    a network.

    Attributes:
        parametrization: what the variables are: "pixels", "fourier" or "maco".
        steps: steps of a cold start.
        warm_steps: steps of a start from an earlier ascent's parameters.
        views: random views of each image a step, whose gradients are averaged.
        learning_rate: Adam's, falling linearly to 0 at the last step.
        transforms: what makes a view, in order; none at all sees the image itself.
        total_variation: weight of `regularizers.total_variation`.
        lp: weight of `regularizers.lp_norm`, of the distance to the background.
        lp_power: its p.
        l2: weight of `regularizers.l2_norm`, of the distance to the background.
        check_every: after so many steps the image itself is scored, to keep the best.
    """

    parametrization: str = "pixels"
    steps: int = 200
    warm_steps: int = 50
    views: int = 1
    learning_rate: float = 0.05
    transforms: tuple[Transform, ...] = ()
    total_variation: float = 0.0
    lp: float = 0.0
    lp_power: float = 1.0
    l2: float = 0.0
    check_every: int = 10


def preset(
    quality: str, image_shape: tuple[int, int, int], parametrization: str | None = None
) -> Settings:
    """Settings for a quality and an image size.

    Args:
        quality: "fast", "good" or "best".
        image_shape: (H, W, C).
        parametrization: instead of the preset's own.

    Raises:
        ValueError: if the quality is unknown.
    """
    if quality not in QUALITIES:
        raise ValueError(f"quality must be one of {', '.join(QUALITIES)}, got {quality!r}")
    affine = warp(jitter(0.1), rotate(15), scale(0.85, 1.15), shear(0.15))
    settings = Settings(
        steps={"fast": 50, "good": 200, "best": 500}[quality],
        warm_steps={"fast": 12, "good": 50, "best": 125}[quality],
        views={"fast": 4, "good": 8, "best": 8}[quality],
        transforms=(affine, noise(0.1)),
        total_variation=0.3,
        lp=0.4,
    )
    return replace(settings, parametrization=parametrization) if parametrization else settings
