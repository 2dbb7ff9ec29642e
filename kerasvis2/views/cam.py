"""What all class activation maps share: which layers, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasvis2.layers import LayerInfo, LayerSpec, is_convolution, spread
from kerasvis2.views.base import About, Arrays, Drawing, Needs, Picture
from kerasvis2.views.targeted import TargetedView


class CAMView(TargetedView):
    """A class activation map; a method is a subclass with one line of maths, `weigh`.

    Args:
        layers: layers with an output of (N, h, w, C); by default the convolutions, at most 16,
            spread over the depth, the last among them.
        **common: `target`, `targets`, `freq`, `scale`.
    """

    def __init__(self, *, layers: LayerSpec = None, **common: Any) -> None:
        super().__init__(**common)
        self.layers = layers

    def needs(self, model: Any, probe: Any) -> Needs:
        return Needs(
            layers=self.layers,
            outputs=True,
            gradients=True,
            fits=_is_spatial,
            default=_convolutions,
            what="layer with a spatial output (N, h, w, C)",
            **self.aims(),
        )

    def weigh(self, activations: Any, gradients: Any) -> Any:
        """(N, h, w, C) activations and gradients → (N, h, w) map."""
        raise NotImplementedError(f"{type(self).__name__} must define weigh.")

    def reduce(self, seen: Any) -> dict[str, Any]:
        return {
            key: self.weigh(activation, seen.gradients[key])
            for key, activation in seen.activations.items()
        }

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        from kerasvis2.render import attribution_sheet

        drawing = Drawing()
        for key, maps in arrays.items():
            pixels, top = attribution_sheet(
                about.images,
                maps,
                scale=self.scale,
                frozen=about.frozen.get(key),
                title=about.title(self.title, key),
                captions=about.captions(),
                wrong=about.wrong(),
            )
            drawing.pictures[key] = Picture(pixels, top)
        return drawing


def _is_spatial(info: LayerInfo) -> bool:
    shape = info.shape or ()
    return (
        len(shape) == 4 and min(shape[1] or 1, shape[2] or 1) > 0 and (shape[1], shape[2]) != (1, 1)
    )


def _convolutions(infos: Sequence[LayerInfo]) -> list[LayerInfo]:
    return spread([info for info in infos if is_convolution(info)] or list(infos), 16)
