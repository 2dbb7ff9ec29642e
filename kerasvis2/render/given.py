"""What every sheet of maps is given beside the maps: its scale and its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasvis2.render.captions import reasons, with_reach
from kerasvis2.render.page import legend_of
from kerasvis2.render.scale import FINE, Scale, fit, fit_one, overall
from kerasvis2.render.stack import stacked_page


@dataclass(frozen=True)
class Given:
    """The keywords that all sheets of maps share.

    Attributes:
        title: What it is, such as "Grad-CAM · conv3 · epoch 12".
        scale: "nice", "image", "98%", "run" or a number, see `scale.fit`.
        signed: Whether negative values are drawn, in the other colour.
        frozen: The top to use for `scale="run"`, once there is one.
        previous: The top at the look before, so that `scale="nice"` does not flicker.
        how: By which settings it was made, in one line.
        quantity: What the scale measures, and in which unit.
        why: Why a map may be 0 everywhere; for all images, or for each.
        captions: For each image its lines, such as ("true cat", Said("dog 0.93")).
        wrong: Which predictions are wrong; these are framed, and crossed where they are stated.
        notes: Further lines below the title.
    """

    title: str
    scale: Any = "nice"
    signed: bool = False
    frozen: float | None = None
    previous: float | None = None
    how: str = ""
    quantity: str = ""
    why: str | Sequence[str] = ""
    captions: Sequence[Sequence[str]] = ()
    wrong: Sequence[bool] | None = None
    notes: Sequence[str] = ()

    def fit(self, maps: np.ndarray, fine: bool = False) -> Scale | list[Scale]:
        """The scale of maps, or one each; `fine`: of maps as fine as photographs."""
        return fit(
            maps,
            self.scale,
            signed=self.signed,
            frozen=self.frozen,
            previous=self.previous,
            slack=FINE if fine else 1.0,
        )

    def fit_one(self, values: np.ndarray) -> Scale:
        """The scale of what is one image."""
        return fit_one(
            values, self.scale, signed=self.signed, frozen=self.frozen, previous=self.previous
        )

    def stacked(
        self,
        maps: np.ndarray,
        scales: Scale | list[Scale],
        draw: Callable[[int], np.ndarray],
        *,
        what: str,
        notes: Sequence[str],
        over: bool = False,
        fine: bool = False,
    ) -> tuple[np.ndarray, float]:
        """Examples one below the other, each drawn by `draw(index)`; and the top of the scale.

        Args:
            maps: What is drawn.
            scales: Of `fit`.
            draw: One example, uint8 (height, INNER, 3).
            what: What the examples are.
            notes: The lines below the title, with those of the sheet itself.
            over: Whether the colours lie over something.
            fine: Whether they are those of maps as fine as photographs.
        """
        whole = overall(scales)
        sheet = stacked_page(
            len(maps),
            draw,
            title=self.title,
            how=self.how,
            notes=[*notes, *reasons(maps, self.why)],
            legend=legend_of(whole, over=over, fine=fine, quantity=self.quantity),
            captions=with_reach(self.captions, maps, scales),
            wrong=self.wrong,
            what=what,
        )
        return sheet, whole.top
