"""What SmoothGrad and VarGrad share: gradients at noisy copies of the image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.attribution.noise import noisy_gradients
from kerasvis2.keys import Key
from kerasvis2.views.base import About, Request
from kerasvis2.views.pixels import PixelView, at_values, gradient_of, values_of

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe


class NoisyView(PixelView):
    """A statistic of the gradient at the image plus noise.

    The class is that of the clean image, also for "predicted". The noise is a function of `seed`
    and the sample alone, so two such views with the same settings see the same copies.

    Args:
        samples: noisy copies of each image.
        noise: the noise's standard deviation, as a fraction of the display range; of tokens of
            the range of each example's embedding, where the noise is added.
        **common: `target`, `targets`, `freq`, `scale`, `seed`.

    Raises:
        ValueError: on bad settings, or where the probe's display cannot be inverted.
    """

    least = 1
    embeds = True

    def __init__(self, samples: int = 25, noise: float = 0.15, **common: Any) -> None:
        super().__init__(**common)
        if int(samples) != samples or samples < self.least:
            raise ValueError(f"samples={samples!r}: give a whole number, {self.least} or more.")
        if not noise > 0:
            raise ValueError(
                f"noise={noise!r}: give a fraction of the display range above 0, such as 0.15."
            )
        self.samples = int(samples)
        self.noise = float(noise)

    def needs(self, model: Any, probe: Probe | None) -> Request:
        if probe is not None and probe.kind != "tokens":
            self._deviation(probe)
        return replace(super().needs(model, probe), input_gradient=False, own_pass=True)

    def how(self, about: About, key: Key) -> str:
        return (
            f"{self.samples} copies, noise {100 * self.noise:g} % of the {self._range(about)} range"
        )

    def _range(self, about: About) -> str:
        tokens = about.shown is not None and about.shown.kind == "tokens"
        return "embedding's" if tokens else "display"

    def moments(self, seen: Seen) -> tuple[Any, Any]:
        """Mean and sample variance of the gradient, (N, H, W, C)."""

        at, values = at_values(seen), values_of(seen)

        def gradient(images: Any, rows: Any) -> Any:
            return gradient_of(at(images, rows, gradient=True))

        if seen.activations:
            axes = tuple(range(1, len(values.shape)))
            width = ops.max(values, axes, keepdims=True) - ops.min(values, axes, keepdims=True)
            deviation = self.noise * width
        else:
            assert seen.probe is not None, "it was asked for"
            deviation = self._deviation(seen.probe)
        return noisy_gradients(gradient, values, deviation, self.samples, self.seed)

    def _deviation(self, probe: Probe) -> Any:
        """In the model's own units, a number or one a channel."""
        if probe.kind == "pictures":
            return self.noise * abs(probe.from_display(1.0) - probe.from_display(0.0))
        low, high = probe.limits()
        return self.noise * (high - low)
