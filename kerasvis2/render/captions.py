"""The words below a picture: which of them is the prediction, and how far its own values go."""

from collections.abc import Sequence

import numpy as np

from kerasvis2.render.scale import Scale, number


class Said(str):
    """A line that states what the network predicts: where that is wrong, the cross stands here."""

    __slots__ = ()


def place_said(lines: Sequence[str]) -> int:
    """Which line states the prediction: a `Said`, else one that begins with "pred", else none."""
    for wanted in (lambda line: isinstance(line, Said), lambda line: line.startswith("pred ")):
        for place, line in enumerate(lines):
            if wanted(line):
                return place
    return -1


def reach(values: np.ndarray, scale: Scale, why: str = "") -> str:
    """How far one image's own values go, beside the scale: "max 0.43 of 0.5", "peak −2 of 5".

    Args:
        values: Those of one image.
        scale: What it is drawn with.
        why: The reason, where all of them may be 0.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "NaN/inf only"
    low, high = float(finite.min()), float(finite.max())
    if low == high == 0:
        return f"0: {why}" if why else "0 everywhere"
    if not scale.signed:
        return f"max {number(high, 2)} of {number(scale.top)}"
    return f"peak {number(high if high >= -low else low, 2)} of {number(scale.top)}"


def with_reach(
    captions: Sequence[Sequence[str]],
    values: np.ndarray,
    scales: "Scale | list[Scale]",
    why: str | Sequence[str] = "",
) -> list[Sequence[str]]:
    """The captions, each with its image's own extreme beside the scale as a last line."""
    owns = scales if isinstance(scales, list) else [scales] * len(values)
    reasons = [why] * len(values) if isinstance(why, str) else why
    return [
        (*(captions[i] if i < len(captions) else ()), reach(each, own, reason))
        for i, (each, own, reason) in enumerate(zip(values, owns, reasons))
    ]
