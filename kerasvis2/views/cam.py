"""What all class activation maps share: which layers, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from kerasvis2.attribution.tokens import fold, token_grid
from kerasvis2.layers import LayerInfo, LayerSpec, is_attention, is_convolution, spread
from kerasvis2.views.base import About, Arrays, Drawing, Request
from kerasvis2.views.maps import draw_maps
from kerasvis2.views.targeted import TargetedView


class CAMView(TargetedView):
    """A class activation map; a method is a subclass with one line of maths, `weigh`.

    Args:
        layers: layers with an output of (N, h, w, C), or of tokens (N, T, C) that make up a grid;
            by default the convolutions and, last, what the last of them gives behind its
            normalisation, activation and residual sum; in a transformer the normalisations that
            come before its last attention. At most 16, spread over the depth, the last among them.
        **common: `target`, `targets`, `freq`, `scale`.
    """

    signed: ClassVar[bool] = False

    def __init__(self, *, layers: LayerSpec = None, **common: Any) -> None:
        super().__init__(**common)
        self.layers = layers

    def needs(self, model: Any, probe: Any) -> Request:
        return Request(
            layers=self.layers,
            outputs=True,
            gradients=True,
            fits=spatial(probe),
            default=_informative,
            what=SPATIAL,
            **self.aims(),
        )

    def weigh(self, activations: Any, gradients: Any) -> Any:
        """(N, h, w, C) activations and gradients → (N, h, w) map."""
        raise NotImplementedError(f"{type(self).__name__} must define weigh.")

    def reduce(self, seen: Any) -> dict[str, Any]:
        return {
            key: self.weigh(on_grid(activation, seen), on_grid(seen.gradients[key], seen))
            for key, activation in seen.activations.items()
        }

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        return draw_maps(arrays, about, self, overlay=True, signed=self.signed)


SPATIAL = "layer with a spatial output (N, h, w, C), or tokens (N, T, C) that make up a grid"


def spatial(probe: Any) -> Callable[[LayerInfo], bool]:
    """Which layers have a map over the image: `Needs.fits` of a class activation map."""
    image = (0, 0) if probe is None else probe.images.shape[1:3]

    def fits(info: LayerInfo) -> bool:
        shape = info.shape or ()
        if len(shape) == 3 and shape[1]:
            return token_grid(shape[1], *image) is not None
        return len(shape) == 4 and 0 not in shape and shape[1:3] != (1, 1)

    return fits


def on_grid(values: Any, seen: Any) -> Any:
    """(N, h, w, C) as it is, tokens (N, T, C) folded onto the grid of the image."""
    if len(values.shape) == 4:
        return values
    grid = token_grid(values.shape[1], *seen.inputs.shape[1:3])
    assert grid is not None, "`spatial` lets no other layers through"
    return fold(values, grid)


def _behind(convolution: LayerInfo, infos: Sequence[LayerInfo]) -> LayerInfo:
    """The last layer of the resolution of a convolution that comes after it, or itself.

    Behind the last convolution of a model that is its output with the normalisation, activation
    and residual sum that follow, before any pooling and before a softmax over label maps. Another
    layer than a convolution is its own.
    """
    if not is_convolution(convolution):
        return convolution
    size = (convolution.shape or ())[1:3]
    alike = [i for i in infos if len(i.shape or ()) == 4 and (i.shape or ())[1:3] == size]
    later = [i for i in alike if i.place > convolution.place and not _ends_the_model(i)]
    last = later[-1] if later else convolution
    # A block may go on behind the last of its layers, such as with a sum in its own code.
    blocks = [i for i in alike if i.path in last.parents and not _ends_in_a_layer(i)]
    return [*blocks, last][0]


def _ends_the_model(info: LayerInfo) -> bool:
    import keras

    final = (keras.activations.softmax, keras.activations.sigmoid)
    return isinstance(info.layer, keras.layers.Softmax) or (
        getattr(info.layer, "activation", None) in final
    )


def _ends_in_a_layer(info: LayerInfo) -> bool:
    import keras

    return isinstance(info.layer, (keras.Function, keras.Sequential))


def _informative(infos: Sequence[LayerInfo]) -> list[LayerInfo]:
    # Gradient 0: behind a softmax over label maps, as it is that of its logits; and behind the
    # last attention, as the patches no longer reach the class token.
    last = max((info.place for info in infos if is_attention(info)), default=-1)
    chosen = [
        info
        for info in infos
        if (is_convolution(info) and not _ends_the_model(info))
        or ("Normalization" in info.kind and len(info.shape or ()) == 3 and info.place < last)
    ]
    if not chosen:
        return spread(list(infos), 16)
    deepest = _behind(chosen[-1], infos)
    return spread(chosen if deepest is chosen[-1] else [*chosen, deepest], 16)
