"""The picture of a training's layers: layers by epochs, with the letters of what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kerasvis2.diagnostics.facts import Facts
from kerasvis2.diagnostics.report import Finding, unjudged
from kerasvis2.diagnostics.rules import RULES
from kerasvis2.drawing import About, Picture
from kerasvis2.views.track import Track

if TYPE_CHECKING:
    from kerasvis2.render.heatmap import Panel

_DEAD = "D"  # drawn among the dead, all other letters among the update ratios


def layer_sheet(title: str, track: Track, facts: Facts, about: About) -> Picture:
    """Update ratio, dead share and effective rank of every layer at every look.

    Args:
        title: the view's.
        track: a `column` of each look.
        facts: the latest look.
        about: the moment.
    """
    from kerasvis2.render.heatmap import heatmap_sheet

    found = np.array(marks())[track.table[-2:].astype(int)]
    letters = [f"{rule.mark} {rule.word}" for rule in RULES if rule.mark in found and rule.mark]
    known = " in what is known" if unjudged(facts) else ""
    return Picture(
        heatmap_sheet(
            _panels(track.table, found),
            list(facts.layers),
            track.steps,
            title=about.title(title, ""),
            unit=about.unit,
            notes=[" · ".join(dict.fromkeys(letters)) or f"no trouble found{known}"],
        )
    )


def marks() -> list[str]:
    """The letters of all rules; what a track holds is their places here."""
    return ["", *dict.fromkeys(rule.mark for rule in RULES if rule.mark)]


def column(facts: Facts, findings: Sequence[Finding]) -> np.ndarray:
    """(5, layers): update ratio, dead share, rank share, which mark, and which of the dead."""
    letters = marks()
    said: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for finding in findings[::-1]:
        if finding.speaks:
            said[finding.rule.mark == _DEAD][finding.subject] = letters.index(finding.rule.mark)
    rows = [
        (layer.update_ratio, layer.dead, layer.rank_share, *(each.get(key, 0) for each in said))
        for key, layer in facts.layers.items()
    ]
    return np.array(rows, np.float64).reshape(-1, 5).T


def _panels(table: np.ndarray, letters: np.ndarray) -> list[Panel]:
    """Of (5, layers, steps), and the letters (2, layers, steps)."""
    from kerasvis2.render.heatmap import Panel

    ratio, dead, rank = table[:3]
    panels = [
        Panel(
            "update ratio",
            ratio,
            (-6.0, 0.0),
            -3.0,
            absent=np.isnan(ratio) & (letters[0] == ""),
            marks=letters[0],
        )
    ]
    if np.isfinite(dead).any():
        panels.append(
            Panel(
                "dead",
                dead,
                (0.0, 1.0),
                0.0,  # white where all is well
                bad="high",
                absent=np.isnan(dead),
                marks=letters[1],
            )
        )
    panels.append(Panel("effective rank", rank, (0.0, 1.0), absent=np.isnan(rank)))
    return panels
