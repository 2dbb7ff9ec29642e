"""The words below a picture: which of them is the prediction, and how far its own values go."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.scale import Scale, number

OF = "map of:"
"""What the line begins with that says what a map is of; what follows it speaks of the map too."""


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


def squeezed(line: str, width: int, size: int = text.BODY, bold: bool = False) -> str:
    """A line for so many pixels: a name may lose its middle, a number none of its digits."""
    line = text.clean(line)
    if text.width_of(line, size, bold) <= width:
        return line
    for shorter in _shorter(line, width, size, bold):
        if text.width_of(shorter, size, bold) <= width:
            return shorter
    return text.shorten(line, width, size, bold)


def _shorter(line: str, width: int, size: int, bold: bool) -> Iterator[str]:
    """Other spellings of a line, the best first."""
    extreme = re.fullmatch(r"((?:max|peak) \S+) of \S+", line)
    if extreme:
        yield extreme[1]  # the scale stands in the legend
    head, name, tail = _parts(line)
    if ", " in name:  # whole items, and how many more there are
        items = [*name.split(", "), *([tail.strip()] if tail else [])]
        for kept in range(len(items) - 1, 0, -1):
            yield f"{head}{', '.join(items[:kept])}, … {len(items) - kept} more"
        for kept in range(len(items) - 1, 0, -1):
            yield f"{head}{', '.join(items[:kept])}, …"
        return
    less = "of " if head.startswith(OF) else head.replace("pred ", "")
    if less != head and text.width_of(less + name + tail, size, bold) <= width:
        yield less + name + tail
    number = re.fullmatch(r"class (\d+)", name)
    if number:  # of which no digit may be missing
        yield less + number[1] + tail
        return
    for start in dict.fromkeys((head, less)):
        room = width - text.width_of(start + tail, size, bold)
        short = text.shorten(name, max(0, room), size, bold)
        if len(short) > 3:  # a letter or two name nothing
            yield start + short + tail


def _parts(line: str) -> tuple[str, str, str]:
    """What a line begins with, the name in it, and the number behind that."""
    found = re.fullmatch(
        r"((?:✗ )?(?:true |pred |was |map of: )?)(.*?)((?: [−-]?[\d.]+(?:e-?\d+)?(?: %)?)?)", line
    )
    assert found is not None, "every part may be empty"
    return found[1], found[2], found[3]


def reach(values: np.ndarray, scale: Scale) -> str:
    """How far one image's own values go, beside the scale: "max 0.43 of 0.5", "peak −2 of 5".

    Args:
        values: Those of one image.
        scale: What it is drawn with.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "NaN/inf only"
    low, high = float(finite.min()), float(finite.max())
    if low == high == 0:
        return "0 everywhere"
    if not scale.signed:
        return f"max {number(high, 2)} of {number(scale.top)}"
    return f"peak {number(high if high >= -low else low, 2)} of {number(scale.top)}"


def with_reach(
    captions: Sequence[Sequence[str]], values: np.ndarray, scales: "Scale | list[Scale]"
) -> list[Sequence[str]]:
    """The captions, each with its image's own extreme beside the scale as a last line."""
    owns = scales if isinstance(scales, list) else [scales] * len(values)
    return [
        (*(captions[i] if i < len(captions) else ()), reach(each, own))
        for i, (each, own) in enumerate(zip(values, owns))
    ]


def reasons(values: np.ndarray, why: str | Sequence[str]) -> list[str]:
    """A note for each reason why maps of `values` are 0 everywhere, where any of them is."""
    zero = [i for i, each in enumerate(values) if each.size and not each.any()]
    said = [why] * len(values) if isinstance(why, str) else why
    found = dict.fromkeys(said[i] for i in zero if i < len(said) and said[i])
    return [f"0 everywhere: {reason}" for reason in found]
