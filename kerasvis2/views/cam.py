"""What all class activation maps share: which layers, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from keras import ops

from kerasvis2.attribution.tokens import fold
from kerasvis2.keys import Key
from kerasvis2.layers import ROWS, LayerInfo, is_attention, spread
from kerasvis2.observe.settled import ends_the_model
from kerasvis2.views.base import About, Arrays, Drawing, Request
from kerasvis2.views.layered import LayeredView
from kerasvis2.views.maps import as_fine, draw_maps
from kerasvis2.views.targeted import TargetedView

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

MOST = 6  # layers by default


class CAMView(LayeredView, TargetedView):
    """A class activation map; a method is a subclass with one line of maths, `weigh`.

    Args:
        layers: layers with an output of (N, h, w, C), or of tokens (N, T, C) on a grid; by default
            the last of each resolution, read behind the normalisation, activation and residual
            sum that follow a convolution, or of one resolution all of these, six at most; in a
            transformer the normalisations before its last attention. A layer that is named is
            that layer.
        **common: `target`, `targets`, `freq`, `scale`.
    """

    shows: ClassVar[str] = "map"
    overlay: ClassVar[bool] = True
    quantity: ClassVar[str] = "evidence (logit)"

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return Request(
            layers=self.layers,
            outputs=True,
            gradients=True,
            fits=spatial,
            default=lambda infos: informative(infos, self._most),
            what=SPATIAL,
            once=self._most is not None,
            **self.aims(),
        )

    def weigh(self, activations: Any, gradients: Any) -> Any:
        """(N, h, w, C) activations and gradients → (N, h, w) map."""
        raise NotImplementedError(f"{type(self).__name__} must define weigh.")

    def reduce(self, seen: Seen) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, activation in over_the_input(seen).items():
            gradient = on_grid(seen.gradients[key], seen, key)
            found[key] = off_grid(self.weigh(on_grid(activation, seen, key), gradient), seen, key)
        return found

    def last(self, found: dict[str, Any]) -> dict[str, Any]:
        """The last layer, where none was named."""
        return found if self.layers is not None else dict(list(found.items())[-1:])

    def how(self, about: About, key: Key) -> str:
        """By which settings the map was made, in one line."""
        layer = about.layers.get(key.path)
        grid = None if layer is None else layer.grid
        if grid is None:
            return ""
        places = f"{'×'.join(map(str, grid))} places"
        words = about.shown is not None and about.shown.kind == "tokens"  # each has its own colour
        return places if as_fine(grid, about) or words else f"{places}, enlarged smoothly"

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        return draw_maps(
            arrays,
            about,
            self,
            quantity=self.quantity,
            how=lambda key: self.how(about, key),
            why="no evidence for what it is of, or all of it is negative and cut"
            if not self.signed
            else "",
        )


SPATIAL = "layer whose output is a map of the input: (N, h, w, C), or tokens (N, T, C) on a grid"


def spatial(info: LayerInfo) -> bool:
    """Whether a layer has a map over the input: `Request.fits` of a class activation map."""
    return has_places(info.grid)


def has_places(grid: tuple[int, ...] | None) -> bool:
    """Whether there is more than one place over the input."""
    return grid is not None and any(size > 1 for size in grid)


def over_the_input(seen: Seen) -> dict[Key, Any]:
    """The layers' outputs, without the calls that see another input than the drawn one."""
    return {key: a for key, a in seen.activations.items() if key not in seen.elsewhere}


def on_grid(values: Any, seen: Seen, key: Key) -> Any:
    """(N, h, w, C) as it is, tokens (N, T, C) folded onto the grid of the input.

    Signals (N, t, C) are one place high, and of volumes the first two axes are one.
    """
    grid = seen.facts[key.path].grid
    assert grid is not None, "`spatial` lets no other layers through"
    if len(grid) == 2 and len(values.shape) == 3:
        return fold(values, grid) if values.shape[1] != grid[0] else values[..., None]
    if len(grid) == 1:
        return values[:, None, :, None] if len(values.shape) == 2 else values[:, None]
    if len(grid) == 3:
        shape = tuple(values.shape)
        channels = shape[4] if len(shape) == 5 else 1
        return ops.reshape(values, (shape[0], shape[1] * shape[2], shape[3], channels))
    return values


def off_grid(maps: Any, seen: Seen, key: Key) -> Any:
    """(N, h, w) with the axes that the input has: the way back from `on_grid`."""
    grid = seen.facts[key.path].grid
    if grid is None or len(grid) == 2:
        return maps
    return ops.reshape(maps, (-1, *grid))


def informative(infos: Sequence[LayerInfo], most: int | None = None) -> list[LayerInfo]:
    """The layers to look at where none is named: the last of each resolution.

    Convolutions are looked at where what the network makes of them is settled. Where the gradient
    is 0 nothing can be seen: behind a softmax over label maps, and behind the last attention, as
    the patches no longer reach the class token. A map of what is an output itself would be that
    output. Where nothing is settled, the layers that stand in no other one that has a map.
    """
    last = max((info.place for info in infos if is_attention(info)), default=-1)
    table = {info.path: info for info in infos}
    chosen = {
        info.settled: table[info.settled]
        for info in infos
        if info.settled in table and not _gives(table[info.settled])
    }
    chosen |= {
        info.path: info
        for info in infos
        if "Normalization" in info.kind and len(info.shape or ()) == 3 and info.place < last
    }
    chosen = {path: i for path, i in chosen.items() if not any(p in chosen for p in i.parents)}
    ordered = sorted(chosen.values(), key=lambda info: info.place) or _outermost(infos)
    stages = {_stage(info): info for info in ordered}
    found = list(stages.values()) if len(stages) > 1 else ordered
    found = sorted((_whole(info, infos) for info in found), key=lambda info: info.place)
    return found[-most:] if most else spread(found, MOST)


def _gives(info: LayerInfo) -> bool:
    return info.output or ends_the_model(info)


def _outermost(infos: Sequence[LayerInfo]) -> list[LayerInfo]:
    """Blocks as wholes: what is inside stands in the order in which it was made, not called."""
    import keras

    blocks = {
        info.path
        for info in infos
        if info.kind not in ROWS and not isinstance(info.layer, (keras.Function, keras.Sequential))
    }
    found = [info for info in infos if blocks.isdisjoint(info.parents)]
    return [info for info in found if not _gives(info)] or found


def _whole(info: LayerInfo, infos: Sequence[LayerInfo]) -> LayerInfo:
    """The outermost block that goes on behind the last of its layers, as with a sum in its code."""
    import keras

    for block in infos:
        if block.path not in info.parents or block.shape != info.shape:
            continue
        inner = [i.path for i in infos if block.path in i.parents]
        plain = isinstance(block.layer, (keras.Function, keras.Sequential))
        if not plain and block.kind not in ROWS and info.path in (block.ends, *inner[-1:]):
            return block
    return info


def _stage(info: LayerInfo) -> tuple[int, ...]:
    return info.grid or ()
