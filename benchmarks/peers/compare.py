"""Our figure beside each library's, timed by turns while the other one waits."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

import kerasvis2 as kv
from benchmarks.ascent import bare, climb, forwards
from benchmarks.networks import cnn, convolutions, mnist_cnn, mobilenet
from benchmarks.peers.serve import DONE, READY
from benchmarks.report import Row, compared
from benchmarks.shared_pass import floor, looked, probe_for
from benchmarks.timing import Work, by_turns
from kerasvis2.synthesis import regularizers, transforms
from kerasvis2.synthesis.presets import Settings

ROOT = Path(__file__).parents[2]
ASCENT_STEPS = 200  # as in tf_keras_vis_tasks
# What it does by default to each of its images: jitter, rotation, total variation and a norm.
MOVED = Settings(
    transforms=(transforms.warp(transforms.jitter(0.1), transforms.rotate(3)),),
    regularizers=(regularizers.total_variation(0.3), regularizers.lp_norm(0.4)),
)


@dataclass(frozen=True)
class Duel:
    """One comparison: the peer's task, and what we do for the same.

    Attributes:
        peer: the environment's name; its tasks are in `<peer>_tasks`.
        task: the task's name there.
        measure: what is compared.
        make: the network.
        views: our views of it; None for an ascent with the peer's own random views.
        drawn: whether the peer's figure includes pictures; ours is then given with them too.
        target: how many times faster we are to be.
        passes: the network's own passes that the task consists of, and nothing else: no one can
            be faster.
    """

    peer: str
    task: str
    measure: str
    make: Callable[..., Any]
    views: Callable[[Any], list[kv.View]] | None
    drawn: bool
    target: str
    passes: Callable[[Any], Work] | None = None


def _grad_cams(model: Any) -> list[kv.View]:
    return [kv.GradCAM(layers=convolutions(model))]


_SAID = {"maps": "", "drawn": ", with our drawing", "bare": ", the network's passes alone"}


def _noisy(model: Any) -> Work:
    once = floor(model, probe_for(model))
    return lambda: [once() for _ in range(25)]


def _smooth_grad(model: Any) -> list[kv.View]:
    return [kv.SmoothGrad()]


def _occluded(model: Any) -> Work:
    return forwards(model, 256, 64 * 16 // 256)


_OCCLUSION = "occlusion, 64 patches of 16 images"
_SMOOTH = "SmoothGrad, 25 samples of 16 images"
_LIME = "LIME, 1,000 samples of 16 images, CNN 32×32"
_CAMS = "Grad-CAM of 16 images at all convolutions"
DUELS = (
    Duel("tf_explain", "grad_cam_cnn", f"{_CAMS}, CNN 32×32", cnn, _grad_cams, True, "≥ 15"),
    Duel(
        *("tf_explain", "grad_cam_mobilenet", f"{_CAMS}, MobileNetV2 96×96", mobilenet),
        *(_grad_cams, True, "≥ 15"),
    ),
    Duel("xplique", "grad_cam_cnn", f"{_CAMS}, CNN 32×32", cnn, _grad_cams, False, "≥ 5"),
    Duel(
        *("xplique", "grad_cam_mobilenet", f"{_CAMS}, MobileNetV2 96×96", mobilenet),
        *(_grad_cams, False, "≥ 5"),
    ),
    Duel(
        *("tf_explain", "occlusion_cnn", f"{_OCCLUSION}, CNN 32×32", cnn),
        *(lambda model: [kv.Occlusion(patch=4, stride=4)], True, "≥ 10", _occluded),
    ),
    Duel(
        *("tf_explain", "occlusion_mobilenet", f"{_OCCLUSION}, MobileNetV2 96×96", mobilenet),
        *(lambda model: [kv.Occlusion(patch=12, stride=12)], True, "≥ 10", _occluded),
    ),
    Duel(
        *("tf_explain", "smooth_grad_cnn", f"{_SMOOTH}, CNN 32×32", cnn),
        *(_smooth_grad, True, "≥ 10", _noisy),
    ),
    Duel(
        *("tf_explain", "smooth_grad_mobilenet", f"{_SMOOTH}, MobileNetV2 96×96", mobilenet),
        *(_smooth_grad, True, "≥ 10", _noisy),
    ),
    Duel(
        *("tf_keras_vis", "score_cam", "Score-CAM of 128 channels, 16 images, CNN 32×32", cnn),
        *(lambda model: [kv.ScoreCAM(layers="conv6")], False, "≥ 8"),
        lambda model: forwards(model, 256, 128 * 16 // 256),
    ),
    Duel(
        *("tf_keras_vis", "smooth_grad_cnn", f"{_SMOOTH}, CNN 32×32", cnn),
        *(_smooth_grad, False, "≥ 8", _noisy),
    ),
    Duel(
        *("tf_keras_vis", "smooth_grad_mobilenet", f"{_SMOOTH}, MobileNetV2 96×96", mobilenet),
        *(_smooth_grad, False, "≥ 8", _noisy),
    ),
    Duel(
        "tf_keras_vis",
        "ascent",
        f"activation maximization, 10 classes, {ASCENT_STEPS} steps of one view, CNN 28×28",
        mnist_cnn,
        None,
        False,
        "≥ 8",
        lambda model: bare(model, 10, 1, ASCENT_STEPS),
    ),
    Duel(
        *("lime", "explain", _LIME, cnn),
        *(lambda model: [kv.LIME()], False, "≥ 5"),
        lambda model: forwards(model, 250, 1000 * 16 // 250),
    ),
    Duel(
        *("lime", "documented", f"{_LIME}, as its tutorials call it", cnn),
        *(lambda model: [kv.LIME()], False, "≥ 5"),
    ),
)


class PeerFailed(Exception):
    """A library's process ended before its task was done."""


