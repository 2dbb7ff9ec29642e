"""The kernels themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from keras import ops

from kerasvis2.facts import LayerFacts, convolves, kernels
from kerasvis2.keys import Key, as_key
from kerasvis2.layers import LayerInfo, is_dense
from kerasvis2.modules import Module
from kerasvis2.views.base import About, Arrays, Drawing, Picture, Request
from kerasvis2.views.layered import LayeredView

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

SHOWN = 64
DENSE_INPUTS, DENSE_UNITS = 16384, 512


class Filters(LayeredView):
    """Kernels of convolutions, depthwise convolutions and Dense layers.

    A convolution of a colour image is drawn as one coloured tile per filter; every other one as
    the complete matrix of its kernels, input channels down and filters across. Zero is the
    neutral colour, the scale is printed, at most 64 filters of 64 channels are drawn, in the
    order of their index.

    Tag: `filters/<NN>_<layer>`. Cost: no pass; the drawn part of the weights is copied.
    `compute` gives the kernel as stored by layer path; where a layer has two
    (`SeparableConv2D`), the second has the key `<path>/pointwise_kernel`.

    Args:
        layers: layers with a kernel; every convolution and Dense layer by default.
        freq: look every so many epochs instead of the monitor's, 0 for never, or a callable `epoch
            -> bool`.
        scale: what the full colour stands for: "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each
            image's own), "run" (as at the first look) or a number.

    Examples:
        >>> kernels = kv.Filters().compute(model, probe)
        >>> {path: kernel.shape for path, kernel in kernels.items()}
        {'conv1': (3, 3, 3, 8), 'conv2': (3, 3, 8, 12), 'animal': (12, 3)}
    """

    title = "Filters"
    only_pictures = True

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return Request(
            layers=self.layers,
            weights=True,
            fits=lambda info: info.layer.built and any(kernels(info.layer)),
            default=lambda infos: _layers(infos, self._most),
            what="layer with a kernel",
            per_image=False,
            probe=False,
        )

    def whole(self, seen: Seen) -> dict[str, Any]:
        return {
            Key(path, part): ops.convert_to_tensor(
                layer.stored if isinstance(layer, Module) else kernel
            )
            for path, layer in seen.layers.items()
            for part, kernel in kernels(layer)
        }

    def reduce(self, seen: Seen) -> dict[str, Any]:
        return {
            Key(path, part): _shown(ops.convert_to_tensor(kernel))
            for path, layer in seen.layers.items()
            for part, kernel in kernels(layer)
        }

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        from kerasvis2.render import kernel_sheet

        drawing = Drawing()
        for key, kernel in arrays.items():
            layer, part = about.layers[as_key(key).path], as_key(key).part
            *_, inputs, filters = dict(layer.kernels)[part]
            total = (inputs, filters)
            kind = _kind(layer, part)
            if "Transpose" in layer.kind:  # stored the other way round: (…, out, in)
                kernel, total = kernel.swapaxes(-1, -2), total[::-1]
            pixels, top = kernel_sheet(
                kernel,
                kind=kind,
                shown=SHOWN,
                total=total,
                image_shape=_image_shape(kernel, about) if kind == "dense" else None,
                scale=self.scale,
                frozen=about.frozen.get(key),
                previous=about.scales.get(key),
                title=about.title(self.title, key),
            )
            drawing.pictures[key] = Picture(pixels, top)
        return drawing


def _shown(kernel: Any) -> Any:
    """The part that is drawn, so that no more leaves the device."""
    if len(kernel.shape) == 2:
        return kernel[:DENSE_INPUTS, :DENSE_UNITS]
    return kernel[..., :SHOWN, :SHOWN]


def _image_shape(kernel: Any, about: About) -> tuple[int, int, int] | None:
    """The shape of the probe's images where a Dense layer reads them directly."""
    shape = about.input_shape
    if shape is None or len(shape) != 3 or shape[-1] not in (1, 3):
        return None
    height, width, channels = shape
    return (height, width, channels) if math.prod(shape) == len(kernel) else None


def _layers(infos: Sequence[LayerInfo], most: int | None) -> list[LayerInfo]:
    plain = [info for info in infos if _is_plain(info)]
    return plain[:most] if most else plain


def _is_plain(info: LayerInfo) -> bool:
    """Convolutions of every kind and Dense layers, but not the projections of attention."""
    return is_dense(info) or "Conv" in info.kind or convolves(info.layer)


def _kind(layer: LayerFacts, part: str) -> Literal["conv", "depthwise", "dense"]:
    if not layer.convolves:
        return "dense"
    depthwise = "Depthwise" in layer.kind or len(layer.kernels) > 1
    return "depthwise" if depthwise and not part else "conv"
