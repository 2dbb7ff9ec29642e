"""What an ascent reached, in pictures that are no images, and in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasvis2.views.base import About


def signals(
    images: np.ndarray, about: About, title: str, captions: list[list[str]], note: str
) -> np.ndarray:
    """Signals that were climbed to, one below the other."""
    from kerasvis2.render.signal import signal_sheet

    names = () if about.shown is None or about.shown.names is None else about.shown.names
    pixels, _ = signal_sheet(
        images,
        images,
        title=title,
        captions=captions,
        notes=[note],
        channels=names,
        quantity="value, in the model's units",
    )
    return pixels


def table(captions: Sequence[Sequence[str]]) -> str:
    """Markdown: each unit and what was reached."""
    lines = ["| Unit | Score | |", "|---|---|---|"]
    lines += [f"| {' | '.join([*words, '', ''][:3])} |" for words in captions]
    return "\n".join(lines)
