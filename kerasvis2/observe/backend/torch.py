"""PyTorch: passes are run as they are written, gradients come from `torch.autograd.grad`."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import torch
import torch.utils.checkpoint as checkpoints
from keras import ops, tree

from kerasvis2.observe.backend.loops import looping, within
from kerasvis2.observe.backend.naming import named
from kerasvis2.observe.backend.protocol import Edges, Hook, Recorded
from kerasvis2.observe.backend.shadow import replaced
from kerasvis2.observe.backend.torch_notes import FunctionNotes, Wires, watch
from kerasvis2.observe.backend.torch_relu import relu_rule
from kerasvis2.observe.backend.torch_wrapped import as_it_is
from kerasvis2.observe.structures import exchanged

__all__ = ["BACKEND", "Torch"]

_FEW = 2  # images of a batch that tell how tensors go through a model


class Torch:
    """See `kerasvis2.observe.backend.protocol.Backend`."""

    name = "torch"
    eager = True

    def compile(
        self, function: Callable[..., Any], variables: Sequence[Any], examples: Sequence[Any]
    ) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            # Detached, the weights ask for no gradient, and nothing is kept for one of theirs.
            values = [(v, v.value.detach()) for v in variables]
            with untouched(), called_once(), torch.inference_mode(False), torch.no_grad():
                found = function(values, *tree.map_structure(_ordinary, arguments))
            shared = {_storage(value) for _, value in values}
            return tree.map_structure(lambda x: _alone(x, shared), found)

        return run

    def trace(self, run: Callable[[Any, Hook], None], inputs: Any) -> Edges:
        def wires(rows: int | None) -> Wires:
            batch = tree.map_structure(lambda x: ops.convert_to_tensor(x[:rows]), inputs)
            found = Wires(named(batch))

            def note(label: str, tensor: Any) -> Any:
                found.note(label, tensor)
                watch(tensor)
                return tensor

            with untouched(), called_once(), torch.inference_mode(False), torch.no_grad(), found:
                run(batch, note)
            return found

        try:
            return wires(_FEW).edges
        except Exception:  # a model that takes batches of one size only
            return wires(None).edges

    def reachable(self) -> Callable[[Any], bool]:
        # A layer inside a loop gives something at every turn, none of which is its output.
        return lambda tensor: not within() and not _is_mapped(tensor)

    def inline(self, call: Callable[..., Any]) -> Callable[..., Any] | None:
        # A call that was compiled would keep its tensors to itself.
        plain = getattr(call, "_torchdynamo_orig_callable", None)
        layer = getattr(call, "__self__", None)
        if isinstance(layer, keras.layers.RNN):
            return looping(plain or call)
        if isinstance(layer, keras.layers.TorchModuleWrapper):
            return as_it_is(layer, plain or call)
        return plain

    def notes(self) -> FunctionNotes:
        return FunctionNotes()

    def relu_rule(
        self, rule: str | None, layers: Sequence[Any]
    ) -> contextlib.AbstractContextManager[None]:
        return relu_rule(rule, layers)

    def record(
        self,
        run: Callable[[Any, Any, Hook], tuple[list[Any], Any, Any]],
        images: Any,
        weights: Any,
        *,
        layers: bool,
        inputs: bool,
        ruled: bool,
    ) -> Recorded:
        captured: dict[Any, Any] = {}
        taken = layers or inputs or bool(tree.flatten(weights))

        def hook(key: Any, tensor: Any) -> Any:
            if layers and tensor.is_floating_point() and not tensor.requires_grad:
                tensor = _leaf(tensor)
            watch(tensor)
            captured[key] = tensor
            return tensor

        # A copy, since a model that works in place would write into everybody's images.
        if not taken:  # of an outer gradient nothing is lost
            return Recorded(run(images.clone(), weights, hook)[2], captured, [], [], None)
        with torch.enable_grad():
            images = _leaf(images) if inputs else images
            weights = tree.map_structure(_leaf, weights)
            totals, loss, rest = run(images.clone(), weights, hook)
            sources = (list(captured.values()) if layers else []) + ([images] if inputs else [])
            found = [_gradients(total, sources) for total in totals] if sources else []
            flat = tree.flatten(weights)
            lost = None if loss is None else _gradients(loss, flat)
        return Recorded(
            detached(rest),
            {key: tensor.detach() for key, tensor in captured.items()},
            [dict(zip(captured, each)) for each in found] if layers else [],
            [each[-1] for each in found] if inputs else [],
            None if lost is None else exchanged(weights, flat, lost),
        )

    def differentiate(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def value_and_gradients(params: Any, *rest: Any) -> Any:
            with torch.enable_grad():
                leaves = tree.map_structure(_leaf, params)
                flat = tree.flatten(leaves)
                value, aux = function(leaves, *rest)
                found = _gradients(value, flat)
            full = [torch.zeros_like(p) if g is None else g for p, g in zip(flat, found)]
            return detached((value, aux)), detached(exchanged(leaves, flat, full))

        return value_and_gradients

    def tick(self, callback: Callable[[], None], values: Any) -> Any:
        callback()
        return values

    def read(self, variable: Any) -> Any:
        return ops.convert_to_tensor(variable).detach()

    def number(self, variable: Any) -> float:
        return float(self.read(variable))

    def first(self) -> bool:
        group = torch.distributed
        return not (group.is_available() and group.is_initialized() and group.get_rank())

    def spread(self, variables: Sequence[Any]) -> bool:
        return False


@contextlib.contextmanager
def untouched() -> Iterator[None]:
    """Whatever draws random numbers inside, everybody's states are as before afterwards.

    A pass is no graph here: what a model draws in its call, it draws at every look.
    """
    devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
    ours, theirs = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)  # noqa: NPY002


@contextlib.contextmanager
def called_once() -> Iterator[None]:
    """What a model calls once more on the way back, to save memory, is called once and kept.

    On the way back it would be in training mode again, write into its statistics, read other
    weights than ours, and be out of our reach.
    """

    def straight(*_: Any, **__: Any) -> Iterator[None]:
        yield

    function = checkpoints.CheckpointFunction
    with contextlib.ExitStack() as stack:
        stack.enter_context(replaced(function, "apply", lambda call, _, *given: call(*given)))
        # PyTorch has no public name for it; whoever imported `checkpoint` comes by here.
        if hasattr(checkpoints, "_checkpoint_without_reentrant_generator"):
            name = "_checkpoint_without_reentrant_generator"
            stack.enter_context(replaced(checkpoints, name, straight))
        yield


def detached(structure: Any) -> Any:
    """The same tensors without what they were computed of."""
    return tree.map_structure(lambda x: x.detach() if isinstance(x, torch.Tensor) else x, structure)


def _ordinary(given: Any) -> Any:
    """What was made in inference mode can have no gradient; a copy can."""
    return given.clone() if isinstance(given, torch.Tensor) and given.is_inference() else given


def _leaf(tensor: Any) -> Any:
    return tensor.detach().requires_grad_()


def _gradients(total: Any, sources: Sequence[Any]) -> list[Any]:
    """Of a total by each source, None where it does not depend; the graph stays for the next."""
    asking = [i for i, source in enumerate(sources) if source.requires_grad]
    found: list[Any] = [None for _ in sources]
    if not total.requires_grad or not asking:
        return found
    wanted = [sources[i] for i in asking]
    each = torch.autograd.grad(total, wanted, retain_graph=True, allow_unused=True)
    for i, gradient in zip(asking, each):
        found[i] = gradient
    return found


def _storage(tensor: Any) -> int:
    return int(tensor.untyped_storage().data_ptr())


def _alone(found: Any, shared: set[int]) -> Any:
    """A result that nobody else writes to, and that keeps nothing larger alive."""
    if not isinstance(found, torch.Tensor):
        return found
    found = found.detach()
    larger = found.untyped_storage().nbytes() > found.nbytes
    return found.clone() if larger or _storage(found) in shared else found


def _is_mapped(tensor: Any) -> bool:
    return bool(torch._C._functorch.is_batchedtensor(tensor))


BACKEND = Torch()
