"""TensorBoard on the demo's runs."""

from __future__ import annotations

import threading
from pathlib import Path


def serve(log_dir: Path) -> None:
    """Starts TensorBoard, prints its address and serves until Ctrl-C."""
    from tensorboard import default, program

    board = program.TensorBoard(default.get_plugins())
    # 0 keeps every step; TensorBoard's own choice is ten at random.
    board.configure(
        argv=["tensorboard", "--logdir", str(log_dir), "--samples_per_plugin", "images=0"]
    )
    url = board.launch()
    print(f"\nTensorBoard: {url}#timeseries   (Ctrl-C to stop)", flush=True)
    threading.Event().wait()
