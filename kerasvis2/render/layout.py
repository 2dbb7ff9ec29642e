"""Where the boxes of a diagram go: ranks from top to bottom, edges around what they pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Edge = tuple[int, int]
Point = tuple[float, float]

_BETWEEN = 24  # Pixels between neighbours of a rank.
_DOWN = 26  # Pixels between ranks.
_THREAD = 10  # The room of an edge that passes a rank.
_SWEEPS = 8


@dataclass(frozen=True)
class Layout:
    """A drawing in pixels, its upper left corner at (0, 0).

    Attributes:
        centres: (n, 2) the boxes' centres, x and y.
        lines: for each edge its points, from the bottom of a box to the top of the next.
        size: (width, height).
    """

    centres: np.ndarray
    lines: list[list[Point]]
    size: tuple[float, float]


def by_ranks(sizes: Sequence[tuple[float, float]], edges: Sequence[Edge]) -> Layout:
    """Places boxes so that edges run downwards: longest paths, and barycentres within a rank.

    Args:
        sizes: width and height of each box in pixels.
        edges: (from, to) indices of boxes; a cycle's closing edge runs upwards.
    """
    boxes = np.asarray(sizes, float).reshape(-1, 2)
    ranks = _ranks(len(boxes), edges)
    chains, widths, levels = _threads(boxes, ranks, edges)
    rows = [
        [node for node in range(len(levels)) if levels[node] == r]
        for r in range(max(levels, default=-1) + 1)
    ]
    links = [pair for chain in chains for pair in pairwise(chain)]
    above, below = _neighbours(len(levels), links)
    places = _order(rows, above, below)
    x = _across(places, np.asarray(widths), above, below)
    heights = [
        max((boxes[node, 1] for node in row if node < len(boxes)), default=0.0) for row in rows
    ]
    tops = np.cumsum([0.0, *(height + _DOWN for height in heights)])
    y = np.array([tops[level] + heights[level] / 2 for level in levels])
    lines = [_line(chain, x, y, boxes, heights, levels) for chain in chains]
    x_low = min((x - np.asarray(widths) / 2).min(initial=0.0), 0.0)
    width = (x + np.asarray(widths) / 2).max(initial=0.0) - x_low
    lines = [[(a - x_low, b) for a, b in line] for line in lines]
    centres = np.stack([x[: len(boxes)] - x_low, y[: len(boxes)]], axis=1)
    return Layout(centres, lines, (float(width), float(max(0.0, tops[-1] - _DOWN))))


def _ranks(count: int, edges: Sequence[Edge]) -> list[int]:
    """The longest path to each box; what would close a cycle counts for nothing."""
    after: list[list[int]] = [[] for _ in range(count)]
    for start, end in edges:
        after[start].append(end)
    state, order = [0] * count, []
    for root in range(count):
        stack = [(root, iter(after[root]))] if not state[root] else []
        state[root] = state[root] or 1
        while stack:
            node, ends = stack[-1]
            following = next((end for end in ends if not state[end]), None)
            if following is None:
                state[node] = 2
                order.append(node)
                stack.pop()
            else:
                state[following] = 1
                stack.append((following, iter(after[following])))
    place = {node: i for i, node in enumerate(reversed(order))}
    ranks = [0] * count
    for node in reversed(order):
        for end in after[node]:
            if place[end] > place[node]:
                ranks[end] = max(ranks[end], ranks[node] + 1)
    return ranks


def _threads(
    boxes: np.ndarray, ranks: Sequence[int], edges: Sequence[Edge]
) -> tuple[list[list[int]], list[float], list[int]]:
    """Each edge as a chain of nodes, one a rank; widths and ranks of boxes and of such threads."""
    widths, levels = boxes[:, 0].tolist(), list(ranks)
    chains = []
    for start, end in edges:
        step = 1 if ranks[end] >= ranks[start] else -1
        between = range(ranks[start] + step, ranks[end], step)
        first = len(levels)
        levels += between
        widths += [float(_THREAD)] * len(between)
        chains.append([start, *range(first, len(levels)), end])
    return chains, widths, levels


def _neighbours(count: int, links: Sequence[Edge]) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for start, end in links:
        below[start].append(end)
        above[end].append(start)
    return above, below


def _order(
    rows: list[list[int]], above: list[list[int]], below: list[list[int]]
) -> list[list[int]]:
    place = {node: i for row in rows for i, node in enumerate(row)}
    for sweep in range(_SWEEPS):
        near = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = {n: np.mean([place[m] for m in near[n]]) if near[n] else place[n] for n in row}
            row.sort(key=lambda n, wanted=wanted: wanted[n])  # type: ignore[misc]
            place.update({node: i for i, node in enumerate(row)})
    return rows


def _across(
    rows: list[list[int]], widths: np.ndarray, above: list[list[int]], below: list[list[int]]
) -> np.ndarray:
    x = np.zeros(len(widths))
    for row in rows:
        x[row] = np.cumsum(widths[row] + _BETWEEN) - widths[row] / 2
        x[row] -= x[row].mean()
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            near = [above[n] + below[n] for n in row]
            wanted = np.array([x[m].mean() if m else x[n] for n, m in zip(row, near)])
            x[row] = _apart(wanted, widths[row])
    return x


def _apart(wanted: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """The places nearest to those wanted that keep neighbours apart: least squares, in order."""
    gaps = (widths[1:] + widths[:-1]) / 2 + _BETWEEN
    offsets = np.concatenate([[0.0], np.cumsum(gaps)])
    blocks: list[tuple[float, int]] = []  # Pool adjacent violators: (mean, how many).
    for value in wanted - offsets:
        mean, count = float(value), 1
        while blocks and blocks[-1][0] > mean:
            other, size = blocks.pop()
            mean = (mean * count + other * size) / (count + size)
            count += size
        blocks.append((mean, count))
    return np.repeat([mean for mean, _ in blocks], [count for _, count in blocks]) + offsets


def _line(
    chain: list[int],
    x: np.ndarray,
    y: np.ndarray,
    boxes: np.ndarray,
    heights: list[float],
    levels: list[int],
) -> list[Point]:
    start, end = chain[0], chain[-1]
    down = 1 if y[end] >= y[start] else -1
    points = [(x[start], y[start] + down * boxes[start, 1] / 2)]
    for node in chain[1:-1]:
        half = heights[levels[node]] / 2
        points += [(x[node], y[node] - down * half), (x[node], y[node] + down * half)]
    points.append((x[end], y[end] - down * boxes[end, 1] / 2))
    return [(float(a), float(b)) for a, b in points]
