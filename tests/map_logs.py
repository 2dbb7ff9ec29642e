"""Small logs with maps in numbers, of networks whose answers are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kerasvis2.record import events
from kerasvis2.record.maps import ANSWERS_TAG, MAPS_TAG, PROBE_TAG, encode_maps
from kerasvis2.record.probed import answers_blob, probe_blob
from kerasvis2.record.writer import EventFile

CONV, INPUT = "grad_cam/03_conv", "saliency/00_input"
IMAGES, SIDE = 6, 16
STEPS = {"one": range(4), "two": range(4), "long": range(8), "other": range(4)}
LABELS = [0, 1, 2, 0, 1, 2]
NAMES = ["ant", "bee", "cat"]
UNITS = {CONV: "evidence (logit)", INPUT: "input × ∂logit/∂input"}
SHARED = 3  # of the other probe's images


def pictures(run: str) -> np.ndarray:
    """(6, 16, 16, 1) in [0, 1]; half of the run `other`'s are its own, and in another order."""
    images = np.random.default_rng(0).random((IMAGES, SIDE, SIDE, 1))
    if run != "other":
        return images
    own = np.random.default_rng(1).random((IMAGES - SHARED, SIDE, SIDE, 1))
    return np.concatenate([own, images[:SHARED]])


def maps(run: str, step: int, tag: str) -> np.ndarray:
    """Values that grow from step to step, and in run `two` are ten times as large."""
    rng = np.random.default_rng(list(STEPS).index(run) * 100 + step)
    factor = (step + 1) * (10 if run == "two" else 1) * 0.01
    if tag == CONV:
        return (rng.random((IMAGES, 5, 5)) * factor).astype(np.float32)
    return (rng.normal(size=(IMAGES, SIDE, SIDE, 3)) * factor).astype(np.float32)


def shares(run: str, step: int) -> np.ndarray:
    """(6, 3): run `one` is right from step 2 on; run `two` always says class 0."""
    found = np.full((IMAGES, 3), 0.1)
    for image, label in enumerate(LABELS):
        found[image, 0 if run == "two" or step < 2 else label] = 0.8 - 0.02 * image
    return found / found.sum(1, keepdims=True)


def write_maps(root: Path, *, private: bool = False) -> None:
    """Four runs, one of them longer, one with another probe."""
    for run, steps in STEPS.items():
        file = EventFile(root / run / "vis")
        for step in steps:
            values = []
            if step == steps[0]:
                masks = np.zeros((IMAGES, SIDE, SIDE), bool)
                masks[:, :8] = True
                probe = probe_blob(
                    pictures(run),
                    fingerprint=("bb" if run == "other" else "aa") * 32,
                    labels=LABELS,
                    class_names=NAMES,
                    masks=masks,
                    private=private,
                )
                values.append(events.blob(PROBE_TAG, probe))
            for tag in (CONV, INPUT):
                header = {
                    "signed": tag == INPUT,
                    "overlay": tag == CONV,
                    "unit": UNITS[tag],
                    "of": [f"the {NAMES[label]}" for label in LABELS],
                    "how": "5×5 places",
                    "why": "no evidence for it",
                }
                blob = encode_maps(maps(run, step, tag), header)
                values.append(events.blob(MAPS_TAG + tag, blob))
                pixels = np.full((20, 30, 3), 10 * step, np.uint8)
                values.append(events.image(tag, pixels))
            told = shares(run, step)
            answer = answers_blob(told, true=LABELS, guess=told.argmax(1))
            values.append(events.answers(ANSWERS_TAG, answer))
            file.append(step, 1_700_000_000.0 + 60 * step, values)


def write_hostile(root: Path, blobs: dict[str, bytes]) -> None:
    """One run for each blob in the place of maps, beside a good one."""
    for number, (name, blob) in enumerate(blobs.items()):
        file = EventFile(root / f"{number:02d} {name}" / "vis")
        values = [events.blob(MAPS_TAG + CONV, blob)]
        values.append(events.blob(PROBE_TAG, probe_blob(pictures("one"), fingerprint="aa" * 32)))
        file.append(0, 1_700_000_000.0, values)
    file = EventFile(root / "99 hostile probe" / "vis")
    values = [events.blob(MAPS_TAG + CONV, encode_maps(maps("one", 0, CONV), {}))]
    values.append(events.blob(PROBE_TAG, next(iter(blobs.values()))))
    file.append(0, 1_700_000_000.0, values)
