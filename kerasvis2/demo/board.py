"""TensorBoard on the demo's runs."""

from __future__ import annotations

import threading
from pathlib import Path


def serve(log_dir: Path) -> None:
    """Starts TensorBoard, prints its address and serves until Ctrl-C."""
    from tensorboard import default, program

    board = program.TensorBoard(default.get_plugins())
    # TensorBoard's own choice is ten steps at random. (0, all steps to its readers, is none at
    # all to its Images tab.)
    board.configure(
        argv=["tensorboard", "--logdir", str(log_dir), "--samples_per_plugin", "images=10000"]
    )
    url = board.launch()
    print(f"\nTensorBoard: {url}#kerasvis   (Ctrl-C to stop)", flush=True)
    threading.Event().wait()
