"""Small logs for the tab's tests, with pictures whose colours say what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tensorboard.compat.proto import summary_pb2

from kerasvis2.record import events
from kerasvis2.record.writer import EventFile

START = 1_700_000_000.0
STEP_SECONDS = 60.0
WIDTH, HEIGHT = 30, 20

PROBE_A, PROBE_B = "aa" * 32, "bb" * 32
HOSTILE_TAGS = [
    "<script>document.title='owned'</script>/<b>bold</b>",
    "'\"><img src=x onerror=\"document.title='owned'\">/quote\"'`",
    "../../../../etc/passwd",
    "grad_cam/..%2f..%2fsetup.cfg",
    "\u202egnp.exe\u202c/\u05e9\u05db\u05d1\u05d4",
    "long/" + "x" * 300,
    "//",
    "percent/100%&p.kerasvis.mode=ab#?=+ ",
    "toString/constructor",
    "__proto__",
]
HOSTILE_RUNS = [
    "<img src=x onerror=document.title='owned'>",
    "quotes \"'` & ;",
    "\u202eright to left\u202c \u05e8\u05d9\u05e6\u05d4",
    "n" * 150 + "/" + "m" * 150,
    "..dots..",
    "__proto__",
]


def colour(run: int, step: int, layer: int = 0) -> tuple[int, int, int]:
    """What a picture is filled with: red says the run, green the step, blue the layer."""
    return 40 + 20 * run, min(250, 10 * step), 60 * layer


def picture(rgb: tuple[int, int, int], shape: tuple[int, int] = (HEIGHT, WIDTH)) -> np.ndarray:
    """One colour, with a single white pixel in the top left corner."""
    pixels = np.full((*shape, 3), rgb, np.uint8)
    pixels[0, 0] = 255
    return pixels


class Writer:
    """Writes one run as the callback does.

    Args:
        folder: The run's folder.
        number: The run's number, which its pictures' colours show.
        probe: Its probe's fingerprint.
        scale: The display scale of its pictures.
    """

    def __init__(self, folder: Path, number: int, probe: str = PROBE_A, scale: float = 0.5) -> None:
        self.number, self.probe, self.scale = number, probe, scale
        self.vis = EventFile(folder / "vis")
        self.train = EventFile(folder / "train")
        self.validation = EventFile(folder / "validation")

    def write(
        self,
        step: int,
        layers: tuple[str, ...] = ("01_conv1", "10_conv2"),
        *,
        pictures: bool = True,
        session: float = 0.0,
    ) -> None:
        time = START + session + STEP_SECONDS * step
        loss = 2.0 / (1 + step) + 0.1 * self.number
        self.train.append(step, time, curves(loss))
        self.validation.append(step, time, curves(loss + 0.2))
        values = []
        if step == 0:
            values.append(
                events.text("kerasvis/run", f"A run.\n\nprobe fingerprint: {self.probe}\n")
            )
        if pictures:
            for place, layer in enumerate(layers):
                tag = f"grad_cam/{layer}"
                rgb = colour(self.number, step, place + (1 if session else 0))
                values.append(events.image(tag, picture(rgb), "**Grad-CAM**\nwhere it looks"))
                values.append(events.scale(tag, self.scale))
            values.append(events.image("filters/01_conv1", picture(colour(self.number, step))))
        if values:
            self.vis.append(step, time, values)


def curves(loss: float) -> list[summary_pb2.Summary.Value]:
    return [
        events.scalar("epoch_loss", loss),
        events.scalar("epoch_accuracy", 1 / (1 + loss)),
        events.scalar("epoch_bad", float("nan") if loss > 1 else loss),
    ]


def write_runs(root: Path) -> None:
    """Runs of unequal length and frequency, a resumed one, and a foreign one."""
    alpha, beta = Writer(root / "alpha", 0), Writer(root / "beta", 1)
    gamma = Writer(root / "gamma", 2, PROBE_B, scale=0.2)
    for step in range(20):
        alpha.write(step)
        if step < 14:
            beta.write(step)
        gamma.write(step, ("01_conv1",), pictures=step % 5 == 0)
    # Killed after step 9, taken up again at step 6, and logging other pictures from there.
    killed = Writer(root / "resumed", 3)
    for step in range(10):
        killed.write(step)
    again = Writer(root / "resumed", 3)
    for step in range(6, 12):
        again.write(step, session=3600.0)
    write_foreign(root / "foreign")


def write_foreign(folder: Path) -> None:
    """Somebody else's images: three a step, of another size, without scales or a probe."""
    file = EventFile(folder)
    for step in (0, 10):
        value = events.image("photos", picture(colour(4, step), (24, 24)))
        one = value.tensor.string_val[2]
        others = [
            events.image("photos", picture(colour(4, step, layer), (24, 24))).tensor.string_val[2]
            for layer in (1, 2)
        ]
        value.tensor.string_val[:] = [b"24", b"24", one, *others]
        value.tensor.tensor_shape.dim[0].size = 5
        file.append(step, START + step, [value])


def write_hostile(root: Path) -> None:
    """Runs and tags whose names try to be more than names."""
    for number, run in enumerate(HOSTILE_RUNS):
        file = EventFile(root / run / "vis")
        for step in range(2):
            values = [
                events.image(tag, picture(colour(number, step)), f"<script>{tag}</script>")
                for tag in HOSTILE_TAGS
            ]
            text = f"probe fingerprint: {PROBE_A}<script>document.title='owned'</script>"
            values.append(events.text("kerasvis/run", text))
            values.append(events.scalar("<svg onload=document.title='owned'>", 0.1 * step))
            file.append(step, START + step, values)
