"""What a model looks like from inside: its layers, what they give, its outputs."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
from keras import tree

from kerasvis2.drawing import Wiring
from kerasvis2.facts import LayerFacts, facts_of
from kerasvis2.keys import Key, as_key
from kerasvis2.layers import LayerInfo, children, in_order
from kerasvis2.layers import tree as layers_of
from kerasvis2.observe.backend import Backend, Edges
from kerasvis2.observe.batches import declared_batch, filled, stateful_batch
from kerasvis2.observe.capture import capturing
from kerasvis2.observe.moved import moved
from kerasvis2.observe.outputs import OutputFacts, outputs_of
from kerasvis2.observe.reason import reason
from kerasvis2.observe.settled import BEFORE_RELU, settled
from kerasvis2.observe.space import Lie, lies, reached
from kerasvis2.tasks.decide import NORMALISED

if TYPE_CHECKING:
    from kerasvis2.probe import Probe


@dataclass(frozen=True)
class Survey:
    """A model seen through one symbolic forward pass; nothing is computed for it.

    Attributes:
        layers: every layer, with the shape it gives.
        facts: the same as plain data, by path.
        keys: the capture keys of each path, one per call of the layer.
        outputs: the model's outputs; none without a probe.
        half: whether some of it computes in float16.
        edges: which call of a layer feeds which, or None where there is no probe.
        elsewhere: calls that do not depend on the drawn input.
        batch: how many examples the model takes at a time, where it takes no other number.
        why: why no pass can be made of the model, though there is a probe; "" where one can.
    """

    layers: list[LayerInfo]
    facts: dict[str, LayerFacts]
    keys: dict[str, list[Key]]
    outputs: list[OutputFacts] = field(default_factory=list)
    half: bool = False
    edges: Edges | None = None
    why: str = ""
    elsewhere: frozenset[Key] = frozenset()
    batch: int | None = None

    @property
    def feeds(self) -> dict[str, tuple[str, ...]]:
        """Which layers read a layer's output."""
        return {} if self.wiring is None else self.wiring.feeds

    def calls(self, path: str, once: bool = False) -> list[Key]:
        """The keys of a layer's calls; `once`, of the last one that depends on the drawn input."""
        keys = self.keys[path]
        if not once or len(keys) < 2:
            return keys
        return [key for key in keys if key not in self.elsewhere][-1:] or keys[-1:]

    @property
    def wiring(self) -> Wiring | None:
        """Which layer feeds which."""
        return None if self.edges is None else Wiring(by_path(self.edges))


def _unseen(model: Any, why: str = "") -> Survey:
    """What is known of a model that nothing goes through."""
    infos = layers_of(model)
    return Survey(infos, facts_of(infos), {i.path: [Key(i.path)] for i in infos}, why=why)


def is_built(model: Any) -> bool:
    """Whether all weights of a model are there."""
    return bool(model.built) and all(info.layer.built for info in layers_of(model))


def build(model: Any, inputs: Any) -> None:
    """Builds a model that has not seen data yet, by calling it once on symbols.

    Nothing is computed, so that no random number is drawn and no statistic moves.
    """
    if is_built(model):
        return
    symbols = tree.map_structure(
        lambda x: keras.KerasTensor(
            (None, *x.shape[1:]), dtype="string" if x.dtype.kind in "US" else str(x.dtype)
        ),
        inputs,
    )
    with warnings.catch_warnings():  # Keras's advice on models that cannot be built so
        warnings.simplefilter("ignore")
        model(symbols, training=False)


def builds(model: Any, probe: Probe | None) -> bool:
    """Whether a model that is not built yet can be, before it sees data.

    One that cannot be called on symbols is built by its training; bad input is not the reason.
    """
    if probe is None:
        return False
    if not _has_call(model):
        return True  # there is nothing to wait for
    inputs = probe.prepared(model).inputs
    try:
        build(model, inputs)
    except Exception as error:
        return isinstance(error, ValueError)
    return True


def _has_call(model: Any) -> bool:
    return type(model).call not in (keras.layers.Layer.call, keras.Model.call)


def _is_innermost(layer: Any) -> bool:
    """Whether nothing inside it can be seen: a cell is called in a loop, out of reach."""
    return not children(layer) or isinstance(layer, keras.layers.RNN)


