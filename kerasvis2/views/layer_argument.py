"""`layers=` under its older name."""

from __future__ import annotations

from kerasvis2.layers import LayerSpec


def one_of(layers: LayerSpec, layer: LayerSpec) -> LayerSpec:
    """What was given as `layers=` or, as it was once called, `layer=`."""
    if layers is not None and layer is not None:
        raise ValueError("layers= and layer= are the same; give layers=.")
    return layer if layers is None else layers
