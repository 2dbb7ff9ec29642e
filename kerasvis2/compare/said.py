"""What is said of maps on a sheet, from what lies beside them in the log."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_VALUE = re.compile(r" [−-]?[0-9.]+(e[+−-]?[0-9]+)?$")  # of what a map explains, behind its name
_WORDS = (("quantity", "unit"), ("how", "how"), ("why", "why"))  # a sheet's, and a header's


def answered(
    probe: Mapping[str, Any],
    task: str,
    words: Sequence[str],
    answers: Mapping[str, np.ndarray],
    places: Sequence[int],
) -> tuple[list[list[str]], list[bool] | None]:
    """What was answered for the images at these places, and which is wrong where that is known.

    Args:
        probe: the header of the run's probe.
        task: the kind of answer.
        words: the answers in words.
        answers: in numbers.
        places: of the images in the probe.
    """
    names, labels = probe.get("class_names") or [], probe.get("labels")

    def name(index: int) -> str:
        return str(names[index]) if 0 <= index < len(names) else f"class {index}"

    if task not in ("classes", "binary"):  # not to be judged by one class
        return [[f"pred {words[p]}"] if p < len(words) else [] for p in places], None
    guesses, shares = answers.get("predicted"), answers.get("shares")
    captions: list[list[str]] = []
    for place in places:
        label = -1 if labels is None else int(labels[place])
        none = [] if labels is None else ["true –"]  # it names no class of this output
        lines = none if label < 0 else [f"true {name(label)}"]
        if guesses is not None:
            sure = "" if shares is None else f" {shares[place][0]:.2f}"
            lines.append(f"pred {name(int(guesses[place]))}{sure}")
        captions.append(lines)
    if labels is None or guesses is None:
        return captions, None
    wrong = [int(labels[place]) not in (-1, int(guesses[place])) for place in places]
    return captions, wrong


def legend(header: Mapping[str, Any], subtracted: bool) -> dict[str, str]:
    """What a value is, how it was made, and why there may be none."""
    found = {name: str(header.get(of) or "") for name, of in _WORDS}
    return found | ({"why": "the two are the same"} if subtracted else {})


def explained_of(header: Mapping[str, Any], sure: bool = True) -> dict[int, str]:
    """What each map explains, by the place of its image; without its value if not `sure`."""
    named = {place: str(what) for place, what in enumerate(header.get("of") or ()) if what}
    return named if sure else {place: _VALUE.sub("", what) for place, what in named.items()}
