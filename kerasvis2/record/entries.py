"""From what views draw to what lies in the run's folders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kerasvis2.drawing import About, Drawing, tag_of
from kerasvis2.facts import Layers
from kerasvis2.mapped import Maps
from kerasvis2.record.events import (
    Value,
    answers,
    blob,
    graph,
    histogram,
    image,
    numbers,
    scalar,
    scale,
    text,
)
from kerasvis2.record.maps import ANSWERS_TAG, MAPS_TAG, PROBE_TAG, VALUES_TAG, encode_maps
from kerasvis2.record.probed import answers_blob, probe_blob

if TYPE_CHECKING:
    from kerasvis2.probe import Probe

VIS = "vis"


def entries(
    drawing: Drawing,
    view: str,
    layers: Layers,
    *,
    maps: int = 8,
    pictures: bool = True,
) -> dict[str, list[Value]]:
    """Summary values by folder.

    Args:
        drawing: what a view's `draw` returned.
        view: the view's part of the tags.
        layers: every layer by path, for the place in the tag.
        maps: bits of a value of the maps, 8 or 16; 0 to leave them out.
        pictures: whether to write pictures.
    """
    vis = []
    for key in dict.fromkeys([*drawing.pictures, *drawing.maps]):
        tag = tag_of(view, key, layers)
        if maps and key in drawing.maps:
            vis += _maps(tag, drawing.maps[key], maps)
        picture = drawing.pictures.get(key) if pictures else None
        if picture is not None:
            vis.append(image(tag, picture.pixels, picture.text))
            vis += [] if picture.top is None else [scale(tag, picture.top)]
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


def probed(about: About, probe: Probe | None) -> list[Value]:
    """The probe as numbers, for once a run; nothing without a probe."""
    if probe is None or probe.images is None or about.images is None:
        return []
    # The class that most of a label map is, is not what an answer is right or wrong by.
    classed = about.task is None or about.task.kind in ("classes", "binary")
    data = probe_blob(
        probe.images,
        fingerprint=probe.fingerprint,
        labels=about.label_indices if classed else None,
        class_names=about.class_names,
        masks=probe.masks,
        private=probe.private,
    )
    return [blob(PROBE_TAG, data)]


def answered(about: About) -> list[Value]:
    """What the network answers to the probe, as numbers, for once a step; nothing without one."""
    if about.predictions is None:
        return []
    data = answers_blob(
        about.outputs,
        task="classes" if about.task is None else about.task.kind,
        true=about.label_indices,
        guess=about.predicted_indices,
        words=about.predictions,
    )
    return [answers(ANSWERS_TAG, data)]


def _maps(tag: str, maps: Maps, bits: int) -> list[Value]:
    """One blob, or one for each of a layer's channels."""
    if not maps.channels:
        return [_blob(tag, maps, bits)]
    apart = zip(maps.channels, np.moveaxis(maps.values, -1, 0))
    return [
        _blob(f"{tag}.{channel}", replace(maps, values=values, channels=(channel,)), bits)
        for channel, values in apart
    ]


def _blob(tag: str, maps: Maps, bits: int) -> Value:
    header = {
        "signed": maps.signed,
        "overlay": maps.overlay,
        "view": maps.view,
        "layer": maps.layer,
        "target": maps.target,
        "unit": maps.unit,
        "of": list(maps.of),
        "top": maps.top,
        "channels": list(maps.channels),
        "how": maps.how,
        "why": maps.why,
    }
    pictured = maps.pictured and maps.values.ndim in (3, 4)
    before = MAPS_TAG if pictured else VALUES_TAG
    return blob(before + tag, encode_maps(maps.values, header, bits))
