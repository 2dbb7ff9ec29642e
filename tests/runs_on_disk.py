"""Small runs for the tests of what reads them, written by the package's own recorder."""

import numpy as np

from kerasvis2.record import events
from kerasvis2.record.files import write_json
from kerasvis2.record.recorder import Recorder

TAG = "grad_cam/03_conv"
HOSTILE = [
    "<img src=x onerror=document.title='pwned'>",
    "a\"b'c&amp;d",
    "</script><script>document.title='pwned'</script>",
    "שלום \u202eexe.gnp",
    "\x1b[31mred\x1b[0m",
    "n" * 200,
]


def picture(seed, height=40, width=64):
    """Noise of a colour of its own, so that no two steps or runs look alike."""
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 200, 3)
    return (base + rng.integers(0, 56, (height, width, 3))).astype(np.uint8)


def write_run(folder, steps, *, seed=0, tag=TAG, probe="abc", scale=None, size=(40, 64), at=1000.0):
    """A run with one picture a step, `picture(seed + step)`, and a loss curve."""

    def raise_it(doing, error):
        raise error

    recorder = Recorder(folder, on_error=raise_it)
    for step in steps:
        vis = [events.image(tag, picture(seed + step, *size))]
        if scale is not None:
            vis.append(events.scale(tag, scale))
        values = {"vis": vis, "train": [events.scalar("epoch_loss", 1 / (step + 1))]}
        recorder.submit(step, lambda values=values: values, 0, wall_time=at + step)
    recorder.close()
    about = {"probe": {"fingerprint": probe} if probe else None}
    write_json(folder / "vis", "about.json", about)
    return folder
