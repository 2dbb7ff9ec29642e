"""Whether a layer's map lies where the picture lies, tried out: change a spot, see what answers.

Shapes say where a map lies as long as layers keep what is where. A function of a user's own, or an
operation, may flip, turn, roll or shuffle a map and leave its shape as it is. Where a model has
such, it is run once on a picture and on copies of it that are changed in one spot each: a map that
answers elsewhere is no map of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops, tree

from kerasvis2.keys import Key
from kerasvis2.layers import LayerInfo
from kerasvis2.modules import Module
from kerasvis2.observe.backend import Backend
from kerasvis2.observe.capture import capturing
from kerasvis2.observe.space import KEEPING, MOVING, is_local
from kerasvis2.operations import Operation

if TYPE_CHECKING:
    from kerasvis2.probe import Probe

# Where the spots are, as shares of the axes: no flip, turn or transposition leaves half of them
# where they were.
_SPOTS = (
    *((0.1, 0.6), (0.4, 0.9), (0.6, 0.1), (0.9, 0.4)),
    *((0.15, 0.7), (0.3, 0.85), (0.7, 0.15), (0.85, 0.3)),
)
_AT_ONCE = 2  # spots, with the picture itself, so that a large one takes no more memory than needed
_SIZE = 1 / 8  # of a spot, of each axis
_AROUND = 1 / 16  # of each axis, or half a place: still the spot
_CLEAR, _FEARED = 0.35, 0.8  # an answer there of less than so much of the largest one is none
_FEW, _FEW_CLEAR = 4, 0.1  # so few places along an axis answer to much of the picture each
_SHIFT = 1 / 10  # of an axis, and a place


def moved(
    model: Any,
    infos: Sequence[LayerInfo],
    edges: Sequence[tuple[str, str]],
    probe: Probe,
    backend: Backend,
    fixed: bool,
) -> frozenset[str]:
    """The paths of layers whose outputs look like maps of the input and are none.

    Args:
        model: the model.
        infos: all layers, with their places as their shapes have it.
        edges: (from, to) paths.
        probe: the batch.
        backend: what the model runs on.
        fixed: whether the model takes batches of one size only, so that it cannot be tried.
    """
    placed = [info for info in infos if info.grid is not None and max(info.grid) > 1]
    doubtful = {info.path for info in infos if _is_doubtful(info)}
    if not placed or not (_is_own(model) or doubtful):
        return frozenset()
    known = {info.path for info in placed if info.kind in MOVING}
    if fixed or probe.kind not in ("pictures", "signals") or probe.drawn.dtype.kind not in "fiu":
        return frozenset(known | _behind(known, edges))
    try:
        spots, batch = _changed(probe, placed)
        answers = _answers(model, [info.layer for info in infos], placed, batch, backend)
    except Exception:  # what cannot be tried is taken at its word
        return frozenset(known | _behind(known, edges))
    coarsest = _coarsest(placed, edges)
    grids = {info.path: info.grid for info in placed if len(info.grid or ()) == len(spots[0])}
    answers = {k: each for k, each in answers.items() if each.shape[1:] == grids.get(k.path)}

    def elsewhere(paths: set[str], least: float) -> set[str]:
        return {
            key.path
            for key, each in answers.items()
            if key.path in paths and _is_elsewhere(each, spots, coarsest[key.path], least)
        }

    # Only there can it happen: in a doubtful layer, in the code between the layers of a user's own
    # model, and in operations on the way that are no map at all.
    table = {info.path: info for info in infos}
    places = {info.path for info in placed}
    own = {i.path for i in placed if _is_own(table[i.parents[-1]].layer if i.parents else model)}
    behind_others = {b for a, b in edges if a in table and a not in places}
    clear = elsewhere(doubtful | own | behind_others, _CLEAR)
    return frozenset(clear | elsewhere(_behind(clear, edges), _FEARED))


def _coarsest(
    placed: Sequence[LayerInfo], edges: Sequence[tuple[str, str]]
) -> dict[str, tuple[int, ...]]:
    """Of each layer the fewest places along each axis that it or a layer before it has."""
    found = {info.path: info.grid for info in placed if info.grid is not None}
    for before, after in edges:  # in the order of the calls
        if before in found and after in found:
            found[after] = tuple(map(min, found[before], found[after]))
    return found


def _is_doubtful(info: LayerInfo) -> bool:
    """Whether a layer may move what is where without its shape telling."""
    if isinstance(info.layer, Module):
        home = type(info.layer.module).__module__.partition(".")[0]
        return home not in ("torch", "torchvision")
    if isinstance(info.layer, Operation):
        keeps = is_local(info) or info.kind in KEEPING or info.kind.endswith("Constant")
        places = (info.shape or ())[1:-1]
        return not keeps and any(size is None or size > 1 for size in places)
    if info.kind == "Lambda":
        return info.grid is not None
    if info.kind == "Reshape":  # into tokens, it keeps their order
        return info.grid is not None and len(info.shape or ()) == len(info.grid) + 2
    return _is_own(info.layer)


def _is_own(layer: Any) -> bool:
    """Whether a layer's or a model's code is a user's own."""
    if isinstance(layer, (Module, Operation)):
        return False
    return type(layer).__module__.partition(".")[0] not in ("keras", "keras_hub")


def _behind(paths: set[str], edges: Sequence[tuple[str, str]]) -> set[str]:
    """Everything that what is made by these layers goes into."""
    readers: dict[str, set[str]] = {}
    for before, after in edges:
        readers.setdefault(before, set()).add(after)
    found: set[str] = set()
    waiting = list(paths)
    while waiting:
        new = readers.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


