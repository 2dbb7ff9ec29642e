"""What a layer's channels answer: for each image the original, then its channels in index order."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.captions import place_said, reasons, squeezed, with_reach
from kerasvis2.render.colour import WRONG, in_steps, paint
from kerasvis2.render.given import Given
from kerasvis2.render.mosaic import GAP, grid
from kerasvis2.render.page import (
    INNER,
    LONGEST,
    MARGIN,
    PAPER,
    SEAM,
    head_height,
    legend_of,
    page,
)
from kerasvis2.render.resize import (
    as_pictures,
    enlarge,
    few_colours,
    fitted,
    resize_pictures,
    shrink,
)
from kerasvis2.render.scale import Scale, as_float, in_units, overall

SHOWN = 64
SHOWN_IMAGES = 16

_THUMB = 72
_OF_THUMBS = 96  # Colours: with those of the maps and of the words a sheet has less than 256.
_SPACE = 12
_GUTTER = 30  # Room at the left for the index of each row's first channel.
_FEW = 32  # So few channels are drawn larger.
_THINNEST = 6  # A map of one row must still be seen.


def channel_sheet(
    images: Any,
    activations: Any,
    *,
    total: int | None = None,
    examples: int | None = None,
    quantity: str = "activation",
    word: str | None = None,
    **given: Any,
) -> tuple[np.ndarray, float]:
    """The activations of a layer, each channel at its own place whatever the epoch.

    Args:
        images: Float (K, H, W, C) in [0, 1], or None where there is nothing to show.
        activations: Float (K, h, w, C); (K, C) for a layer of plain units; (K, T, C) for a
            sequence, drawn as channels × positions; (K, d, h, w, C), its slices side by side.
            Of C the first 64 are drawn. Negative values make the scale a signed one.
        total: How many channels the layer has, if `activations` holds but the first of them.
        examples: How many there are, if `activations` holds but the first of them.
        quantity: What the scale measures.
        word: What a channel is called.
        **given: `Given`'s, without `signed`.

    Returns:
        The picture, uint8 (height, width, 3), and the top of its scale.

    Raises:
        ValueError: If the shapes or the scale are none of these.
    """
    activations = as_float(activations)
    if not 2 <= activations.ndim <= 5 or 0 in activations.shape:
        raise ValueError(
            f"activations has shape {activations.shape}; give (K, h, w, C) or (K, C), none of "
            "them 0."
        )
    if images is not None and len(images) != len(activations):
        raise ValueError(
            f"There are {len(images)} images and activations for {len(activations)}; give as many."
        )
    count, channels = max(len(activations), examples or 0), activations.shape[-1]
    total = channels if total is None else total
    activations = activations[:SHOWN_IMAGES, ..., :SHOWN]
    shown = activations.shape[-1]
    word = word or ("unit" if activations.ndim == 2 else "channel")
    said = [f"{shown} of {total} {word}s" if shown < total else f"all {total} {word}s"]
    if total == 1:
        said = [f"1 {word}"]
    signed = bool((activations < 0).any())
    sheet = Given(quantity=quantity, signed=signed, **given)
    scales = sheet.fit(activations)
    blocks = _blocks(activations, scales, signed, said)
    thumbs = None if images is None else _thumbs(images[:SHOWN_IMAGES])
    legend = legend_of(overall(scales), few=True, quantity=quantity)
    words = with_reach(sheet.captions, activations, scales)
    body = _stack(thumbs, blocks, words, beside=activations.ndim == 2, wrong=sheet.wrong)
    each = (body.shape[0] + GAP) // len(blocks)
    notes = [*sheet.notes, *reasons(activations, sheet.why)]
    said_above = head_height(sheet.title, sheet.how, ["", "", *notes], legend, body.shape[1])
    room = LONGEST - said_above - 2 * MARGIN
    shown = min(len(blocks), max(1, (room + GAP) // each))
    body = body[: shown * each - GAP]
    if shown < count:
        what = "examples" if thumbs is None else "images"
        said.append(f"{shown} of {count} {what}")
    notes = [" · ".join(said), *notes]
    picture = page(body, title=sheet.title, how=sheet.how, notes=notes, legend=legend)
    return picture, overall(scales).top


def _blocks(
    activations: np.ndarray, scales: "Scale | list[Scale]", signed: bool, said: list[str]
) -> np.ndarray:
    """One picture an image, uint8 (K, height, width, 3); what it shows is added to `said`."""
    if activations.ndim == 2:
        said.append("left to right")
        return _row_of_cells(paint(in_steps(in_units(activations, scales), signed), signed))
    if activations.ndim == 5:
        said.append(f"{activations.shape[1]} depth slices side by side")
        count, _, height, _, channels = activations.shape
        activations = activations.swapaxes(1, 2).reshape(count, height, -1, channels)
    if activations.ndim == 3:
        said.append("rows = channels, columns = positions")
        size = [activations.shape[1], activations.shape[2]]
        block = -(-size[0] // INNER)
        size[0] = -(-size[0] // block)
        words = f"{block} positions"
    else:
        edge = _layout(activations.shape[-1])[1]
        block = -(-max(activations.shape[1:3]) // edge)
        size = [-(-length // block) for length in activations.shape[1:3]]
        words = f"{block} × {block}"
    if block > 1:
        said.append(f"each pixel the largest magnitude of {words}")
    units = in_steps(in_units(shrink(activations, (size[0], size[1])), scales), signed)
    return _matrix(units, signed) if units.ndim == 3 else _mosaics(units, signed)


def _row_of_cells(colours: np.ndarray) -> np.ndarray:
    """(K, C, 3) as one row of equal cells an image."""
    count, units = colours.shape[:2]
    width = min(40, (INNER - _THUMB - _SPACE) // units)
    cells = np.full((count, 28, units, width, 3), SEAM, np.uint8)
    cells[:, 1:-1, :, 1:] = colours[:, None, :, None]
    row = cells.reshape(count, 28, units * width, 3)
    return np.concatenate([row, row[:, :, :1]], axis=2)  # The last cell's right border.


def _matrix(units: np.ndarray, signed: bool) -> np.ndarray:
    """(K, T, C) as a matrix of channels by positions an image."""
    colours = paint(units.swapaxes(1, 2), signed)
    down = max(1, 192 // colours.shape[1])
    return enlarge(colours, down, min(40, INNER // colours.shape[2]))


def _mosaics(units: np.ndarray, signed: bool) -> np.ndarray:
    """(K, h, w, C) as a mosaic of C tiles an image, with the row's first index at the left."""
    count, height, width, channels = units.shape
    columns, edge = _layout(channels)
    factor = edge // max(height, width)
    down, across = (max(factor, -(-_THINNEST // size)) for size in (height, width))
    tiles = paint(np.moveaxis(units, -1, 1).reshape(-1, height, width), signed)
    tiles = enlarge(tiles, down, across)
    height, width = tiles.shape[1:3]
    tiles = tiles.reshape(count, channels, height, width, 3)
    mosaics = np.stack([grid(each, columns, fill=SEAM) for each in tiles])
    blocks = np.full((*mosaics.shape[:2], _GUTTER + mosaics.shape[2], 3), PAPER, np.uint8)
    blocks[:, :, _GUTTER:] = mosaics
    for row, first in enumerate(range(0, channels, columns)):
        top = row * (height + 1) + (height - text.line_height(text.SMALL)) // 2
        for each in blocks:
            text.write(each, 0, top, first, size=text.SMALL, colour=text.FAINT)
    return blocks


def _layout(channels: int) -> tuple[int, int]:
    """How many tiles a row has, and how many pixels a tile's longer edge at most."""
    return (8, 76) if channels <= _FEW else (16, 40)


def _thumbs(images: Any) -> np.ndarray:
    pictures = as_pictures(images)
    return few_colours(resize_pictures(pictures, fitted(pictures, _THUMB, _THUMB)), _OF_THUMBS)


def _stack(
    thumbs: np.ndarray | None,
    blocks: np.ndarray,
    lines: Sequence[Sequence[str]],
    beside: bool,
    wrong: Sequence[bool] | None,
) -> np.ndarray:
    """Each image's original and words with its block, all images below one another.

    Args:
        thumbs: The originals, uint8 (K, h, w, 3), if any.
        blocks: uint8 (K, height, width, 3).
        lines: For each image its words.
        beside: Whether a block lies beside its original, below the words; else below both.
        wrong: Which predictions are wrong.
    """
    count, height, width = blocks.shape[:3]
    left = 0 if thumbs is None else thumbs.shape[2] + _SPACE
    written = max((len(each) for each in lines), default=0) * text.line_height()
    pictured = 0 if thumbs is None else thumbs.shape[1]
    head = written if beside else max(written, pictured)
    head += 4 if head else 0
    start = left if beside else 0
    shape = (count, max(head + height, pictured), max(start + width, INNER), 3)
    picture = np.full(shape, PAPER, np.uint8)
    picture[:, head : head + height, start : start + width] = blocks
    if thumbs is not None:
        picture[:, : thumbs.shape[1], : thumbs.shape[2]] = thumbs
    for index, (each, words) in enumerate(zip(picture, lines, strict=False)):
        said = place_said(words) if wrong is not None and wrong[index] else -1
        for place, line in enumerate(words):
            crossed = place == said
            shown = squeezed(f"✗ {line}" if crossed else line, INNER - left, text.BODY, crossed)
            colour = WRONG if crossed else text.INK
            text.write(each, left, place * text.line_height(), shown, bold=crossed, colour=colour)
    return grid(picture, 1, GAP)
