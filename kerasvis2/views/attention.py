"""Attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.attribution.attention import from_the_image
from kerasvis2.keys import as_key
from kerasvis2.layers import LayerSpec, is_attention
from kerasvis2.views.base import About, Arrays, Drawing, Picture, Request, View

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

IMAGES = 8  # drawn images


class Attention(View):
    """Where each head of a multi-head attention layer looks.

    softmax(QKᵀ/√d), the weights with which each token (row) takes up the others (columns). What
    is drawn of it, where the tokens are patches of the image: how much the class token takes from
    each patch, head by head; without a class token the mean over all patches that look. Where the
    tokens are no patches, the matrix itself, rows look at columns. A head's weights say what it
    mixes in, not what the score depends on.

    Vaswani et al., "Attention Is All You Need", NeurIPS 2017, https://arxiv.org/abs/1706.03762;
    Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021,
    https://arxiv.org/abs/2010.11929.

    Tag: `attention/<NN>_<layer>`. Cost: none on top of the shared forward pass. `compute` gives
    (N, heads, T, S) by layer path.

    Args:
        heads: "all", "mean" over the heads, or a list of head indices.
        layers: `MultiHeadAttention` or `GroupQueryAttention` layers; all by default.
        freq: look every so many epochs instead of the monitor's, 0 for never, or a callable `epoch
            -> bool`.
        scale: what the full colour stands for: "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each
            image's own), "run" (as at the first look) or a number.

    Raises:
        ValueError: where the model has no such layer, or not so many heads.

    Examples:
        >>> maps = kv.Attention().compute(vit, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'attention0': (8, 2, 36, 36), 'attention1': (8, 2, 36, 36)}
    """

    title = "Attention"
    only_pictures = True

    def __init__(
        self, heads: str | Sequence[int] = "all", *, layers: LayerSpec = None, **common: Any
    ) -> None:
        super().__init__(**common)
        if isinstance(heads, str) and heads not in ("all", "mean"):
            raise ValueError(f'heads={heads!r}: give "all", "mean", or a list of head indices.')
        self.heads: Any = heads if isinstance(heads, str) else [int(head) for head in heads]
        self.layers = layers

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return Request(
            layers=self.layers, attention=True, fits=is_attention, what="multi-head attention layer"
        )

    def whole(self, seen: Seen) -> dict[str, Any]:
        return {key: self._chosen(weights) for key, weights in seen.attention.items()}

    def reduce(self, seen: Seen) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, weights in ((as_key(k), w) for k, w in self.whole(seen).items()):
            weights = weights[:IMAGES]
            grid = seen.facts[key.path].grid if weights.shape[-1] == weights.shape[-2] else None
            grid = grid if grid is not None and len(grid) == 2 else None
            maps = from_the_image(weights, grid) if grid else weights
            found[key] = ops.transpose(maps, (0, 2, 3, 1))
        return found

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        from kerasvis2.render.heads import head_sheet

        drawing = Drawing()
        for key, values in arrays.items():
            count = min(len(values), IMAGES)
            total = max(len(values), len(about.captions()))
            fewer = [f"{count} of {total} images"] if count < total else []
            pixels, top = head_sheet(
                None if about.images is None else about.images[:count],
                np.asarray(values[:count], "float32"),
                names=self._names(values.shape[-1]),
                scale=self.scale,
                frozen=about.frozen.get(key),
                title=about.title(self.title, key),
                captions=_captions(about, len(values))[:count],
                wrong=about.wrong(),
                notes=[_meaning(values.shape, about, key), *fewer],
            )
            drawing.pictures[key] = Picture(pixels, top)
        return drawing

    def _names(self, count: int) -> list[str]:
        if self.heads == "mean":
            return ["mean of the heads"]
        places = range(count) if self.heads == "all" else self.heads
        return ["heads" if count > 1 else "head", *map(str, places)]

    def _chosen(self, weights: Any) -> Any:
        if self.heads == "mean":
            return ops.mean(weights, axis=1, keepdims=True)
        if self.heads == "all":
            return weights
        count = weights.shape[1]
        if not self.heads or min(self.heads) < 0 or max(self.heads) >= count:
            raise ValueError(f"heads={self.heads!r}: the layer has the heads 0 to {count - 1}.")
        return ops.take(weights, np.asarray(self.heads, "int32"), axis=1)


def _captions(about: About, count: int) -> list[list[str]]:
    """What is true and said of each example; of tokens with a vocabulary their words too."""
    lines = about.captions() or [[] for _ in range(count)]
    words = None if about.shown is None else about.shown.words
    if words is None:
        return lines
    return [[*line, " ".join(row)] for line, row in zip(lines, words)]


def _meaning(shape: tuple[int, ...], about: About, key: str) -> str:
    info = about.layer(key)
    tokens = (info.shape or (0, 0))[1] if info else 0
    if tokens and info is not None and info.grid == shape[1:3]:
        extra = tokens - shape[1] * shape[2]
        return f"what {'the class token' if extra else 'a patch on average'} takes from each patch"
    return "rows look at columns"
