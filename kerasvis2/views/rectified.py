"""What guided backpropagation and the deconvnet share: another rule for gradients at ReLUs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from kerasvis2.views.base import Request
from kerasvis2.views.pixels import PixelView

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

WARNING = "fails the weight-randomisation test (Adebayo 2018)"


class RectifiedView(PixelView):
    """The gradient with respect to the input under another rule at each ReLU.

    Args:
        **common: `target`, `targets`, `freq`, `scale`.

    Raises:
        ValueError: where the model has no ReLU, when training starts or `compute` is called.
    """

    rule: ClassVar[str]
    notes = (WARNING,)
    quantity = "gradient through positive paths"

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return replace(super().needs(model, probe), input_gradient=False, own_pass=True)

    def attribute(self, seen: Seen) -> Any:
        return seen.at(seen.inputs, input_gradient=True, relu=self.rule).input_gradient
