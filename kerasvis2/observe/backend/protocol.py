"""What the rest of the package asks of a backend, beyond `keras.ops`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

Hook = Callable[[Any, Any], Any]  # (key, tensor) -> the tensor that takes its place
Edges = tuple[tuple[str, str], ...]  # (from, to) labels of what was noted: the second reads it


@dataclass(frozen=True)
class Recorded:
    """One forward pass, and the gradients of what it gave; None where a score does not depend.

    Attributes:
        rest: what else the pass returned.
        captured: the layers' outputs, by key.
        layer_gradients: of each total with respect to each captured tensor, by key.
        input_gradients: of each total with respect to the images.
        loss_gradients: of the loss with respect to the weights, in their structure.
    """

    rest: Any
    captured: dict[Any, Any]
    layer_gradients: list[dict[Any, Any]]
    input_gradients: list[Any]
    loss_gradients: Any


def only_reshaped(before: Any, after: Any, sliced: bool = False) -> bool:
    """Whether a reshape, a squeeze or a slice took nothing away and left the order as it was.

    Of a slice that is seen by the rank: one that reverses a row keeps it.
    """
    counts = [math.prod(size or 1 for size in each.shape) for each in (before, after)]
    return counts[0] == counts[1] and not (sliced and len(before.shape) == len(after.shape))


class Notes(Protocol):
    """What was noted of the activations that were called while a model ran."""

    def logits(self, value: Any) -> tuple[Any, str, Sequence[Any]]:
        """Behind a final softmax or sigmoid, wherever it is written.

        Returns:
            The logits; "softmax", "sigmoid" or, where `value` is the logits, "linear"; and the
            tensors from `value` back to the logits, both included.
        """

    def rectified(self, tensor: Any) -> Any | None:
        """What a ReLU makes of a tensor, where that goes into a ReLU and nowhere else."""


class Backend(Protocol):
    """All that only TensorFlow, PyTorch or JAX itself can do.

    Attributes:
        name: as Keras calls it.
        eager: whether what `compile` makes is no trace, but runs the function at every call.
    """

    name: str
    eager: bool

    def compile(
        self, function: Callable[..., Any], variables: Sequence[Any], examples: Sequence[Any]
    ) -> Callable[..., Any]:
        """Makes `function(state, *arguments)` one that is called with arguments like `examples`.

        It is traced once, and reads the variables' values anew at each call. What it returns, a
        structure of tensors, shares no memory with a variable.

        Args:
            function: its `state` is what every `keras.StatelessScope` inside must be given as
                `state_mapping`: pairs of a variable and the tensor that stands for it.
            variables: every Keras variable that it may read.
            examples: arguments, structures of tensors.
        """

    def trace(self, run: Callable[[Any, Hook], None], inputs: Any) -> Edges:
        """Runs `run(batch, note)` symbolically, and tells which of what was noted feeds which.

        Args:
            run: calls the model; `note(label, tensor)` tells of a tensor on the way, in the order
                of the calls, and returns it or another that stands for it.
            inputs: the batch, a structure of arrays; its parts are known by the labels "input",
                the keys of a dict, or "input 0", "input 1", ….
        """

    def reachable(self) -> Callable[[Any], bool]:
        """Whether a tensor belongs to what is traced now, not to a loop or a branch within."""

    def inline(self, call: Callable[..., Any]) -> Callable[..., Any] | None:
        """What to call in place of a compiled function, so that its tensors can be reached."""

    def notes(self) -> AbstractContextManager[Notes]:
        """Notes the activations that are called inside the block."""

    def relu_rule(self, rule: str | None, layers: Sequence[Any]) -> AbstractContextManager[None]:
        """Gradients of the ReLUs that are called inside the block follow a rule.

        With f the unit, x its input and g the gradient that arrives from above:

            "guided":     relu(g)·f′(x)                 (of a ReLU: g where g > 0 and x > 0)
            "deconvnet":  f applied to g instead of x   (of a ReLU: g where g > 0)

        A negative slope stays a slope under both: α·relu(g) where x is negative, α·g where g is. A
        unit that has reached its `max_value` lets nothing through under either.

        Raises:
            ValueError: where no ReLU is called, or one inside a loop or a branch, out of reach.
        """

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
        """Runs `run(images, weights, hook) -> (totals, loss, rest)` and differentiates it.

        Args:
            run: the forward pass; it may be run more than once. `hook(key, tensor)` captures a
                layer's output and returns what takes its place.
            images: float32, what `inputs` gradients are taken with respect to.
            weights: a structure of tensors, what the loss is differentiated by where there is one.
            layers: take each total's gradient with respect to every captured tensor.
            inputs: take each total's gradient with respect to the images.
            ruled: whether a `relu_rule` holds inside.
        """

    def differentiate(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function(params, *rest) -> (scalar, aux)` becomes `-> ((scalar, aux), gradients)`.

        Gradients come in the structure of `params`; what has no influence gets zeros.
        """

    def tick(self, callback: Callable[[], None], values: Any) -> Any:
        """`values` as they are; whenever they have been computed, `callback` is called."""

    def read(self, variable: Any) -> Any:
        """A variable's value as a tensor; what stands for it, where something does."""

    def number(self, variable: Any) -> float:
        """The value of a scalar variable, wherever it is kept."""

    def first(self) -> bool:
        """Whether this process is the first, or the only one, of those that train together."""

    def spread(self, variables: Sequence[Any]) -> bool:
        """Whether parts of these lie in other processes, without which nothing can be computed."""
