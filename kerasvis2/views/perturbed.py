"""What views share that look at the probe again and again with parts of it covered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.attribution.perturb import masked_scores
from kerasvis2.views.base import Request
from kerasvis2.views.pixels import PixelView, as_drawn, as_taken, check_pixels

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe


class PerturbedView(PixelView):
    """How the score answers to changes of the input; a method gives `reduce`.

    Used alone on a terminal, it shows a progress bar.

    Args:
        **common: `target`, `targets`, `freq`, `scale`, `seed`.
    """

    overlay = True

    def needs(self, model: Any, probe: Probe | None) -> Request:
        if probe is not None and probe.kind != "pictures":
            raise ValueError(
                f"{type(self).__name__} covers parts of pictures (N, height, width, channels); the "
                f"probe holds {probe.kind} {probe.drawn.shape}."
            )
        check_pixels(type(self).__name__, probe)
        return Request(own_pass=True, **self.aims())


def upright(seen: Seen) -> Any:
    """The same with pictures (N, H, W, C), where the model takes flat ones or channels first."""
    if seen.probe is None or seen.probe.places() is None:
        return seen

    def at(images: Any, rows: Any | None = None, **asked: Any) -> Any:
        return seen.at(as_taken(images, seen.probe), rows, **asked)

    return replace(seen, inputs=as_drawn(seen.inputs, seen.probe), at=at)


def laid_out(fill: Any, probe: Probe | None) -> Any:
    """What is shown in place of pixels, for pictures that are `upright`."""
    places = None if probe is None else probe.places()
    if probe is None or places is None or tuple(fill.shape) != tuple(probe.drawn.shape[1:]):
        return fill
    return ops.take(ops.reshape(fill, (-1,)), places)


def scores_under(seen: Seen, baseline: Any, masks: Any, count: int, measure: Any = None) -> Any:
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


def confidence(seen: Seen) -> Any:
    """(n,) the probability of the class that is scored, by the softmax or sigmoid of its task.

    Where there is no such thing (a callable target, a regression, a label map, a margin) it is the
    target's score; see `Task.sure`, which says so too.
    """
    task, classes = seen.task, seen.classes
    if classes is None or task is None or not task.sure:
        return seen.score
    if task.squash == "softmax":
        return ops.take_along_axis(ops.softmax(seen.logits), classes[:, None], axis=1)[:, 0]
    if task.squash == "sigmoid":
        return ops.sigmoid(seen.score)
    # The output is a probability itself, of one unit that of class 1, and counted negative for 0.
    return seen.score + ops.cast(ops.logical_and(classes == 0, task.units == 1), "float32")
