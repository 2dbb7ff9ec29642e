"""From what `LayerHealth` measured on the device to facts; NumPy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from kerasvis2.diagnostics.facts import Facts, Vitals, metrics
from kerasvis2.diagnostics.numbers import effective_rank, update_ratio
from kerasvis2.facts import LayerFacts
from kerasvis2.keys import Key, parts

if TYPE_CHECKING:
    from kerasvis2.views.base import About, Arrays

LOGITS, FALLING, STEPS = "logits", "falling", "steps"
LOWEST, HIGHEST = Key("input", "lowest"), Key("input", "highest")
# Parts of a layer's key.
POOLED, POSITIVE, SIZE, CHANGE, GRADIENT = "pooled", "positive", "size", "change", "gradient"


def facts_of(arrays: Arrays, about: About) -> Facts:
    """What the rules judge."""
    layers: dict[str, Vitals] = {}
    steps = int(arrays[STEPS])
    answered = parts(arrays, POOLED)
    for row in parts(arrays, SIZE):
        for key in [key for key in answered if key.path == row.path] or [row]:
            layers[key] = _layer_facts(key, arrays, about.layers[key.path], steps)
    logits = arrays.get(LOGITS)
    falling = arrays.get(FALLING)
    truth = None if about.label_indices is None else np.asarray(about.label_indices)
    if logits is not None and truth is not None:  # without labels that name none of its classes
        logits, truth = logits[truth >= 0], truth[truth >= 0]
        truth = truth if len(truth) else None
    kinds = {info.kind for info in about.layers.values()}
    return Facts(
        layers=layers,
        steps=steps,
        classes=0 if logits is None or truth is None else max(logits.shape[1], 2),
        logits=logits,
        truth=truth,
        falling=None if falling is None else falling[0],
        names=about.class_names,
        lowest=float(arrays[LOWEST].min()) if LOWEST in arrays else math.nan,
        highest=float(arrays[HIGHEST].max()) if HIGHEST in arrays else math.nan,
        normalised="BatchNormalization" in kinds,
        unknown=_unknown(arrays, about),
        **metrics(about.history),
    )


def _unknown(arrays: Arrays, about: About) -> dict[str, str]:
    """What the rules may need and nobody told; see `Facts.unknown`."""
    found: dict[str, str] = {}
    if int(arrays[STEPS]) < 1:
        found["steps"] = "no step of an optimizer was counted since the last look"
    if LOWEST not in arrays:
        found |= dict.fromkeys(("lowest", "answers", "classes"), "nothing went through the model")
    if about.task is None or about.task.kind in ("classes", "binary"):
        if LOWEST in arrays and about.label_indices is None:
            found["classes"] = "the probe has no labels"
        known = metrics(about.history)
        for name, words in (
            ("loss", "loss"),
            ("accuracy", "accuracy"),
            ("val_accuracy", "validation accuracy"),
        ):
            if math.isnan(known[name]) and not known["epochs"]:
                found[name] = "no epoch has ended"
            elif math.isnan(known[name]) and name != "loss":
                found[name] = f"no {words} is logged"
    return found


def _layer_facts(key: Key, arrays: Arrays, layer: LayerFacts, steps: int) -> Vitals:
    pooled, positive = arrays.get(key.of(POOLED)), arrays.get(key.of(POSITIVE))
    size, change = (math.sqrt(arrays[Key(key.path, part)]) for part in (SIZE, CHANGE))
    gradient = arrays.get(Key(key.path, GRADIENT))
    rank = math.nan if pooled is None else effective_rank(pooled)
    return Vitals(
        update_ratio=update_ratio(change, size, steps),
        change=change / size if size and steps else math.nan,
        weight_norm=size,
        gradient_norm=math.nan if gradient is None else math.sqrt(gradient),
        dead=math.nan if pooled is None or positive is None else _dead(pooled, positive),
        sparsity=math.nan if positive is None else float(1 - positive.mean()),
        rank=rank,
        rank_share=math.nan if pooled is None else rank / min(pooled.shape),
        spatial=len(layer.shape or ()) > 2,
        trainable=layer.trainable,
        weights=layer.learns,
    )


def _dead(pooled: np.ndarray, positive: np.ndarray) -> float:
    """The share of channels that are nowhere above 0, at no image; NaN is not dead but broken."""
    return float(((positive.max(axis=0) == 0) & np.isfinite(pooled).all(axis=0)).mean())
