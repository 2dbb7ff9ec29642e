"""Where a layer's output lies over the input that is drawn, followed from layer to layer.

A convolution's output is a map of the picture; the heads of an attention layer have the same rank
and are none. So places are not read off a shape alone: they are handed on from the input, through
layers that keep them, and through others only where the shape says that they are still there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kerasvis2.attribution.tokens import MOST_EXTRA, token_grid
from kerasvis2.keys import as_key
from kerasvis2.layers import LayerInfo, children
from kerasvis2.operations import Operation

Grid = tuple[int, ...]
# Kinds of layers that move and mix what is near each other, and keep where it is.
_LOCAL = (
    *("Conv", "Pool", "UpSampling", "Resiz", "Padding", "Cropping", "Normalization", "Dropout"),
    *("Activation", "ReLU", "ELU", "Add", "Average", "Multiply", "Concatenate", "Maximum"),
    *("Rescaling", "Random", "Identity", "Noise", "CenterCrop"),
)

# Operations that work on each value by itself, or on each place.
KEEPING = (
    *("Softmax", "Clip", "Cast", "StopGradient", "Copy", "Where", "Square", "Sqrt", "Rsqrt"),
    *("Absolute", "Negative", "Log", "Log1p", "Expm1", "Sign", "Subtract", "Divide", "TrueDivide"),
    *("Minimum", "Power", "Relu", "ConvertToTensor", "NanToNum", "Logaddexp"),
)
# Those that move what is where.
MOVING = ("Flip", "Fliplr", "Flipud", "Rot90", "Roll", "Swapaxes", "Moveaxis", "Transpose")
# Of several maps of one size.
_MERGING = ("Concatenate", "Add", "Average", "Multiply", "Subtract", "Maximum", "Minimum")
_LEAST_LEFT = 7 / 8  # of an axis behind a crop


@dataclass(frozen=True)
class Lie:
    """How a tensor lies over the input.

    Attributes:
        grid: its places along each axis of the input: (h, w) of a picture, (t,) of a signal.
        tokens: whether the grid is folded into one axis, behind tokens of other meaning.
        channels_first: whether the channels come before the places.
    """

    grid: Grid
    tokens: bool = False
    channels_first: bool = False


def lies(
    infos: Sequence[LayerInfo],
    edges: Sequence[tuple[str, str]],
    drawn: str,
    start: Lie | None,
) -> dict[str, Lie]:
    """For each path how its output lies over the drawn input; without those that do not.

    Args:
        infos: all layers, with their shapes.
        edges: (from, to) keys in the order of the calls.
        drawn: the label of the drawn input.
        start: how the input lies over itself; None where it has no places.
    """
    if start is None:
        return {}
    table = {info.path: info for info in infos}
    inside = {info.path for info in infos if _in_attention(info, table)}
    found: dict[str, Lie] = {drawn: start}
    carried: dict[str, Lie] = {}
    left: dict[str, float] = {}  # of an axis, behind all crops so far
    sources: dict[str, list[str]] = {}
    for before, after in edges:
        sources.setdefault(after, []).append(before)
    for label, given in sources.items():
        path = as_key(label).path
        if path in found or path not in table:
            continue
        paths = [as_key(one).path for one in given]
        known = [(found | carried)[one] for one in paths if one in found or one in carried]
        if known:
            widest = max(known, key=lambda lie: _size(lie.grid))
            lie = _handed_on(widest, table[path])
            rest = min(left.get(one, 1.0) for one in paths)
            if lie is not None and "Crop" in table[path].kind:
                shares = [size / own for size, own in zip(lie.grid, widest.grid) if own]
                rest *= min(shares, default=1.0)
                lie = lie if rest >= _LEAST_LEFT else None
            if lie is not None:
                found[path], left[path] = lie, rest
            elif path in inside or _may_come_back(widest, table[path]):
                carried[path] = widest  # on the way to the tokens, or to places, again
    for info in infos:  # what is made of several layers goes on behind the last of them
        if info.path in found or not children(info.layer):
            continue
        inner = [i.path for i in infos if info.path in i.parents and i.path in found]
        inner = [info.ends] if info.ends in found else inner
        lie = _handed_on(found[inner[-1]], info) if inner else None
        if lie is not None:
            found[info.path] = lie
    found.pop(drawn)
    return found


def reached(edges: Sequence[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """For each key the inputs that it depends on, by their labels."""
    found: dict[str, frozenset[str]] = {}
    for before, after in edges:
        own = found.get(before, frozenset([before]))
        found[after] = found.get(after, frozenset()) | own
    return found


def _handed_on(lie: Lie, info: LayerInfo) -> Lie | None:
    shape = info.shape or ()
    axes = len(lie.grid)
    if info.kind == "Permute":
        return _permuted(lie, tuple(info.layer.dims))
    if info.kind == "Transpose":
        axes_given = getattr(info.layer.operation, "axes", None) or ()
        return _permuted(lie, tuple(axes_given[1:])) if tuple(axes_given[:1]) == (0,) else None
    if (
        info.kind == "Reshape"
        and len(shape) == axes + 2
        and lie.grid
        not in (
            tuple(shape[1:-1]),
            tuple(shape[2:]),
        )
    ):
        return None  # rows and columns were counted through anew
    if None in shape[1:] and len(shape) == axes + 2:
        return _as_map(lie, info, shape, axes) if is_local(info) else None
    if len(shape) == axes + 2:
        return _as_map(lie, info, shape, axes)
    if isinstance(info.layer, Operation) and tuple(shape[1:]) == lie.grid and axes == 2:
        return Lie(lie.grid)  # squeezed, without a channel axis
    if len(shape) == 3 and axes == 2 and shape[1]:
        return _as_tokens(lie, int(shape[1]))
    if len(shape) == axes + 1 and None not in shape and tuple(shape[1:]) == lie.grid:
        return Lie(lie.grid, channels_first=False)  # without a channel axis
    return None


def _as_map(lie: Lie, info: LayerInfo, shape: Sequence[int | None], axes: int) -> Lie | None:
    format_ = getattr(info.layer, "data_format", None)
    first = lie.channels_first if format_ is None else format_ == "channels_first"
    both = [
        (order, tuple(int(n or 0) for n in (shape[2:] if order else shape[1 : axes + 1])))
        for order in (first, not first)
    ]
    for channels_first, grid in both:
        if grid == lie.grid and (lie.tokens or format_ is None or channels_first == first):
            return Lie(grid, channels_first=channels_first)
    if info.kind in _MERGING or _cuts(info, lie.grid):
        return None  # one beside the other, or with its sides cut off
    for channels_first, grid in () if lie.tokens else both:
        local = is_local(info) and channels_first == first and not _elsewhere(info, lie.grid, grid)
        if local or _alike(lie.grid, grid):
            return Lie(grid, channels_first=channels_first)
    return None


def _cuts(info: LayerInfo, given: Grid) -> bool:
    """Whether a `Resizing` keeps a picture's proportions by cutting it, or by adding to it."""
    layer = info.layer
    if info.kind != "Resizing" or len(given) != 2:
        return False
    cut = any(getattr(layer, f"{how}_to_aspect_ratio", False) for how in ("crop", "pad"))
    return cut and layer.height * given[1] != layer.width * given[0]


