"""Layers of one run against layers of another, by what `Drift` logged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kerasvis2.compare.probes import same_images
from kerasvis2.diagnostics.similarity import gram_cka
from kerasvis2.record.reader import Run

GRAM = "drift/gram/"


@dataclass(frozen=True)
class Similarity:
    """Debiased linear CKA of every layer of one run with every layer of another.

    Attributes:
        runs: the names of the two runs.
        step: the step both are looked at.
        rows, columns: the layers' paths in the first and in the second run.
        values: (rows, columns); 1 for the same representation up to rotation and scale, about 0
            for nothing in common, NaN where a layer gives the same for all images.
    """

    runs: tuple[str, str]
    step: int
    rows: list[str]
    columns: list[str]
    values: NDArray[np.float64]

    def sheet(self) -> NDArray[np.uint8]:
        """A picture of the matrix, uint8 (H, W, 3)."""
        from kerasvis2.render.matrix import matrix_sheet

        first, second = self.runs
        return matrix_sheet(
            self.values,
            self.rows,
            self.columns,
            title=f"CKA · {first} ↓ · {second} → · step {self.step}",
        )

    def _repr_png_(self) -> bytes:
        from kerasvis2.render import png

        return png.encode(self.sheet())


def similarity_of(first: Run, second: Run, step: int | None) -> Similarity:
    """See `kerasvis2.similarity`."""
    grams = [_grams(run, step) for run in (first, second)]
    shared = set(grams[0]) & set(grams[1])
    if not shared:
        wanted = "a step in common" if step is None else f"step {step}"
        raise LookupError(
            f"Runs {first.name!r} and {second.name!r} have no Drift view logged at {wanted}."
        )
    if not same_images(first, second):
        raise ValueError(
            f"Runs {first.name!r} and {second.name!r} have different probes; representations can "
            "be compared on the same images in the same order only."
        )
    found = max(shared)
    rows, columns = (each[found] for each in grams)
    values = np.array([[gram_cka(a, b) for b in columns.values()] for a in rows.values()])
    return Similarity((first.name, second.name), found, list(rows), list(columns), values)


def _grams(run: Run, step: int | None) -> dict[int, dict[str, NDArray[np.float64]]]:
    """The logged matrices by step, then layer, in the model's order."""
    places = {layer["path"]: layer["place"] for layer in run.about.get("layers", ())}
    tags = [tag for tag in run.tags("kerasvis_numbers") if tag.startswith(GRAM)]
    tags.sort(key=lambda tag: places.get(tag.removeprefix(GRAM), len(places)))
    found: dict[int, dict[str, NDArray[np.float64]]] = {}
    last = {logged for tag in tags for logged in run.steps(tag)} if step is None else {step}
    for tag in tags:
        for logged in last.intersection(run.steps(tag)):
            array = run.numbers(tag, logged).astype(np.float64)
            found.setdefault(logged, {})[tag.removeprefix(GRAM)] = array
    return found
