"""What views that explain a score share: their target, one or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasvis2.views.base import View


class TargetedView(View):
    """A view of what a score depends on.

    Args:
        target: "label" (the predicted class where there are no labels), "predicted", a class
            index, one index per image, a callable `outputs -> (N,) scores`, or
            `(output name, target)` for a model of several outputs.
        targets: several of these at once, one backward pass each; keys and tags then carry
            `@target`.
        **common: `freq`, `scale` and `seed`, as for every view.
    """

    def __init__(
        self, *, target: Any = "label", targets: Sequence[Any] | None = None, **common: Any
    ) -> None:
        super().__init__(**common)
        if targets is not None and (isinstance(targets, str) or not len(targets)):
            raise ValueError(f'targets={targets!r}: give several, such as ("label", "predicted").')
        self.target = target
        self.targets = None if targets is None else tuple(targets)

    def aims(self) -> dict[str, Any]:
        """The part of the `Request` that says what the score is."""
        if self.targets is None:
            return {"targets": (self.target,)}
        return {"targets": self.targets, "named_targets": True}