def by_path(edges: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Edges between calls as edges between layers, each once."""
    paths = ((as_key(start).path, as_key(end).path) for start, end in edges)
    return tuple(dict.fromkeys(edge for edge in paths if edge[0] != edge[1]))


def survey(model: Any, probe: Probe | None, backend: Backend) -> Survey:
    """Surveys a model; one that is not built yet is built on the probe's inputs.

    Args:
        model: a Keras model.
        probe: the batch it is looked at with; without one shapes and outputs stay unknown.
        backend: what it runs on.
    """
    if probe is None:
        return _unseen(model)
    if not _has_call(model):
        name = type(model).__name__
        return _unseen(model, f"{name} has no call; look at a part of it with Monitor(part=…)")
    try:
        build(model, probe.inputs)
        batch, declared = stateful_batch(layers_of(model)), declared_batch(model)
        if batch is not None or declared in (None, probe.size):
            return _surveyed(model, probe, backend, batch)
        # Many models that name a batch's size take any; to fill one up may be a lot of work.
        with contextlib.suppress(Exception):
            found = _surveyed(model, probe, backend, None)
            if all(output.shape[0] in (None, probe.size) for output in found.outputs):
                return found
        return _surveyed(model, probe, backend, declared)
    except Exception as error:
        why = f"{type(error).__name__}: {reason(error)}"
        return _unseen(model, f"the model cannot be followed ({why})")


def _surveyed(model: Any, probe: Probe, backend: Backend, batch: int | None) -> Survey:
    infos = layers_of(model)
    inputs = filled(probe.inputs, batch)
    loss = getattr(model, "loss", None)
    half = any(getattr(info.layer, "compute_dtype", "") == "float16" for info in infos)
    shapes: dict[Key, tuple[int | None, ...]] = {}
    found: list[OutputFacts] = []
    innermost = {info.path for info in infos if _is_innermost(info.layer)}
    kinds = {info.path: info.kind for info in infos}
    last: dict[int, tuple[Any, Key]] = {}  # the tensor is kept, so that no other takes its id
    ends: dict[str, Key] = {}
    given: set[str] = set()  # paths of what gives the outputs
    called: list[str] = []
    cut: set[str] = set()  # what goes into a ReLU and nowhere else, a layer or in the model's code

    def run(batch: Any, note: Callable[[Any, Any], Any]) -> None:
        count = tree.flatten(batch)[0].shape[0]

        def hook(key: Key, tensor: Any) -> Any:
            called.append(key.path)
            # What has another first axis, such as windows of all pictures, is of no one example.
            if tensor.shape is not None and tensor.shape[:1] in ((), (None,), (count,)):
                shapes[key] = (None, *tensor.shape[1:])
            if key.path not in innermost:
                ends[key.path] = last.get(id(tensor), (None, Key("")))[1]
                return tensor
            last[id(tensor)] = tensor, key
            return note(key, tensor)

        everyone = [model, *(info.layer for info in infos)]
        # Keras's stateless scope: whatever the call would assign (statistics, random seeds,
        # metrics, losses) is dropped with it.
        with (
            keras.StatelessScope(),
            backend.notes() as notes,
            capturing(backend, everyone, infos, hook, apart=False),
        ):
            returned = model(batch, training=False)
            cut.update(k.path for t, k in last.values() if notes.rectified(t) is not None)
            for output in outputs_of(model, returned, notes):
                shape = tuple(output.logits.shape)
                made_by = last.get(id(output.value), (None, Key("")))[1].path
                given.add(made_by)
                head = NORMALISED if kinds.get(made_by) == "UnitNormalization" else output.head
                task = probe.task_of(shape[1:], head, loss, name=output.name, index=len(found))
                found.append(OutputFacts(output.name, shape, output.head, task))

    edges = backend.trace(run, inputs)
    last.clear()
    infos = in_order(infos, called)
    keys: dict[str, list[Key]] = {}
    for info in infos:
        calls: list[Key] = []
        while Key(info.path, call=len(calls) + 1) in shapes:
            calls.append(Key(info.path, call=len(calls) + 1))
        keys[info.path] = calls
    layers = [dataclasses.replace(info, shape=shapes.get(Key(info.path))) for info in infos]
    drawn = _label(probe)
    layers = [
        dataclasses.replace(info, ends=ends.get(info.path, Key("")).path, output=info.path in given)
        for info in layers
    ]
    where = lies(layers, edges, drawn, _start(probe))
    behind = settled(layers, edges, ends)
    layers = [_placed(info, where.get(info.path), behind.get(info.path)) for info in layers]
    fixed = batch is not None
    astray = moved(model, layers, by_path(edges), probe, backend, fixed)
    layers = [dataclasses.replace(i, grid=None) if i.path in astray else i for i in layers]
    reads = dict(behind.values())
    reads |= {path: (*words, BEFORE_RELU) for path, words in reads.items() if path in cut}
    inputs_of = reached(edges)
    elsewhere = frozenset(
        key
        for calls in keys.values()
        for key in calls
        if inputs_of.get(key) and drawn not in inputs_of[key]
    )
    return Survey(
        layers, facts_of(layers, reads), keys, found, half, edges, elsewhere=elsewhere, batch=batch
    )


def _placed(info: LayerInfo, lie: Lie | None, end: tuple[str, tuple[str, ...]] | None) -> LayerInfo:
    return dataclasses.replace(
        info,
        grid=None if lie is None else lie.grid,
        channels_first=lie is not None and lie.channels_first,
        settled="" if end is None else end[0],
    )


def _label(probe: Probe) -> str:
    """What a backend calls the drawn input."""
    key = probe.image_key
    return "input" if key is None else f"input {key}" if isinstance(key, int) else str(key)


def _start(probe: Probe) -> Lie | None:
    """How the drawn input lies over itself."""
    shape = probe.drawn.shape
    if probe.kind == "pictures" and probe.images is not None:
        return Lie(probe.images.shape[1:3], channels_first=probe.channels_first)
    if probe.kind == "volumes":
        return Lie(shape[1:4])
    return Lie(shape[1:2]) if probe.kind in ("signals", "tokens") else None
