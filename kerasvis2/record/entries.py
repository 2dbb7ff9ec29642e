"""From what views draw to what lies in the run's folders."""

from __future__ import annotations

from collections.abc import Mapping

from kerasvis2.layers import LayerInfo
from kerasvis2.record.events import (
    Value,
    graph,
    histogram,
    image,
    numbers,
    scalar,
    scale,
    text,
)
from kerasvis2.views.base import Drawing, tag_of

VIS = "vis"


def entries(drawing: Drawing, view: str, layers: Mapping[str, LayerInfo]) -> dict[str, list[Value]]:
    """Summary values by folder.

    Args:
        drawing: what a view's `draw` returned.
        view: the view's part of the tags.
        layers: every layer by path, for the place in the tag.
    """
    vis = []
    for key, picture in drawing.pictures.items():
        tag = tag_of(view, key, layers)
        vis.append(image(tag, picture.pixels, picture.text))
        if picture.top is not None:
            vis.append(scale(tag, picture.top))
    vis += [scalar(f"{view}/{key}", value) for key, value in drawing.scalars.items()]
    vis += [text(f"{view}/{key}", words) for key, words in drawing.texts.items()]
    vis += [histogram(f"{view}/{key}", each) for key, each in drawing.histograms.items()]
    vis += [numbers(f"{view}/{key}", array) for key, array in drawing.numbers.items()]
    if drawing.graph is not None:
        vis.append(graph(drawing.graph))
    return {
        "train": [scalar(tag, value) for tag, value in drawing.train.items()],
        "validation": [scalar(tag, value) for tag, value in drawing.validation.items()],
        VIS: vis,
    }
