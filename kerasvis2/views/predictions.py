"""What the network says of each probe image."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasvis2.diagnostics.numbers import confusion, margins
from kerasvis2.views.base import About, Arrays, Drawing, Picture, Request, View
from kerasvis2.views.track import Track

LOGITS = "logits"
MOST = 64  # Images with a margin curve of their own.


class Predictions(View):
    """The probe images with true and predicted class, the confusions, and each image's margin.

    The margin is the true class's logit less the best other one's: above 0 the image is right, and
    unlike the probability it goes on moving when the network is sure. Without labels it is that of
    the predicted class. For classifiers, of two or more classes.

    Tags: `predictions/00_images`, where wrong images are framed and crossed and those that changed
    since the last look have a folded corner and say what they were; `predictions/00_confusion`;
    `predictions/00_margins`, images by epochs; the scalars `predictions/accuracy`,
    `predictions/changed`, `predictions/margin/mean` and, of the first 64 images,
    `predictions/margin/<image>`. Cost: none on top of the shared forward pass. `compute` gives
    `logits`: (N, classes).

    Args:
        **common: `freq`, as for every view.

    Raises:
        ValueError: where the outputs are no classes, one answer an image.
    """

    title = "Predictions"

    def needs(self, model: Any, probe: Any) -> Request:
        return Request(targets=("label",))

    def reduce(self, seen: Any) -> dict[str, Any]:
        logits = seen.logits if len(seen.logits.shape) != 1 else seen.logits[:, None]
        regression = logits.shape[-1] == 1 and seen.classes is None
        if len(logits.shape) != 2 or regression:
            why = " of one number without class labels" if regression else ""
            raise ValueError(
                "Predictions shows classes, one answer an image; the output is "
                f"{logits.shape}{why}. Leave it out of the views of this model."
            )
        return {LOGITS: logits}

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        logits = arrays[LOGITS]
        guess = logits.argmax(axis=1) if logits.shape[1] > 1 else (logits[:, 0] > 0).astype(int)
        true = about.label_indices
        moved = margins(logits, None if true is None else np.asarray(true))
        track = about.kept.get("margins", Track()).then(about.step, moved)
        before = about.kept.get("before")
        if before is None or len(before) != len(guess) or len(track.steps) < 2:
            before = guess
        drawing = Drawing(keep={"margins": track, "before": guess})
        changed = guess != before
        self._draw_images(drawing, about, guess, before)
        self._draw_margins(drawing, about, track)
        drawing.scalars["changed"] = float(changed.mean())
        drawing.scalars["margin/mean"] = float(moved.mean())
        for i, value in enumerate(moved[:MOST]):
            drawing.scalars[f"margin/{_row(about, i, len(moved))}"] = float(value)
        if true is not None:
            drawing.scalars["accuracy"] = float((guess == true).mean())
            self._draw_confusion(drawing, about, np.asarray(true), guess)
        return drawing

    def _draw_images(self, drawing: Drawing, about: About, guess: Any, before: Any) -> None:
        from kerasvis2.render.predictions import prediction_sheet

        changed = guess != before
        notes = [f"{changed.sum()} of {len(guess)} changed since the last look: folded corner"]
        wrong = about.wrong()
        if wrong is not None:
            notes.insert(0, f"{sum(wrong)} of {len(guess)} wrong: framed and crossed")
        captions = []
        for i, words in enumerate(about.captions()):
            # Without "pred", which would cut the middle out of long names.
            lines = [*words[:-1], words[-1].removeprefix("pred ")]
            if changed[i]:
                lines.insert(-1, f"was {_class(about, before[i])}")
            captions.append(lines)
        drawing.pictures["images"] = Picture(
            prediction_sheet(
                about.images,
                title=about.title(self.title, ""),
                captions=captions,
                wrong=wrong,
                changed=changed.tolist(),
                notes=notes,
            )
        )

    def _draw_margins(self, drawing: Drawing, about: About, track: Track) -> None:
        from kerasvis2.render.heatmap import Panel, heatmap_sheet
        from kerasvis2.render.scale import fit_one

        table = track.table
        top = fit_one(table, self.scale, signed=True, frozen=about.frozen.get("margins")).top or 1.0
        known = "true" if about.label_indices is not None else "predicted"
        panel = Panel(f"margin: {known} logit less the best other", table, (-top, top), 0.0)
        drawing.pictures["margins"] = Picture(
            heatmap_sheet(
                [panel],
                [_row(about, i, len(table)).replace("_", " ") for i in range(len(table))],
                track.steps,
                title=about.title("Margins", ""),
                unit=about.unit,
                images=about.images,
                notes=["red is right, blue is wrong"] if known == "true" else (),
            ),
            top,
        )

    def _draw_confusion(self, drawing: Drawing, about: About, true: Any, guess: Any) -> None:
        from kerasvis2.render.predictions import confusion_sheet

        classes = np.union1d(true, guess)
        drawing.pictures["confusion"] = Picture(
            confusion_sheet(
                confusion(true, guess, classes),
                [_class(about, c) for c in classes],
                title=about.title("Confusion", ""),
                notes=[f"{len(true)} probe images; outlined: right, elsewhere: taken for another"],
            )
        )


def _class(about: About, index: int) -> str:
    names = about.class_names
    return names[index] if names is not None and index < len(names) else str(index)


def _row(about: About, i: int, count: int) -> str:
    number = f"{i:0{max(2, len(str(count - 1)))}d}"
    return number if about.labels is None else f"{number}_{about.labels[i]}"
