"""What views share that look at the probe again and again with parts of it covered."""

from __future__ import annotations

from typing import Any

from keras import ops

from kerasvis2.attribution.perturb import masked_scores
from kerasvis2.views.base import Request
from kerasvis2.views.pixels import PixelView, check_pixels


class PerturbedView(PixelView):
    """How the score answers to changes of the input; a method gives `reduce`.

    Used alone on a terminal, it shows a progress bar.

    Args:
        **common: `target`, `targets`, `freq`, `scale`, `seed`.
    """

    overlay = True

    def needs(self, model: Any, probe: Any) -> Request:
        if probe is not None and (probe.kind != "pictures" or probe.drawn.ndim not in (3, 4)):
            raise ValueError(
                f"{type(self).__name__} covers parts of pictures (N, height, width, channels); the "
                f"probe holds {probe.kind} {probe.drawn.shape}."
            )
        check_pixels(type(self).__name__, probe)
        return Request(own_pass=True, **self.aims())


def scores_under(seen: Any, baseline: Any, masks: Any, count: int, measure: Any = None) -> Any:
    """(n, count): what `measure(Seen) -> (n,)` gives of the images under each mask.

    Args:
        seen: the clean look; it fixes the class.
        baseline: see `masked_scores`.
        masks: see `masked_scores`.
        count: number of masks.
        measure: the target's score by default.
    """
    measured = measure or (lambda again: again.score)
    return masked_scores(
        lambda images, rows: measured(seen.at(images, rows)),
        seen.inputs,
        baseline,
        masks,
        count,
        seen.tick,
    )


def confidence(seen: Any) -> Any:
    """(n,) the probability of the class that is scored, by one softmax or sigmoid of its logits.

    Where there is no such thing (a callable target, a regression, a label map, a linear output
    without class labels) it is the target's score.
    """
    logits, classes = seen.logits, seen.classes
    if classes is None or len(logits.shape) != 2:
        return seen.score
    if logits.shape[-1] == 1 or seen.head == "sigmoid":
        return ops.sigmoid(seen.score)
    return ops.take_along_axis(ops.softmax(logits), classes[:, None], axis=1)[:, 0]
