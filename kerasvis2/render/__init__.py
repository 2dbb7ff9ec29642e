"""Arrays to pictures: pure functions of NumPy arrays, safe to run on any thread."""

from kerasvis2.render.attribution import attribution_sheet, pixel_sheet
from kerasvis2.render.bars import bars_sheet
from kerasvis2.render.channels import channel_sheet
from kerasvis2.render.colour import paint
from kerasvis2.render.curves import curves_sheet
from kerasvis2.render.given import Given
from kerasvis2.render.kernels import kernel_sheet
from kerasvis2.render.pictures import image_sheet
from kerasvis2.render.png import decode, encode
from kerasvis2.render.scale import Scale, check_mode, fit, nice

__all__ = [
    "Given",
    "Scale",
    "attribution_sheet",
    "bars_sheet",
    "channel_sheet",
    "check_mode",
    "curves_sheet",
    "decode",
    "encode",
    "fit",
    "image_sheet",
    "kernel_sheet",
    "nice",
    "paint",
    "pixel_sheet",
]
