"""A layout by Graphviz where its Python package and `dot` are installed, else by our own."""

import contextlib
import importlib.util
import shutil
import subprocess
from collections.abc import Sequence

from kerasvis2.render.graphviz_layout import by_graphviz
from kerasvis2.render.layout import Edge, Layout, by_ranks


def lay_out(sizes: Sequence[tuple[float, float]], edges: Sequence[Edge]) -> Layout:
    """Places boxes so that edges run downwards; see `layout.by_ranks`."""
    if importlib.util.find_spec("graphviz") and shutil.which("dot"):
        with contextlib.suppress(OSError, subprocess.SubprocessError):  # a broken installation
            return by_graphviz(sizes, edges)
    return by_ranks(sizes, edges)
