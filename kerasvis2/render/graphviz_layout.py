"""A diagram's layout by Graphviz's `dot`; only its places are taken, we draw ourselves."""

from collections.abc import Sequence

import numpy as np

from kerasvis2.render.layout import Edge, Layout, Point

_INCH = 72.0  # Pixels.
_STEPS = 8  # Points on each Bézier curve.


def by_graphviz(sizes: Sequence[tuple[float, float]], edges: Sequence[Edge]) -> Layout:
    """As `layout.by_ranks`. Needs the package `graphviz` and the program `dot`."""
    import graphviz

    graph = graphviz.Digraph(graph_attr={"nodesep": "0.33", "ranksep": "0.36"})
    for i, (width, height) in enumerate(sizes):
        graph.node(
            str(i),
            shape="box",
            fixedsize="true",
            label="",
            width=f"{width / _INCH:.4f}",
            height=f"{height / _INCH:.4f}",
        )
    for start, end in edges:
        graph.edge(str(start), str(end))
    return read_plain(graph.pipe(format="plain", encoding="utf-8"), len(sizes), edges)


def read_plain(plain: str, count: int, edges: Sequence[Edge]) -> Layout:
    """A layout from `dot -Tplain`, whose nodes are called 0, 1, …."""
    width = height = 0.0
    centres = np.zeros((count, 2))
    found: dict[Edge, list[list[Point]]] = {}
    for line in plain.splitlines():
        kind, *words = line.split()
        if kind == "graph":
            width, height = (float(word) * _INCH for word in words[1:3])
        elif kind == "node":
            centres[int(words[0])] = float(words[1]) * _INCH, height - float(words[2]) * _INCH
        elif kind == "edge":
            numbers = np.array(words[3 : 3 + 2 * int(words[2])], float).reshape(-1, 2) * _INCH
            numbers[:, 1] = height - numbers[:, 1]
            found.setdefault((int(words[0]), int(words[1])), []).append(_smooth(numbers))
    lines = [found[edge].pop(0) for edge in edges]
    for (_, end), points in zip(edges, lines):
        points.append((float(centres[end, 0]), float(centres[end, 1])))
    return Layout(centres, lines, (width, height))


def _smooth(controls: np.ndarray) -> list[Point]:
    """Points on the cubic Bézier curves of a spline's 3n + 1 control points."""
    t = np.linspace(0, 1, _STEPS + 1)[1:, None]
    points = [(float(controls[0, 0]), float(controls[0, 1]))]
    for a, b, c, d in (controls[i : i + 4] for i in range(0, len(controls) - 1, 3)):
        curve = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
        points += [(float(x), float(y)) for x, y in curve]
    return points
