"""What the layers answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.facts import LayerFacts
from kerasvis2.keys import as_key, parts
from kerasvis2.layers import LayerInfo, LayerSpec, children, spread
from kerasvis2.mapped import Maps
from kerasvis2.views.base import About, Arrays, Drawing, Picture, Request, View
from kerasvis2.views.cam import MOST, informative, over_the_input, spatial

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

KEPT = "maps"  # the part of a layer's arrays that is kept as numbers
IMAGES = 4  # drawn per layer: with 64 channels each, more cannot be read on a card
SIDE = 32  # pixels of a channel on the device's way out; more would not be drawn
LENGTH = 300  # positions of a sequence, likewise


class Activations(View):
    """Feature maps of the first probe images, channel by channel.

    One picture a layer: beside each of the first four images its channels in the order of their
    index, at most 64, all with one display scale. Dense layers are drawn as one row of units an
    image.

    Tag: `activations/<NN>_<layer>`. Cost: none on top of the shared forward pass. `compute`
    gives each layer's output as it is, by layer path.

    Args:
        channels: how many channels to draw, 64 at most.
        layers: any layers; by default the last of each resolution behind its normalisation,
            activation and residual sum, and where nothing is a map of the input the layers with
            weights; six at most. A layer that is named is that layer.
        maps: the channels that are kept as numbers too, of all images, for the tab's explorer and
            `kv.read(...).maps("activations/<NN>_<layer>.<channel>", step)`; none by default. Layers
            that have fewer channels or no map of them keep what they have.
        freq: look every so many epochs instead of the monitor's, 0 for never, or a callable `epoch
            -> bool`.
        scale: what the full colour stands for: "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each
            image's own), "run" (as at the first look) or a number.

    Raises:
        ValueError: where `channels` is not between 1 and 64, or `maps` has what is no channel.

    Examples:
        >>> outputs = kv.Activations().compute(model, probe)
        >>> {path: output.shape for path, output in outputs.items()}
        {'conv1': (8, 24, 24, 8), 'conv2': (8, 12, 12, 12)}
    """

    title = "Activations"

    def __init__(
        self,
        channels: int = 64,
        *,
        layers: LayerSpec = None,
        maps: Sequence[int] = (),
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if not 1 <= int(channels) <= 64:
            raise ValueError(f"channels={channels!r}: give a number from 1 to 64.")
        self.channels = int(channels)
        self.layers = layers
        self.maps = tuple(int(channel) for channel in maps)
        if any(channel < 0 for channel in self.maps):
            raise ValueError(f"maps={maps!r}: give the indices of channels, from 0.")

    @property
    def only_pictures(self) -> bool:  # type: ignore[override]
        return not self.maps

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return Request(
            layers=self.layers,
            outputs=True,
            fits=lambda info: len(info.shape or ()) > 1,
            default=lambda infos: _layers(infos, self._most or MOST),
            what="layer with an output of channels",
            once=self._most is not None,
        )

    def whole(self, seen: Seen) -> dict[str, Any]:
        return {key: seen.stored[key] for key in over_the_input(seen)}

    def reduce(self, seen: Seen) -> dict[str, Any]:
        seeing = over_the_input(seen)
        drawn = {key: self._small(value) for key, value in seeing.items()}
        kept = {
            as_key(key).of(KEPT): ops.take(value, self._kept(value.shape[-1]), axis=-1)
            for key, value in seeing.items()
            if len(value.shape) == 4 and self._kept(value.shape[-1])
        }
        return dict([*drawn.items(), *kept.items()])

    def _kept(self, channels: int) -> list[int]:
        return [channel for channel in self.maps if channel < channels]

    def _small(self, value: Any) -> Any:
        """The drawn channels of the drawn images, no larger than they are drawn."""
        value = value[:IMAGES, ..., : self.channels]
        shape = value.shape
        if len(shape) == 5:  # a volume: its middle slice
            value = value[:, shape[1] // 2]
        elif len(shape) == 3:  # a sequence: one row high
            value = value[:, None]
        if len(value.shape) == 4:
            side = LENGTH if len(shape) == 3 else SIDE
            pool = tuple(max(1, size // side) for size in value.shape[1:3])
            if max(pool) > 1:
                value = _largest(value, pool)
        return value

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        from kerasvis2.render import channel_sheet

        drawing = Drawing()
        kept = parts(arrays, KEPT)
        captions = about.captions()
        for key, values in parts(arrays).items():
            info = about.layer(key)
            total = values.shape[-1] if info is None or not info.shape else info.shape[-1]
            if info is not None and info.shape and info.channels_first and len(info.shape) > 2:
                total = info.shape[1] or total
            count = min(len(values), IMAGES)
            drawn = np.asarray(values[:count], "float32")
            if info is not None and info.grid is not None and len(info.grid) == 1:
                drawn = drawn[:, 0] if drawn.ndim == 4 else drawn  # channels × positions
            pixels, top = channel_sheet(
                None if about.images is None else about.images[:count],
                drawn,
                total=total,
                examples=len(captions),
                scale=self.scale,
                frozen=about.frozen.get(key),
                previous=about.scales.get(key),
                title=about.title(self.title, key),
                captions=(captions or [[] for _ in values])[:count],
                wrong=about.wrong(),
                how=_how(info, values),
            )
            drawing.pictures[key] = Picture(pixels, top)
            if key in kept:
                drawing.maps[key] = Maps(
                    kept[key],
                    signed=bool((kept[key] < 0).any()),
                    view=self.title,
                    layer=key.at(""),
                    unit="activation",
                    channels=tuple(self._kept(int(total or 0))),
                    how=_how(info, kept[key]),
                    pictured=about.pictured,
                )
        return drawing


def _layers(infos: Sequence[LayerInfo], most: int) -> list[LayerInfo]:
    """Of a network of pictures its stages; of others the layers with weights."""
    stages = informative([info for info in infos if spatial(info)])
    weighted = [i for i in infos if i.layer.weights and not children(i.layer)]
    return spread(stages or weighted or list(infos), most)


def _how(info: LayerFacts | None, values: np.ndarray) -> str:
    """What was made of the output for drawing."""
    grid = None if info is None else info.grid
    if grid is None or len(grid) > 2:
        return ""
    drawn = values.shape[1:3][-len(grid) :]
    words = "×".join(map(str, drawn))
    fewer = "" if drawn == grid else f", drawn as {words}, the largest magnitude of each block"
    return f"{'×'.join(map(str, grid))} places{fewer}"


def _largest(maps: Any, pool: tuple[int, ...]) -> Any:
    """(N, h, w, C) at a smaller size: of each block the value of largest magnitude, with its sign;
    NaN where the block holds what is not finite."""
    high = ops.max_pool(maps, pool, pool, padding="same")
    low = -ops.max_pool(-maps, pool, pool, padding="same")
    broken = 0 * ops.average_pool(maps, pool, pool, padding="same")
    return ops.where(high >= -low, high, low) + broken
