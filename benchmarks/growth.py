"""What the cost grows with: one thing varied at a time, everything else held."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import keras

import kerasvis2 as kv
from benchmarks.networks import cnn
from benchmarks.shared_pass import epochs, floor, probe_for, without_ascent
from benchmarks.timing import by_turns, quartiles, words

_HEAD = (
    "|{} | floor | training thread | ratio | of processor time | drawing and writing |\n"
    "|---|---|---|---|---|---|"
)
# Each costs nothing but its own arithmetic on what the shared pass has anyway.
_SHARING = ("HiResCAM", "LayerCAM", "XGradCAM", "GradCAMPlusPlus", "Saliency", "GradientTimesInput")


def tables(repeats: int, quick: bool = False) -> Iterator[str]:
    """Markdown tables over probe size, layers, image size and views."""
    sizes = (4, 16) if quick else (4, 16, 64, 256)
    yield _table("probe images", ((n, cnn(keras), n, without_ascent()) for n in sizes), repeats)
    depths = (6, 12) if quick else (6, 12, 24, 48, 96)
    yield _table(
        "convolutions, all with a CAM and activations, 32×32",
        (
            (
                d,
                cnn(keras, depth=d),
                16,
                [kv.GradCAM(layers="conv*"), kv.Activations(layers="conv*")],
            )
            for d in depths
        ),
        repeats,
    )
    sides = (16, 32) if quick else (16, 32, 64, 128)
    yield _table(
        "image side", ((side, cnn(keras, side), 16, without_ascent()) for side in sides), repeats
    )
    many = [getattr(kv, name)() for name in _SHARING]
    counts = (0, 3) if quick else (0, 1, 2, 4, 6)
    yield _table(
        "views beside Grad-CAM",
        ((n, cnn(keras), 16, [kv.GradCAM(), *many[:n]]) for n in counts),
        repeats,
    )


def _table(what: str, cases: Iterator[tuple[int, Any, int, list[kv.View]]], repeats: int) -> str:
    lines = [_HEAD.format(f" {what}")]
    for value, model, count, views in cases:
        probe = probe_for(model, count)
        with tempfile.TemporaryDirectory() as folder:
            epoch, drained = epochs(model, probe, views, folder)

            def whole(epoch: Any = epoch, drained: Any = drained) -> None:
                epoch()
                drained()

            works = {"floor": floor(model, probe), "ours": epoch, "whole": whole}
            times = by_turns(works, repeats, most_seconds=20, after={"ours": drained})
        wall = times.wall
        drawing = [max(0.0, b - a) for a, b in zip(wall["ours"], wall["whole"])]
        _, middle, _ = quartiles(wall, "ours", "floor")
        _, cpu, _ = quartiles(times.cpu, "ours", "floor")
        lines.append(
            f"| {value} | {words(wall['floor'])} | {words(wall['ours'])} | {middle:.2f} "
            f"| {cpu:.2f} | {words(drawing)} |"
        )
    return "\n".join(lines)
