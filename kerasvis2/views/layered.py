"""What views share that look at layers of the user's choice."""

from __future__ import annotations

from typing import Any

from kerasvis2.layers import LayerSpec
from kerasvis2.views.base import View


class LayeredView(View):
    """A view of layers.

    Args:
        layers: which ones; each view says what it takes by default.
        **common: what else the view takes.
    """

    def __init__(self, *, layers: LayerSpec = None, **common: Any) -> None:
        super().__init__(**common)
        self.layers = layers
