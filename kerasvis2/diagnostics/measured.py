"""From what `LayerHealth` measured on the device to facts; NumPy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from kerasvis2.diagnostics.facts import Facts, LayerFacts, metrics
from kerasvis2.diagnostics.numbers import effective_rank, update_ratio
from kerasvis2.diagnostics.weights import count_weights

if TYPE_CHECKING:
    from kerasvis2.views.base import About, Arrays

INPUT, LOGITS, FALLING, STEPS = "input", "logits", "falling", "steps"


def facts_of(arrays: Arrays, about: About) -> Facts:
    """What the rules judge."""
    layers = {}
    steps = int(arrays[STEPS])
    answered = [name.removesuffix("/pooled") for name in arrays if name.endswith("/pooled")]
    for name in arrays:
        if name.endswith("/size"):
            path = name.removesuffix("/size")
            calls = [key for key in answered if about.layer(key) is about.layers[path]]
            for key in calls or [path]:
                layers[key] = _layer_facts(key, arrays, about, steps)
    logits = arrays.get(LOGITS)
    falling = arrays.get(FALLING)
    truth = None if about.label_indices is None else np.asarray(about.label_indices)
    kinds = {info.kind for info in about.layers.values()}
    return Facts(
        layers=layers,
        steps=steps,
        classes=0 if logits is None or truth is None else max(logits.shape[1], 2),
        logits=logits,
        truth=truth,
        falling=None if falling is None else falling[0],
        names=about.class_names,
        lowest=float(arrays[f"{INPUT}/lowest"].min()),
        highest=float(arrays[f"{INPUT}/highest"].max()),
        normalised="BatchNormalization" in kinds,
        **metrics(about.history),
    )


def _layer_facts(key: str, arrays: Arrays, about: About, steps: int) -> LayerFacts:
    info = about.layer(key)
    assert info is not None, "every key is a layer's"
    pooled = arrays.get(f"{key}/pooled")
    size, change = (math.sqrt(arrays[f"{info.path}/{word}"]) for word in ("size", "change"))
    gradient = arrays.get(f"{info.path}/gradient")
    positive = arrays.get(f"{key}/positive")
    rank = math.nan if pooled is None else effective_rank(pooled)
    return LayerFacts(
        update_ratio=update_ratio(change, size, steps),
        change=change / size if size and steps else math.nan,
        weight_norm=size,
        gradient_norm=math.nan if gradient is None else math.sqrt(gradient),
        dead=math.nan if pooled is None or positive is None else _dead(pooled, positive),
        sparsity=math.nan if positive is None else float(1 - positive.mean()),
        rank=rank,
        rank_share=math.nan if pooled is None else rank / min(pooled.shape),
        spatial=len(info.shape or ()) > 2,
        trainable=bool(info.layer.trainable),
        weights=count_weights(info.layer),
    )


def _dead(pooled: np.ndarray, positive: np.ndarray) -> float:
    """The share of channels that are nowhere above 0, at no image; NaN is not dead but broken."""
    return float(((positive.max(axis=0) == 0) & np.isfinite(pooled).all(axis=0)).mean())