def _may_come_back(lie: Lie, info: LayerInfo) -> bool:
    """Whether an operation that gives no map may be on the way to one, as turning it twice is."""
    regrouped = info.kind == "Reshape" and len(info.shape or ()) == len(lie.grid) + 2
    return isinstance(info.layer, Operation) and not regrouped


def _permuted(lie: Lie, dims: tuple[int, ...]) -> Lie | None:
    """Behind a `Permute` layer: the places stay what they are where only the channels move."""
    places = [f"axis {i}" for i in range(len(lie.grid))]
    order = ["channels", *places] if lie.channels_first else [*places, "channels"]
    if lie.tokens or len(dims) != len(order):
        return None
    moved = [order[axis - 1] for axis in dims]
    if moved not in ([*places, "channels"], ["channels", *places]):
        return None
    return Lie(lie.grid, channels_first=moved[0] == "channels")


def _elsewhere(info: LayerInfo, given: Grid, grid: Grid) -> bool:
    """Whether a layer's output cannot lie as its input does: something turned it before, or a
    good part of it was cut off, so that the rest does not stretch over the whole input."""
    if "Crop" in info.kind:
        return any(size < own * _LEAST_LEFT for size, own in zip(grid, given))
    shrinks = any(word in info.kind for word in ("Conv", "Pool")) and "Transpose" not in info.kind
    return shrinks and 0 not in given and any(size > own for size, own in zip(grid, given))


def _as_tokens(lie: Lie, count: int) -> Lie | None:
    own = _size(lie.grid)
    if 0 <= count - own <= MOST_EXTRA:
        return Lie(lie.grid, tokens=True)
    if lie.tokens:
        return None
    cut = token_grid(count, *lie.grid)  # into patches, in the layer itself
    return None if cut is None else Lie(cut, tokens=True)


def _alike(grid: Grid, other: Grid) -> bool:
    """Whether both axes were scaled by the same number, to a pixel."""
    if 0 in grid or 0 in other:
        return False
    by = other[0] / grid[0]
    return all(abs(b - a * by) <= max(1.0, by) for a, b in zip(grid, other))


def is_local(info: LayerInfo) -> bool:
    """Whether a layer moves and mixes what is near each other, and keeps where it is."""
    return any(word in info.kind for word in _LOCAL)


def _in_attention(info: LayerInfo, table: Mapping[str, LayerInfo]) -> bool:
    return any("Attention" in table[path].kind for path in info.parents if path in table)


def _size(grid: Grid) -> int:
    total = 1
    for length in grid:
        total *= length
    return total