class Peer:
    """A library at work in its own process; calling it has it do its task once."""

    def __init__(self, python: Path, peer: str, task: str) -> None:
        self._name = f"{peer} {task}"
        command = [str(python), "-m", f"benchmarks.peers.{peer}_tasks", task]
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | quiet,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._expect(READY)

    def _expect(self, answer: str) -> None:
        assert self._process.stdout is not None
        heard = self._process.stdout.readline().strip()
        if heard != answer:
            raise PeerFailed(f"{self._name} ended with {self._process.wait()}")

    def __call__(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._expect(DONE)

    def close(self) -> None:
        """Lets the process end."""
        self._process.communicate()


def rows(repeats: int, folder: Path | None, only: str = "") -> Iterator[Row]:
    """One row for each duel; "not measured" where the peer's environment is not there."""
    for duel in DUELS:
        if only not in duel.peer:
            continue
        measure = f"{duel.measure}: {duel.peer.replace('_', '-')}"
        python = None if folder is None else folder / duel.peer / "bin" / "python"
        if python is None or not python.exists():
            yield Row(measure, "", "", None, duel.target)
            continue
        try:
            yield from _fought(duel, measure, python, repeats)
        except PeerFailed as failure:
            yield Row(measure, "", str(failure), None, duel.target)


def _fought(duel: Duel, measure: str, python: Path, repeats: int) -> Iterator[Row]:
    """What training waits for; where the peer draws as well, a second row with our drawing.

    And what it would be if we took no time but the network's.
    """
    model = duel.make(keras)
    if duel.views is None:
        works: dict[str, Work] = {"maps": climb(model, 10, MOVED, ASCENT_STEPS)}
    else:
        probe, views = probe_for(model), duel.views(model)
        works = {"maps": looked(model, probe, views)}
        if duel.drawn:
            works["drawn"] = looked(model, probe, views, drawn=True)
    if duel.passes is not None:
        works["bare"] = duel.passes(model)
    peer = Peer(python, duel.peer, duel.task)
    try:
        times = by_turns({**works, "theirs": peer}, repeats, warmup=1, most_seconds=60)
    finally:
        peer.close()
    name = duel.peer.replace("_", "-")
    for work in works:
        words = measure + _SAID[work]
        yield compared(words, times, work, "theirs", duel.target, name, here=False)
