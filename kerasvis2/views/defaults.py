"""The views of a `Monitor` that was not told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasvis2.views.activation_maximization import ActivationMaximization
from kerasvis2.views.activations import Activations
from kerasvis2.views.curves import Curves
from kerasvis2.views.filters import Filters
from kerasvis2.views.grad_cam import GradCAM
from kerasvis2.views.predictions import Predictions

if TYPE_CHECKING:
    from kerasvis2.views.base import View


def default_views() -> list[View]:
    """What people leave on: a dozen pictures an epoch, whatever the model; new ones each time.

    Curves; predictions; Grad-CAM of the last stage; activations at three depths; the first layer's
    filters; and what each of the probe's classes, at most 10, looks like, in a few steps that go
    on where the epoch before ended. A `Monitor` leaves out those that do not fit its model, or
    that need a probe where there is none; `layers="all"` shows the rest.

        views = kv.default_views() + [kv.Saliency(), kv.GradCAM(target="predicted")]

    Examples:
        >>> views = kv.default_views() + [kv.Saliency()]
        >>> monitor = kv.Monitor("runs/new", probe, views)
        >>> [view.name for view in kv.default_views()]
        ['curves', 'predictions', 'grad_cam', 'activations', 'filters', 'activation_maximization']
    """
    ascent = ActivationMaximization(units="probe", quality="fast")
    few: list[tuple[View, int | None]] = [
        (Curves(), None),
        (Predictions(), None),
        (GradCAM(), 1),
        (Activations(), 3),
        (Filters(), 1),
        (ascent, None),
    ]
    for view, most in few:
        view._by_default, view._most = True, most
    views = [view for view, _ in few]
    return views


def is_default(view: View) -> bool:
    """Whether a view is one of `default_views`, so that it may be left out of a model's."""
    return getattr(view, "_by_default", False)
