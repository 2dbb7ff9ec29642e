"""What is written down of a JAX trace while it is made: its tracers do not tell who made them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.extend.core as jex

from kerasvis2.observe.backend.protocol import only_reshaped
from kerasvis2.observe.backend.shadow import now, replaced

MARK = jex.Primitive("kerasvis2_mark")  # (x) → (what takes its place, a zero to be added)
MARK.multiple_results = True
MARK.def_abstract_eval(lambda aval: [aval, aval])

# What may stand between the activation and the model's output without changing its meaning.
_SQUEEZE = "_squeeze"
_RESHAPES = ("reshape", "squeeze", _SQUEEZE, "expand_dims", "broadcast_in_dim", "slice")
_TRANSPARENT = ("convert_element_type", "copy", *_RESHAPES, MARK.name)
_HEADS = {"softmax": "softmax", "log_softmax": "softmax", "sigmoid": "sigmoid"}
_RELUS = ("relu", "relu6")


@dataclass(frozen=True, eq=False)
class Operation:
    """One that was called: what it is called, what it was given and what it gave."""

    name: str
    inputs: Sequence[Any]
    outputs: Sequence[Any]


class Written:
    """The operations that were called, and who reads a tensor; see `protocol.Notes`."""

    def __init__(self) -> None:
        self._makers: dict[int, Operation] = {}
        self._readers: dict[int, list[Operation]] = {}
        self._within = 0  # a function that is noted as a whole

    def logits(self, value: Any) -> tuple[Any, str, tuple[Any, ...]]:
        trail = [value]
        while (op := self._makers.get(id(trail[-1]))) is not None:
            before = op.inputs[0]
            head = _HEADS.get(op.name)
            if head == "sigmoid" or (head and trail[-1].shape[-1:] == value.shape[-1:]):
                return before, head, (*trail, before)
            if op.name not in _TRANSPARENT:
                break
            if op.name in _RESHAPES and not only_reshaped(before, trail[-1], op.name == "slice"):
                break
            trail.append(before)
        return value, "linear", tuple(trail)

    def rectified(self, tensor: Any) -> Any | None:
        readers = self._readers.get(id(tensor), [])
        if not readers or any(op.name not in _RELUS for op in readers):
            return None
        return readers[0].outputs[0]

    def _write(self, name: str, inputs: Sequence[Any], outputs: Any) -> None:
        listed = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        op = Operation(name, inputs, listed)  # keeps them alive: no other takes their ids
        for tensor in inputs:
            self._readers.setdefault(id(tensor), []).append(op)
        for tensor in listed:
            if not any(tensor is given for given in inputs):
                self._makers.setdefault(id(tensor), op)

    def _noting(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def noting(x: Any, *args: Any, **kwargs: Any) -> Any:
            if self._within:
                return original(x, *args, **kwargs)
            self._within += 1
            try:
                found = original(x, *args, **kwargs)
            finally:
                self._within -= 1
            self._write(name, [x], found)
            return found

        return noting

    def _bound(self, bind: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(bind)
        def bound(primitive: Any, *args: Any, **params: Any) -> Any:
            found = bind(primitive, *args, **params)
            if not self._within:
                own = params.get("name")  # of a function of JAX's own that is compiled
                self._write(own if own == _SQUEEZE else primitive.name, args, found)
            return found

        return bound


@contextlib.contextmanager
def writing() -> Iterator[Written]:
    """Writes down what is called inside the block: JAX's primitives, and Keras's activations."""
    written = Written()
    primitive = jex.Primitive
    with contextlib.ExitStack() as stack:
        for name in (*_HEADS, *_RELUS):
            noting = written._noting(name, now(jax.nn, name))
            stack.enter_context(replaced(jax.nn, name, noting))
        stack.enter_context(replaced(primitive, "bind", written._bound(now(primitive, "bind"))))
        yield written
