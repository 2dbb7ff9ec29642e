"""What views need of one pass; requests add up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kerasvis2.layers import LayerInfo, LayerSpec
from kerasvis2.observe.targets import Target

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.views.base import View

# Everything that a pass can do for a view: the flags of a `Request` that have to be fulfilled.
NEEDS = ("outputs", "gradients", "attention", "input_gradient", "loss")


@dataclass(frozen=True)
class Request:
    """What a view asks for.

    Attributes:
        layers: which layers, as the user wrote it (see `kerasvis2.layers.select`).
        fits: which layers a glob or `"all"` may give.
        default: picks the layers when `layers` is None.
        what: a few words on the layers that fit, for error messages.
        outputs: capture the layers' outputs.
        gradients: and the gradient of each target's score with respect to them.
        attention: capture the weights of attention layers, as `seen.attention`.
        weights: the view reads the layers' weights, from `seen.layers`.
        input_gradient: and the gradient with respect to the drawn input.
        targets: one backward pass each; empty where no score is needed.
        named_targets: whether keys carry "@target", as they do when the user asked for several.
        own_pass: the view runs passes of its own (`seen.at`) and so gets a traced function of
            its own.
        loss: the gradient of the model's own loss on the probe with respect to the weights of
            the layers; one backward pass more.
        per_image: the first axis of what `reduce` returns is the image; such arrays of a probe
            that is looked at in chunks are joined, single numbers are taken from the last chunk.
            Otherwise only the first chunk is looked at.
        probe: whether it needs a probe; False for a view that can do without.
        once: of a layer that is called several times, look at the last call alone.

    Examples:
        >>> request = kv.Request(outputs=True, gradients=True, targets=("label",))
        >>> request.captures
        True
    """

    layers: LayerSpec = None
    fits: Callable[[LayerInfo], bool] = lambda info: True
    default: Callable[[Sequence[LayerInfo]], Sequence[LayerInfo]] | None = None
    what: str = "layer"
    outputs: bool = False
    gradients: bool = False
    attention: bool = False
    weights: bool = False
    input_gradient: bool = False
    loss: bool = False
    targets: tuple[Any, ...] = ()
    named_targets: bool = False
    own_pass: bool = False
    per_image: bool = True
    probe: bool = True
    once: bool = False

    @property
    def captures(self) -> bool:
        """Whether layers' outputs have to be caught."""
        return self.outputs or self.gradients or self.attention

    @property
    def uses_layers(self) -> bool:
        """Whether `layers` means anything to the view."""
        return self.captures or self.weights or self.loss


@dataclass(frozen=True)
class Reduced:
    """What `reduce` returns where the view wants to find something again next time.

    Attributes:
        arrays: small tensors by key, for `draw`.
        memory: what takes the place of `seen.memory`; it never leaves the device.

    Examples:
        >>> found = kv.Reduced({"input": np.zeros(3)}, memory={"last": np.zeros(3)})
        >>> sorted(found.memory)
        ['last']
    """

    arrays: dict[str, Any]
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A view with everything it asked for found in the model.

    Attributes:
        name: the view's name in the tags.
        view: the view.
        request: what it asked for.
        layers: the layers that were found.
        targets: what is scored; one None where nothing is.
        names: how each target is called in keys, "" where there is one.
        reduce: the view's part on the device.
    """

    name: str
    view: View
    request: Request
    layers: list[LayerInfo]
    targets: list[Target | None]
    names: list[str]
    reduce: Callable[[Seen], Any]


@dataclass(frozen=True)
class Demand:
    """The sum of requests: what one pass has to do.

    Attributes:
        layers: the layers of every need, by the need's name.
        targets: every target once, so that views with the same one share its backward pass.
    """

    layers: Mapping[str, Sequence[LayerInfo]] = field(default_factory=dict)
    targets: Sequence[Target] = ()

    def asks(self, *needs: str) -> bool:
        """Whether anybody has one of these needs."""
        return any(need in self.layers for need in needs)

    def of(self, *needs: str) -> list[LayerInfo]:
        """The layers that these needs are of, in the model's order."""
        found = {info.place: info for need in needs for info in self.layers.get(need, ())}
        return [found[place] for place in sorted(found)]


def add(plans: Sequence[Plan]) -> Demand:
    """What all these plans need together."""
    layers: dict[str, list[LayerInfo]] = {}
    targets: list[Target] = []
    for plan in plans:
        for need in NEEDS:
            if getattr(plan.request, need):
                layers.setdefault(need, []).extend(plan.layers)
        targets += [t for t in plan.targets if t is not None and t not in targets]
    return Demand(layers, targets)
