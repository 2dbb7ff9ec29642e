"""What a layer has learned to look for: its kernel, every weight of it or the first of many."""

from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import NOT_A_NUMBER, paint
from kerasvis2.render.given import Given
from kerasvis2.render.mosaic import grid
from kerasvis2.render.page import INNER, PAPER, SEAM, legend_of, page, rgb_legend
from kerasvis2.render.resize import enlarge, shrink
from kerasvis2.render.scale import Scale, as_float

_GAP = 3
_AXIS = 22  # Room for the words along a matrix.
_TILE = 72
_DENSE = 512  # The longest edge of a dense kernel in pixels.
_WIDEST = 650  # Of a matrix: 64 filters of 3 × 3, each weight 3 pixels wide.
_TALL = 1000  # Of everything below the words.
_LARGEST = "of each block the largest magnitude"


def kernel_sheet(
    kernel: Any,
    *,
    kind: str,
    shown: int = 64,
    quantity: str = "weight",
    total: tuple[int, int] | None = None,
    image_shape: tuple[int, ...] | None = None,
    **given: Any,
) -> tuple[np.ndarray, float]:
    """A kernel as stored by Keras, zero neutral, in index order.

    A convolution over one or three channels is one tile a filter, in colour where three; over
    more it is the complete matrix of input channels (rows) by filters (columns).

    Args:
        kernel: Float (kh, kw, cin, cout) for "conv", with one or three spatial axes as well (depth
            slices lie side by side); (kh, kw, cin, multiplier) for "depthwise"; (in, out) for
            "dense".
        kind: How to read it, "conv", "depthwise" or "dense".
        shown: How many filters, and how many input channels, are drawn at most.
        quantity: What the scale measures.
        total: The last two axes of the whole kernel, if `kernel` is but a part of it.
        image_shape: (H, W, C) of the images that the inputs of a "dense" kernel are, C being 1 or
            3: then each unit is drawn as one picture.
        **given: `Given`'s; `scale="image"` is that of the largest weight.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.

    Raises:
        ValueError: If the shape, the kind or the scale are none of these.
    """
    kernel = as_float(kernel)
    _check(kernel, kind, image_shape)
    total = kernel.shape[-2:] if total is None else total
    said: list[str] = []
    sheet = Given(quantity=quantity, signed=True, **given)
    drawn = sheet.fit_one(kernel)
    if kind == "dense" and image_shape is None:
        body = _heat_map(_reduced(kernel, total, said), drawn)
        legend = legend_of(drawn, quantity=quantity)
    else:
        if image_shape is not None:
            kernel = kernel.reshape(*image_shape, kernel.shape[-1])
            total = (image_shape[-1], total[1])
        kernel = _planar(kernel, said)
        if kind == "depthwise":
            kernel = kernel.reshape(*kernel.shape[:2], 1, -1)
            total = (1, total[0] * total[1])
        word = {"dense": "unit", "depthwise": "channel"}.get(kind, "filter")
        if total[0] in (1, 3):
            body = _tiles(kernel[..., :shown], total[1], drawn, word, said)
            legend = (rgb_legend if total[0] == 3 else legend_of)(drawn, quantity=quantity)
        else:
            body = _matrix(kernel, shown, total, drawn, said)
            legend = legend_of(drawn, quantity=quantity)
    notes = [" · ".join(said), *sheet.notes]
    return page(body, title=sheet.title, how=sheet.how, notes=notes, legend=legend), drawn.top


def _check(kernel: np.ndarray, kind: str, image_shape: tuple[int, ...] | None) -> None:
    axes = {"conv": (3, 4, 5), "depthwise": (3, 4), "dense": (2,)}
    if kind not in axes:
        raise ValueError(f'kind={kind!r} is unknown; give "conv", "depthwise" or "dense".')
    if kernel.ndim not in axes[kind] or 0 in kernel.shape:
        raise ValueError(
            f"kernel has shape {kernel.shape}; a {kind} kernel has "
            f"{' or '.join(map(str, axes[kind]))} axes, none of them 0."
        )
    if image_shape is not None and kind == "dense":
        fits = len(image_shape) == 3 and image_shape[-1] in (1, 3)
        if not fits or np.prod(image_shape) != kernel.shape[0]:
            raise ValueError(
                f"image_shape={image_shape} does not describe the {kernel.shape[0]} inputs; give "
                "(height, width, 1 or 3) of that many values."
            )


def _planar(kernel: np.ndarray, said: list[str]) -> np.ndarray:
    """A kernel of one or three spatial axes with two of them."""
    if kernel.ndim == 3:
        return kernel[None]
    if kernel.ndim == 5:
        depth, height, width = kernel.shape[:3]
        said.append(f"{depth} depth slices side by side")
        return np.moveaxis(kernel, 0, 1).reshape(height, depth * width, *kernel.shape[3:])
    return kernel