Spots = list[list[tuple[float, float]]]  # of each spot the two ends along each axis, in shares


def _changed(probe: Probe, placed: Sequence[LayerInfo]) -> tuple[Spots, Any]:
    """The spots, and the first example of the probe followed by a copy for each of them."""
    assert placed[0].grid is not None
    axes = len(placed[0].grid)
    image = probe.drawn[0]
    start = 1 if probe.channels_first else 0
    sizes = image.shape[start : start + axes]
    rng = np.random.default_rng(0)
    low, high = float(probe.drawn.min()), float(probe.drawn.max())
    images, spots = [image], []
    for spot in _SPOTS:
        ends = []
        for size, place in zip(sizes, spot):
            width = max(1, round(size * _SIZE))
            begin = min(max(0, round(size * place - width / 2)), size - width)
            ends.append((begin, begin + width))
        part = (slice(None),) * start + tuple(slice(*each) for each in ends)
        changed = image.copy()
        changed[part] = rng.choice([low, high], changed[part].shape)
        images.append(changed)
        spots.append([(a / size, b / size) for (a, b), size in zip(ends, sizes)])
    batch = tree.map_structure(lambda x: x[np.zeros(len(images), int)], probe.inputs)
    drawn = np.stack(images).astype(probe.drawn.dtype)
    if probe.image_key is None:
        return spots, drawn
    filled: Any = dict(batch) if isinstance(batch, dict) else list(batch)
    filled[probe.image_key] = drawn
    return spots, filled


def _answers(
    model: Any, everyone: Sequence[Any], placed: Sequence[LayerInfo], batch: Any, backend: Backend
) -> dict[Key, np.ndarray]:
    """Of each call of a layer (spots, *grid): how much its output changed at each place."""
    table = {info.path: info for info in placed}
    keys: list[Key] = []

    def run(state: Any, batch: Any) -> list[Any]:
        found: dict[Key, Any] = {}

        def keep(key: Key, tensor: Any) -> Any:
            found[key] = tensor
            return tensor

        with (
            keras.StatelessScope(state_mapping=list(state)),
            capturing(backend, [model, *everyone], placed, keep),
        ):
            model(batch, training=False)
        kept = {k: t for k, t in found.items() if t.shape[0] == _AT_ONCE + 1}
        keys[:] = kept
        return [_change(tensor, table[key.path]) for key, tensor in kept.items()]

    given = [
        tree.map_structure(
            lambda x, rows=(0, *range(i, i + _AT_ONCE)): ops.convert_to_tensor(x[list(rows)]), batch
        )
        for i in range(1, len(_SPOTS) + 1, _AT_ONCE)
    ]
    tried = backend.compile(run, model.variables, given[:1])
    changes = [[ops.convert_to_numpy(change) for change in tried(part)] for part in given]
    return dict(zip(keys, (np.concatenate(each) for each in zip(*changes))))


def _change(tensor: Any, info: LayerInfo) -> Any:
    values = ops.cast(tensor, "float32")
    change = ops.abs(values[1:] - values[:1])
    grid = info.grid or ()
    if len(change.shape) > len(grid) + 1:
        change = ops.mean(change, axis=1 if info.channels_first else -1)
    elif len(grid) == 2 and len(change.shape) == 3 and tuple(change.shape[1:]) != grid:
        change = ops.mean(change, axis=-1)
    if len(change.shape) == 2 and len(grid) == 2:  # tokens, others of them in front
        count = grid[0] * grid[1]
        change = ops.reshape(change[:, change.shape[1] - count :], (-1, *grid))
    return change


def _is_elsewhere(change: np.ndarray, spots: Spots, coarsest: Sequence[int], least: float) -> bool:
    """Whether half of the spots or more are answered elsewhere than where they are."""
    least = _FEW_CLEAR if least == _CLEAR and min(coarsest) <= _FEW else least
    away: list[bool] = []
    shifts: list[np.ndarray] = []
    for each, ends in zip(change, spots):
        if not np.isfinite(each).all():
            continue
        own = np.maximum(each - np.median(each), 0)  # beside what all places answer alike
        if own.max() <= 1e-6 * max(1.0, float(each.max())):
            continue
        sizes = zip(ends, own.shape, coarsest)
        window = tuple(slice(*_window(end, size, coarse)) for end, size, coarse in sizes)
        away.append(bool(own[window].max() < least * own.max()))
        shifts.append(_centre(own) - [(a + b) / 2 for a, b in ends])
    if len(away) < 2:
        return False
    shift = np.abs(np.median(shifts, axis=0))
    shifted = any(s > max(_SHIFT, 1 / n) for s, n in zip(shift, coarsest))
    return 2 * sum(away) >= len(away) or shifted


def _window(ends: tuple[float, float], size: int, coarse: int) -> tuple[int, int]:
    around = max(_AROUND, 0.5 / coarse)
    first = int(np.floor((ends[0] - around) * size))
    return max(0, first), min(size, max(first + 1, int(np.ceil((ends[1] + around) * size))))


def _centre(change: np.ndarray) -> np.ndarray:
    """Where the largest answers are, in shares of the axes."""
    weights = np.where(change >= change.max() / 2, change, 0)
    places = np.indices(change.shape).reshape(change.ndim, -1)
    middle = (places * weights.ravel()).sum(axis=1) / weights.sum()
    found: np.ndarray = (middle + 0.5) / change.shape
    return found
