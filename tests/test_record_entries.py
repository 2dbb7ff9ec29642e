"""What a view draws, as the values that go to disk."""

import numpy as np

from kerasvis2.record.entries import entries
from kerasvis2.views.base import Drawing, Picture


def test_everything_drawn_goes_to_its_folder_under_its_tag():
    pixels = np.zeros((4, 5, 3), np.uint8)
    drawing = Drawing(
        pictures={"a/conv": Picture(pixels, top=0.5, text="words"), "plain": Picture(pixels)},
        scalars={"dead": 0.25},
        texts={"notes": "**bold**"},
        train={"epoch_loss": 1.0},
        validation={"epoch_loss": 2.0},
    )
    found = entries(drawing, "grad_cam", {})
    tags = {folder: [value.tag for value in values] for folder, values in found.items()}
    assert tags == {
        "train": ["epoch_loss"],
        "validation": ["epoch_loss"],
        "vis": [
            "grad_cam/00_a.conv",
            "scale/grad_cam/00_a.conv",
            "grad_cam/00_plain",
            "grad_cam/dead",
            "grad_cam/notes",
        ],
    }
    assert found["vis"][0].metadata.summary_description == "words"
    assert list(found["vis"][1].tensor.float_val) == [0.5]