def _tiles(kernel: np.ndarray, total: int, scale: Scale, word: str, said: list[str]) -> np.ndarray:
    """(kh, kw, 1 or 3, cout) as one tile a filter."""
    height, width, depth, count = kernel.shape
    said.insert(0, _part(count, total, word))
    values = np.moveaxis(kernel, -1, 0)
    columns = min(8, count)
    room = min(INNER // columns - _GAP, 2 * _TILE)
    tall = _TALL // -(-count // columns) - _GAP
    factor = min(room // width, min(2 * _TILE, tall) // height)
    if not factor:  # larger than its place: fewer in a row, or else fewer pixels
        columns = max(1, min(columns, INNER // (width + _GAP)))
        if width > INNER or -(-count // columns) * (height + _GAP) > _TALL:
            columns = min(8, count)
            part = min(room / width, _TALL / -(-count // columns) / (height + _GAP))
            size = max(1, int(height * part)), max(1, int(width * part))
            values = shrink(values, size)
            said.append(f"{height}×{width} weights drawn as {size[0]}×{size[1]}: {_LARGEST}")
            height, width = size
    down, across = _factors(height, width, factor)
    columns = max(1, min(columns, INNER // (width * across + _GAP)))
    units = scale.unit(values)
    if depth == 3:
        return grid(enlarge(_colours(units), down, across), columns, _GAP)
    return grid(enlarge(paint(units[..., 0], True), down, across), columns, _GAP, SEAM)


def _colours(units: np.ndarray) -> np.ndarray:
    """Values in [−1, 1] as red, green and blue, mid grey at 0."""
    broken = np.isnan(units).any(-1)
    colours = (np.where(broken[..., None], 0, units) * 127 + 128).astype(np.uint8)
    colours[broken] = NOT_A_NUMBER
    return colours


def _matrix(
    kernel: np.ndarray, shown: int, total: tuple[int, int], scale: Scale, said: list[str]
) -> np.ndarray:
    """(kh, kw, cin, cout) as tiles, rows being input channels and columns filters."""
    if max(kernel.shape[:2]) > _TILE:
        said.append(f"{kernel.shape[0]}×{kernel.shape[1]} weights a tile, {_LARGEST}")
        size = min(kernel.shape[0], _TILE), min(kernel.shape[1], _TILE)
        kernel = shrink(kernel[None], size)[0]
    height, width, rows, columns = kernel.shape
    rows = min(rows, shown, _TALL // (height + 1))
    columns = min(columns, shown, max(1, _WIDEST // (width + 1)))
    room = min(_WIDEST // columns - 1, _TILE)
    tall = (_TALL // rows - 1) // height
    down, across = _factors(height, width, min(room // width, _TILE // height, tall))
    said.insert(0, f"columns: {_part(columns, total[1], 'filter')}")
    said.insert(0, f"rows: {_part(rows, total[0], 'input channel')}")
    colours = paint(scale.unit(kernel[:, :, :rows, :columns]), True)
    tiles = colours.transpose(2, 3, 0, 1, 4).reshape(-1, height, width, 3)
    body = grid(enlarge(tiles, down, across), columns, fill=SEAM)
    return _with_axes(body, "filters →", "input channels →")


def _factors(height: int, width: int, factor: int) -> tuple[int, int]:
    """How much a tile grows downwards and across: one of a single row becomes a row of bars."""
    factor = max(1, factor)
    return (max(factor, 8) if height == 1 < width else factor), factor


def _reduced(kernel: np.ndarray, total: tuple[int, int], said: list[str]) -> np.ndarray:
    """(in, out) with no axis longer than there are pixels, the largest of neighbours kept."""
    said.append(f"rows: {_part(kernel.shape[0], total[0], 'input')}")
    said.append(f"columns: {_part(kernel.shape[1], total[1], 'unit')}")
    blocks = [-(-count // _DENSE) for count in kernel.shape]
    if blocks == [1, 1]:
        return kernel
    said.append(f"each pixel the largest of {blocks[0]} × {blocks[1]} weights")
    size = -(-kernel.shape[0] // blocks[0]), -(-kernel.shape[1] // blocks[1])
    return shrink(kernel[None], size)[0]


def _heat_map(kernel: np.ndarray, scale: Scale) -> np.ndarray:
    """(in, out) as cells of equal size."""
    down, across = (max(1, min(40, _DENSE // count)) for count in kernel.shape)
    cells = enlarge(paint(scale.unit(kernel)[None], True), down, across)[0]
    return _with_axes(cells, "units →", "inputs →")


def _with_axes(picture: np.ndarray, across: str, down: str) -> np.ndarray:
    """The picture with the names of its axes, the one at its left read downwards."""
    height, width = picture.shape[:2]
    ink = np.rot90(text.mask(down), -1)
    shape = (_AXIS + max(height, ink.shape[0]), _AXIS + max(width, text.width_of(across)), 3)
    sheet = np.full(shape, PAPER, np.uint8)
    sheet[_AXIS : _AXIS + height, _AXIS : _AXIS + width] = picture
    text.write(sheet, _AXIS, 0, across, colour=text.FAINT)
    text.stamp(sheet, 0, _AXIS, ink, text.FAINT)
    return sheet


def _part(shown: int, total: int, word: str) -> str:
    many = f"{word}{'' if total == 1 else 's'}"
    return f"{shown} of {total} {many}" if shown < total else f"{total} {many}"
