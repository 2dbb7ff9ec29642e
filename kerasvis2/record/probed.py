"""The probe, and what the network answers to it, as blobs of numbers: see `maps` for the format."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from kerasvis2.record.maps import pack

TOP = 5
_LEAST = np.finfo(np.float32).tiny


def probe_blob(
    pictures: np.ndarray,
    *,
    fingerprint: str,
    labels: Any = None,
    class_names: Any = None,
    masks: np.ndarray | None = None,
    private: bool = False,
) -> bytes:
    """The probe, once a run.

    Args:
        pictures: float (N, H, W, 1 or 3) in [0, 1], as they are drawn.
        fingerprint: the probe's.
        labels: (N,) class indices, or None.
        class_names: the name of each class, or None.
        masks: (N, H, W) bool, where the object is, or None.
        private: leaves out the images and masks; their hashes, which tell whether two runs saw
            the same, stay.
    """
    bytes_ = np.rint(np.clip(np.nan_to_num(pictures), 0, 1) * 255).astype(np.uint8)
    header = {
        "kind": "probe",
        "fingerprint": fingerprint,
        "size": list(bytes_.shape[:3]),
        "hashes": [hash_of(each) for each in bytes_],
        "labels": None if labels is None else [int(label) for label in labels],
        "class_names": None if class_names is None else [str(name) for name in class_names],
        "private": private,
    }
    arrays = {} if private else {"images": bytes_}
    if masks is not None and not private:
        arrays["masks"] = np.asarray(masks, np.uint8)
    return pack(header, arrays, pictures="images")


def hash_of(picture: np.ndarray) -> str:
    """SHA-256 of a uint8 picture and its shape."""
    return hashlib.sha256(repr(picture.shape).encode() + picture.tobytes()).hexdigest()


def answers_blob(
    probabilities: Any,
    *,
    task: str = "classes",
    true: Any = None,
    guess: Any = None,
    words: Any = None,
) -> bytes:
    """What the network answers at a step: of classes the five likeliest, else what captions say.

    Args:
        probabilities: (N, classes), (N, 1) of one unit for two classes, or None where the answer
            is no class.
        task: what kind of answer it is.
        true: (N,) the true class indices, or None.
        guess: (N,) the predicted class indices, or None.
        words: for each image what the caption says of the answer, or None.
    """
    header = {
        "kind": "answers",
        "task": task,
        "words": None if words is None else [str(word) for word in words],
    }
    arrays: dict[str, np.ndarray] = {}
    if guess is not None:
        arrays["predicted"] = np.asarray(guess, "<i4")
    shares = None if probabilities is None else np.asarray(probabilities, np.float64)
    if shares is not None and shares.ndim == 2 and guess is not None and task != "mask":
        if shares.shape[1] == 1:
            shares = np.concatenate([1 - shares, shares], axis=1)
        order = np.argsort(-shares, axis=1, kind="stable")[:, :TOP]
        arrays["top"] = order.astype("<i4")
        arrays["shares"] = np.take_along_axis(shares, order, 1).astype("<f4")
        known = np.asarray(guess if true is None else true)
        none = known < 0  # a label that names no class of this output
        own = shares[np.arange(len(shares)), known]
        arrays["truth"] = np.where(none, np.nan, own).astype("<f4")
        arrays["margin"] = np.where(none, np.nan, _margins(shares, known)).astype("<f4")
    return pack(header, arrays)


def _margins(shares: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The logit of a class less the best other one's: the softmax cancels out."""
    logs = np.log(np.maximum(shares, _LEAST))
    own = logs[np.arange(len(logs)), classes]
    logs[np.arange(len(logs)), classes] = -np.inf
    return own - logs.max(axis=1) if logs.shape[1] > 1 else own
