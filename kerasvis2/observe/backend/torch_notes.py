"""What PyTorch's own functions tell while a model runs: activations, readers, who feeds whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from kerasvis2.observe.backend.protocol import only_reshaped

Tensor = torch.Tensor

_ACTIVATIONS = {
    **dict.fromkeys((F.softmax, torch.softmax, Tensor.softmax, torch.special.softmax), "softmax"),
    **dict.fromkeys((F.log_softmax, torch.log_softmax, Tensor.log_softmax), "softmax"),
    torch.special.log_softmax: "softmax",
    **dict.fromkeys((F.sigmoid, torch.sigmoid, Tensor.sigmoid, torch.special.expit), "sigmoid"),
}
# What may stand between the activation and the model's output without changing its meaning.
_TRANSPARENT = (
    *(Tensor.to, Tensor.type, Tensor.type_as, Tensor.float, Tensor.half, Tensor.double),
    *(Tensor.bfloat16, Tensor.contiguous, Tensor.clone, torch.clone, Tensor.detach),
)
_RESHAPES = (
    *(torch.reshape, Tensor.reshape, Tensor.view, Tensor.view_as, Tensor.reshape_as),
    *(torch.flatten, Tensor.flatten, torch.squeeze, Tensor.squeeze),
    *(torch.unsqueeze, Tensor.unsqueeze),
)
_KINDS = {
    **dict.fromkeys(_TRANSPARENT, "same"),
    **dict.fromkeys(_RESHAPES, "reshape"),
    Tensor.__getitem__: "slice",
    **_ACTIVATIONS,
}
_RELUS = {
    *(F.relu, torch.relu, Tensor.relu, F.relu_, torch.relu_, Tensor.relu_, F.relu6),
}
_COPIES = {Tensor.clone, torch.clone}
# Most of what is called asks for a shape, a dtype or a device: nothing is read.
_ASKS = {
    *(each.__get__ for each in (Tensor.shape, Tensor.dtype, Tensor.device, Tensor.ndim)),
    *(Tensor.requires_grad.__get__, Tensor.layout.__get__, Tensor.is_meta.__get__),
    *(Tensor.size, Tensor.dim, Tensor.is_floating_point, Tensor.is_complex, Tensor.is_contiguous),
}

_NOTED: ContextVar[FunctionNotes | None] = ContextVar("kerasvis2_notes", default=None)


class FunctionNotes(TorchFunctionMode):
    """Notes the activations that are called inside, and who reads the tensors that are watched.

    What it keeps of a tensor goes with the tensor, and it keeps what a tensor was made of only
    behind an activation or something watched, so that a pass takes no more memory.
    """

    def __init__(self) -> None:
        super().__init__()
        self._made: Any = WeakTensorKeyDictionary()  # result → (what made it, of what)
        # What is watched and, as long as they are what it was, its copies → (tensor, its readers)
        self._known: Any = WeakTensorKeyDictionary()
        self._read: dict[int, tuple[Any, list[tuple[Any, Any]]]] = {}
        # Of what is, or once was, in one of these. The number alone says nothing, but next to no
        # other tensor has it, and it is sooner asked for.
        self._numbers: set[int] = set()

    def __enter__(self) -> FunctionNotes:
        self._token = _NOTED.set(self)
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        _NOTED.reset(self._token)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _ASKS:
            return func(*args, **(kwargs or {}))
        reads = [
            (given, known, given._version)
            for given in (tensors_of((args, kwargs)) if self._read else ())
            if id(given) in self._numbers and (known := self._known.get(given)) is not None
        ]
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            kind = _KINDS.get(func)
            if kind is not None:
                self._note(kind, args[0] if args else next(iter((kwargs or {}).values())), result)
        elif not isinstance(result, (tuple, list)) or isinstance(result, torch.Size):
            return result  # a shape or a dtype was asked for, nothing was read
        for given, known, version in reads:
            if func in _COPIES:
                self._known[result] = known
                self._numbers.add(id(result))
            elif given._version != version:  # in place: who reads it now reads what it became
                _read(known[1], func, result, copied=True)
                self._known.pop(given, None)
            elif given is not result:
                _read(known[1], func, result)
        return result

    def _note(self, kind: str, given: Any, result: Any) -> None:
        if not isinstance(given, Tensor) or given is result:
            return
        known = id(given) in self._numbers and (given in self._made or given in self._known)
        if known or kind in ("softmax", "sigmoid"):
            self._made[result] = kind, given
            self._numbers.add(id(result))

    def watch(self, tensor: Any) -> None:
        """From now on it is noted who reads this tensor."""
        if id(tensor) not in self._read:
            self._read[id(tensor)] = self._known[tensor] = tensor, []
            self._numbers.add(id(tensor))

    def logits(self, value: Any) -> tuple[Any, str, tuple[Any, ...]]:
        """See `kerasvis2.observe.backend.protocol.Notes`."""
        trail = [value]
        while (made := self._made.get(trail[-1])) is not None:
            kind, before = made
            if kind == "sigmoid" or (
                kind == "softmax" and trail[-1].shape[-1:] == value.shape[-1:]
            ):
                return before, kind, (*trail, before)
            if kind == "softmax" or (
                kind != "same" and not only_reshaped(before, trail[-1], kind == "slice")
            ):
                break
            trail.append(before)
        remembered = getattr(value, "_keras_logits", None)  # Keras's note, of unusual axes
        if remembered is not None:
            return remembered, "softmax", (value, remembered)
        return value, "linear", tuple(trail)

    def rectified(self, tensor: Any) -> Any | None:
        """See `kerasvis2.observe.backend.protocol.Notes`."""
        known = self._read.get(id(tensor))
        if known is None or not known[1] or any(func not in _RELUS for func, _ in known[1]):
            return None
        found = known[1][0][1]
        return None if found is tensor else found


def _read(readers: list[tuple[Any, Any]], func: Any, result: Any, copied: bool = False) -> None:
    """One more reader; what they made of it is of use as long as all of them are ReLUs."""
    if func in _RELUS and all(func in _RELUS for func, _ in readers):
        readers.append((func, result.clone() if copied else result))
    else:
        readers[:] = [(func, None)]


def watch(tensor: Any) -> None:
    """Notes who reads a tensor from now on, where notes are taken."""
    notes = _NOTED.get()
    if notes is not None:
        notes.watch(tensor)


class Wires(TorchFunctionMode):
    """Notes which labelled tensors every tensor comes from.

    Args:
        inputs: tensors by the label that they are known by.
    """

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        super().__init__()
        # Tensors are kept, so that no other takes a dead one's id.
        self._from: dict[int, tuple[Any, tuple[str, ...]]] = {
            id(t): (t, (label,)) for label, t in inputs.items()
        }
        self._edges: dict[tuple[str, str], None] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        made = tensors_of(result)
        if made:
            given = tensors_of((args, kwargs))
            sources = tuple(dict.fromkeys(s for t in given for s in self._sources(t)))
            for tensor in made:
                if sources:
                    self._from[id(tensor)] = tensor, sources
        return result

    def note(self, label: str, tensor: Any) -> None:
        """A tensor that is a layer's output."""
        self._edges |= {(s, label): None for s in self._sources(tensor) if s != label}
        self._from[id(tensor)] = tensor, (label,)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """(from, to), the second reads the first."""
        return tuple(self._edges)

    def _sources(self, tensor: Any) -> Sequence[str]:
        known = self._from.get(id(tensor))
        return known[1] if known is not None else ()


def tensors_of(structure: Any) -> list[Any]:
    """All tensors among arguments."""
    found: list[Any] = []
    _gather((structure,), found)
    return found


def _gather(structures: Iterable[Any], found: list[Any]) -> None:
    for each in structures:
        if isinstance(each, Tensor):
            found.append(each)
        elif isinstance(each, (tuple, list)):
            _gather(each, found)
        elif isinstance(each, dict):
            _gather(each.values(), found)
