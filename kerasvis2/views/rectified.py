"""What guided backpropagation and the deconvnet share: another rule for gradients at ReLUs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from kerasvis2.views.base import Request
from kerasvis2.views.pixels import PixelView

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

    def needs(self, model: Any, probe: Any) -> Request:
        return replace(super().needs(model, probe), input_gradient=False, own_pass=True)

    def attribute(self, seen: Any) -> Any:
        return seen.at(seen.inputs, input_gradient=True, relu=self.rule).input_gradient
