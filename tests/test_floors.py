"""The table of floors: each room of the package uses only rooms below it, and none in a circle."""

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import kerasvis2

SOURCE = Path(kerasvis2.__file__).parent

# From the ground up; a room uses rooms of the floors below its own. What is not a folder is a
# module of that name.
FLOORS = [
    {"version", "installed", "keys", "schedule", "draws", "modules", "operations", "tasks"},
    {"layers"},
    {"choosing", "task", "facts", "synthesis", "attribution", "diagnostics"},
    {"probing"},
    {"probe", "render"},
    {"mapped"},
    {"drawing"},
    {"observe", "record"},
    {"metrics", "compare", "board"},
    {"views"},
    {"monitoring"},
    {"monitor"},
    {"__init__"},  # the public names, which are looked up when they are asked for
    {"demo", "explain"},
    {"cli"},
    {"__main__"},
]
ROOMS = sorted(
    {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in SOURCE.rglob("*.py")}
)
BACKENDS = {"tensorflow", "torch", "jax"}
# What a room may import from outside the standard library.
OUTSIDE = {
    "render": {"numpy", "PIL", "matplotlib", "graphviz", "isal"},
    "tasks": {"numpy"},
    "diagnostics": {"numpy", "keras"},
    "attribution": {"numpy", "keras", "skimage"},
    "synthesis": {"numpy", "keras"},
    "compare": {"numpy", "PIL", "matplotlib"},
}


def modules() -> dict[str, Path]:
    """Every module of the package by its full name."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = ("kerasvis2", *path.relative_to(SOURCE).with_suffix("").parts)
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """What a module imports when it runs, at its top or later; not what only type checkers see."""
    found: set[str] = set()
    for node in running(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                full = f"{node.module}.{name.name}"
                found.add(full if full in known else node.module)
    return found


def running(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from running(node)


def room_of(module: str) -> str:
    return (module.split(".") + ["__init__"])[1]


KNOWN = modules()
USES = {module: imports(path, KNOWN) for module, path in KNOWN.items()}


def test_every_room_has_a_floor():
    assert sorted(room for floor in FLOORS for room in floor) == ROOMS


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_only_the_rooms_below_it(room):
    height = next(i for i, floor in enumerate(FLOORS) if room in floor)
    below = set().union(*FLOORS[:height]) | {room}
    used = {
        (module, name)
        for module, names in USES.items()
        if room_of(module) == room
        for name in names & KNOWN.keys()
        if room_of(name) not in below
    }
    assert not used


def test_no_modules_import_each_other_in_a_circle():
    inside = {module: names & KNOWN.keys() - {module} for module, names in USES.items()}
    list(graphlib.TopologicalSorter(inside).static_order())  # raises CycleError


@pytest.mark.parametrize("room", ROOMS)
def test_only_the_backends_import_one(room):
    for module, names in USES.items():
        if room_of(module) != room or module.startswith("kerasvis2.observe.backend."):
            continue
        roots = {name.partition(".")[0] for name in names}
        assert not roots & BACKENDS, module
        assert not {name for name in names if name.startswith("keras.src")}, module
        if room in OUTSIDE:
            strange = roots - OUTSIDE[room] - {"kerasvis2"} - set(sys.stdlib_module_names)
            assert not strange, module


@pytest.mark.parametrize("module", list(KNOWN))
def test_modules_stay_small(module):
    assert len(KNOWN[module].read_text("utf-8").splitlines()) <= 300
