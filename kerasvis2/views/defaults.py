"""The views of a `Monitor` that was not told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasvis2.views.activation_maximization import ActivationMaximization
from kerasvis2.views.activations import Activations
from kerasvis2.views.curves import Curves
from kerasvis2.views.filters import Filters
from kerasvis2.views.grad_cam import GradCAM

if TYPE_CHECKING:
    from kerasvis2.views.base import View


def default_views() -> list[View]:
    """Curves, filters, activations, Grad-CAM and activation maximization, new ones each time.

    Safe to leave on with a large model: no view draws more than its default layers, and the
    ascent takes the classes of the probe, at most 10, in a few steps that go on where the epoch
    before ended. A `Monitor` without a probe leaves out what needs one.

        views = kv.default_views() + [kv.Saliency(), kv.GradCAM(target="predicted")]
    """
    ascent = ActivationMaximization(units="probe", quality="fast")
    views: list[View] = [Curves(), Filters(), Activations(), GradCAM(), ascent]
    for view in views:
        view._by_default = True
    return views


def is_default(view: View) -> bool:
    """Whether a view is one of `default_views`, so that it may be left out of a model's."""
    return getattr(view, "_by_default", False)
