"""`kerasvis2 demo`: two trainings with one story, to be seen in TensorBoard.

In the run `shortcut` every digit comes with a photograph of its own behind it, as snow leopards
always come with snow: the network may look at the photograph alone, and its validation, taken
from the same pictures, will not tell. In the run `fixed` any digit comes on any photograph.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasvis2.probe import Probe

EPOCHS = 10
RUNS = ("shortcut", "fixed")


def main(args: argparse.Namespace) -> int:
    """Trains both runs, says how they ended, and starts TensorBoard.

    Args:
        args: `log_dir`, `epochs` (None for 10) and `no_board`.
    """
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    log_dir = _unused(Path(args.log_dir))
    from kerasvis2.demo.data import CLASS_NAMES, story

    pictures = story()
    import kerasvis2 as kv

    seen = pictures["probe"]
    probe = kv.Probe(
        seen.images, seen.labels, class_names=CLASS_NAMES, display=(0, 1), masks=seen.masks
    )
    results = {run: _train(run, log_dir, probe, pictures, args.epochs or EPOCHS) for run in RUNS}
    print("\naccuracy       own validation   any digit on any photograph")
    for run, (own, free) in results.items():
        print(f"{run:14} {own:14.2f}   {free:27.2f}")
    print(
        "\nLook at grad_cam/07_conv5@predicted in the Kerasvis tab: `shortcut` looks at the\n"
        "photograph, `fixed` at the digit. The curves of `shortcut` alone would\n"
        "not tell; the scalar grad_cam/energy_on_object/conv5, the share of the map on the\n"
        "digit, does."
    )
    if args.no_board:
        print(f"\nTo see it: tensorboard --logdir {log_dir} --samples_per_plugin images=10000")
    else:
        from kerasvis2.demo.board import serve

        serve(log_dir)
    return 0


def _train(
    run: str, log_dir: Path, probe: Probe, pictures: dict[str, Any], epochs: int
) -> tuple[float, float]:
    """Accuracy on the run's own validation pictures, and on any digit on any photograph."""
    import kerasvis2 as kv
    from kerasvis2.demo.network import build

    print(f"\n{run}: {epochs} epochs")
    model = build()
    train, own, free = (pictures[name] for name in (run, f"{run}_val", "test"))
    # What it looked at for what it says, be that right or wrong.
    views = [view for view in kv.default_views() if not isinstance(view, kv.GradCAM)] + [
        kv.GradCAM(target="predicted"),
        kv.Saliency(target="predicted"),
    ]
    history = model.fit(
        train.images,
        train.labels,
        validation_data=(own.images, own.labels),
        epochs=epochs,
        callbacks=[kv.Monitor(log_dir / run, probe, views)],
    )
    _, accuracy = model.evaluate(free.images, free.labels, verbose=0)
    return history.history["val_accuracy"][-1], accuracy


def _unused(log_dir: Path) -> Path:
    """The folder, or the next numbered one where an earlier demo lies: nothing is overwritten."""
    candidate, number = log_dir, 1
    while any((candidate / run).exists() for run in RUNS):
        number += 1
        candidate = log_dir.with_name(f"{log_dir.name}-{number}")
    if candidate != log_dir:
        print(f"{log_dir} holds an earlier demo; this one goes to {candidate}")
    return candidate
