"""The maps behind one tag's pictures: drawn anew on one scale, and subtracted."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasvis2.compare.probes import Kept, blob_of, kept
from kerasvis2.compare.said import answered, explained_of, legend
from kerasvis2.record.maps import ANSWERS_TAG, MAPS, MAPS_TAG, decode_maps, unpack
from kerasvis2.record.reader import Run

_KEPT = 64  # drawn pictures that are kept, as sheets ask for their sizes first
_GREY = 0.5  # where the images are not in the log


class Numbers:
    """The maps of some runs at some steps, and what they show when one scale holds for all.

    Args:
        tag: the pictures' tag.
        runs: by the names shown.
        steps: the steps to find the scale of.
        minus: the run that is subtracted from the others, if any.
    """

    def __init__(
        self, tag: str, runs: Mapping[str, Run], steps: list[int], minus: str | None = None
    ) -> None:
        self.tag = MAPS_TAG + tag
        self.runs = runs
        self.minus = minus
        self.steps = steps

    def steps_of(self, run: str) -> list[int]:
        """The steps at which a run kept these maps."""
        found = self.runs[run].series.get(self.tag)
        return [] if found is None or found.kind != MAPS else sorted(found.entries)

    def blob(self, run: str, step: int) -> bytes:
        """The maps as they are in the file."""
        if step not in self.steps_of(run):
            raise LookupError(f"run {run!r} kept no maps at step {step}")
        return self.runs[run].blob(self.tag, step)

    def probe_blob(self, run: str) -> bytes | None:
        """The run's probe as it is in the file, None without one."""
        return blob_of(self.runs[run])

    def answered(self, run: str, step: int) -> dict[str, list[float]]:
        """What was predicted for each image, and how surely, where that was kept."""
        _, _, answers = self._answers(run, step)
        found = {}
        if "predicted" in answers:
            found["predicted"] = answers["predicted"].tolist()
        if "shares" in answers:
            found["shares"] = answers["shares"][:, 0].round(4).tolist()
        return found

    def maps(self, run: str, step: int) -> NDArray[np.float32]:
        """See `Run.maps`."""
        return decode_maps(self.runs[run].blob(self.tag, step))[1]

    def difference(self, run: str, other: str, step: int, other_step: int | None = None) -> Any:
        """What `run` has more than `other`, in the maps' own unit, and of which images.

        Args:
            run: a run.
            other: the run that is subtracted, or the same.
            step: the step of `run`.
            other_step: that of `other`, the same by default.

        Returns:
            float32 (n, h, w) or (n, H, W, C), and the places of these n images in the probe of
            `run`: those that both probes have.

        Raises:
            LookupError: If one of them did not keep the maps at its step.
            ValueError: If the maps are not of one size or unit, or the probes share no image.
        """
        places = self._shared(run, other)
        at = step if other_step is None else other_step
        head, first = decode_maps(self.runs[run].blob(self.tag, step))
        header, second = decode_maps(self.runs[other].blob(self.tag, at))
        if not places:
            raise ValueError(f"the probes of {run!r} and {other!r} share no image")
        if first.shape[1:] != second.shape[1:]:
            raise ValueError(
                f"the maps of {run!r} are {first.shape[1:]}, those of {other!r} "
                f"{second.shape[1:]}: only maps of one size are subtracted"
            )
        if (unit := head.get("unit")) != (its := header.get("unit")):
            raise ValueError(
                f"the maps of {run!r} are in {unit!r}, those of {other!r} in {its!r}: only maps of "
                "one unit are subtracted"
            )
        here, there = (list(one) for one in zip(*places))
        return first[here] - second[there], here

    @functools.cached_property
    def top(self) -> float:
        """The one scale: the widest that a picture would have by itself."""
        from kerasvis2.render.scale import fit_one

        tops = [0.0]
        for run in self.runs:
            for step in set(self.steps).intersection(self.steps_of(run)):
                values, signed = self._values(run, step)
                if values is not None:
                    tops.append(fit_one(_drawn(values, signed), signed=signed).top)
        return max(tops)

    @functools.cached_property
    def signed(self) -> bool:
        """Whether any is: then all are drawn so, or one colour would be two values."""
        return any(
            self._values(run, step)[1]
            for run in self.runs
            for step in set(self.steps).intersection(self.steps_of(run))
        )

    def picture(self, run: str, step: int) -> NDArray[np.uint8] | None:
        """The sheet that the view draws, on the one scale; None where nothing is to be drawn."""
        values, signed = self._values(run, step)
        if values is None:
            return None
        return self._sheet(run, step, values, signed or self.signed)

    @functools.lru_cache(maxsize=_KEPT)  # noqa: B019, as it lives no longer than the comparison
    def encoded(self, run: str, step: int) -> bytes | None:
        """The same as PNG."""
        from kerasvis2.render import png

        drawn = self.picture(run, step)
        return None if drawn is None else png.encode(drawn)

    def why_not(self, run: str, step: int) -> str | None:
        """Why there is no difference where both runs have their maps; None if there is one."""
        if self.minus is None or step not in self.steps_of(run):
            return None
        if step not in self.steps_of(self.minus):
            return f"{self.minus} has no maps at this step"
        try:
            self.difference(run, self.minus, step)
        except ValueError as error:
            return str(error)
        return None

    def _values(self, run: str, step: int) -> tuple[NDArray[np.float32] | None, bool]:
        """What is drawn: the maps, or what they are more than the other run's."""
        if self.minus in (None, run):
            header, values = decode_maps(self.runs[run].blob(self.tag, step))
            return values, bool(header.get("signed"))
        if step not in self.steps_of(run) or self.why_not(run, step):
            return None, True
        assert self.minus is not None
        return self.difference(run, self.minus, step)[0], True

    def _sheet(
        self, run: str, step: int, values: NDArray[np.float32], signed: bool
    ) -> NDArray[np.uint8]:
        from kerasvis2.render import attribution_sheet, pixel_sheet

        header, _ = decode_maps(self.runs[run].blob(self.tag, step))
        subtracted = self.minus not in (None, run)
        probe, images, _ = self._probe(run)
        places, taken = list(range(len(values))), dict[int, str]()
        explained = explained_of(header)
        if subtracted:
            assert self.minus is not None
            pairs = self._shared(run, self.minus)
            places = [here for here, _ in pairs]
            base = explained_of(decode_maps(self.blob(self.minus, step))[0], sure=False)
            explained = explained_of(header, sure=False)
            taken = {here: base[there] for here, there in pairs if there in base}
        if images is None or len(images) <= max(places):
            side = values.shape[1:3]
            images = np.full((max(places) + 1, *side, 1), _GREY, np.float32)
        words = [str(header.get(name) or "") for name in ("view", "layer", "target")]
        title = " · ".join(filter(None, [*words, f"step {step}"]))
        if subtracted:
            title += f" · {run} minus {self.minus}"
        sheet = attribution_sheet if header.get("overlay") and not subtracted else pixel_sheet
        captions, wrong = answered(probe, *self._answers(run, step), places)
        for lines, place in zip(captions, places):
            lines += [f"map of: {explained[place]}"] if place in explained else []
            if taken.get(place, explained.get(place)) != explained.get(place):
                lines.append(f"minus: {taken[place]}")
        pixels, _ = sheet(
            images[places],
            values,
            scale=self.top or "nice",
            signed=signed,
            title=title,
            captions=captions,
            wrong=wrong,
            **legend(header, subtracted),
        )
        return pixels

    def _answers(self, run: str, step: int) -> tuple[str, list[str], dict[str, np.ndarray]]:
        """What kind of answer it is, in words, and in numbers."""
        try:
            header, arrays = unpack(self.runs[run].blob(ANSWERS_TAG, step))
        except (LookupError, ValueError):
            return "classes", [], {}
        return str(header.get("task") or "classes"), list(header.get("words") or ()), arrays

    @functools.cache  # noqa: B019, as it lives no longer than the comparison
    def _probe(self, run: str) -> Kept:
        return kept(self.runs[run])

    def _shared(self, run: str, other: str) -> list[tuple[int, int]]:
        """The places of the images that two runs' probes have in common."""
        hashes, others = self._probe(run).hashes, self._probe(other).hashes
        if not hashes or not others:  # nobody knows: place by place
            count = min(len(self.maps(each, self.steps_of(each)[0])) for each in (run, other))
            return [(place, place) for place in range(count)]
        where: dict[str, list[int]] = {}
        for place, found in enumerate(others):
            where.setdefault(found, []).append(place)
        pairs = []
        for place, found in enumerate(hashes):
            if where.get(found):
                pairs.append((place, where[found].pop(0)))
        return pairs


def _drawn(values: NDArray[np.float32], signed: bool) -> NDArray[np.float32]:
    """What a sheet draws of several channels."""
    if values.ndim < 4:
        return values
    return values.sum(-1) if signed else values.max(-1)


def numbers_of(
    tag: str, runs: Mapping[str, Run], steps: list[int], minus: str | None
) -> Numbers | None:
    """The maps behind a tag, where every run that logged it kept all of them."""
    numbers = Numbers(tag, runs, steps, minus)
    any_ = False
    for name, run in runs.items():
        pictures = run.series.get(tag)
        logged = set() if pictures is None else set(pictures.entries)
        kept = set(numbers.steps_of(name))
        if logged - kept:
            return None
        any_ = any_ or bool(kept)
    return numbers if any_ else None
