"""The package as installed: what an import costs, its public names, and which room may use what."""

import ast
import configparser
import fnmatch
import re
import subprocess
import sys
from importlib.metadata import entry_points, metadata
from pathlib import Path

import pytest

import kerasvis2

SOURCE = Path(kerasvis2.__file__).parent
ROOT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("docs/*.md"))),
]
HEAVY = {"tensorflow", "keras", "numpy", "matplotlib", "PIL", "tensorboard"}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after running `code`."""
    script = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(run.stdout.splitlines()[-1].split())


def test_import_is_light():
    assert not loaded_by("import kerasvis2; dir(kerasvis2); kerasvis2.__version__") & HEAVY
    assert not loaded_by("import kerasvis2; kerasvis2.log_spaced(3)") & HEAVY


def test_probe_needs_no_tensorflow():
    code = "import kerasvis2, numpy; kerasvis2.Probe(numpy.zeros((1, 4, 4, 1)))"
    assert not loaded_by(code) & {"tensorflow", "keras"}


@pytest.mark.parametrize("module", ["record.reader", "compare", "board.plugin", "cli"])
def test_readers_need_no_tensorflow(module):
    assert not loaded_by(f"import kerasvis2.{module}") & {"tensorflow", "keras"}


@pytest.mark.parametrize("name", [n for n in kerasvis2.__all__ if n != "__version__"])
def test_public_name(name):
    value = getattr(kerasvis2, name)
    assert callable(value)
    assert value.__name__.rpartition(".")[2] == name
    assert value.__doc__
    assert name in dir(kerasvis2)


def test_public_functions_survive_the_import_of_modules_of_their_name():
    code = "import kerasvis2.compare, kerasvis2; assert callable(kerasvis2.compare)"
    assert "kerasvis2" in loaded_by(code)


def test_type_checkers_and_the_package_read_one_table():
    tree = ast.parse((SOURCE / "__init__.pyi").read_text("utf-8"))
    seen = [
        (node.names[0].asname, node.module)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
    ]
    assert [name for name, _ in seen] == kerasvis2.__all__
    for name, home in seen:
        assert getattr(kerasvis2, name) is getattr(sys.modules[home], name)


def test_unknown_name():
    with pytest.raises(AttributeError, match="'kerasvis2' has no attribute 'Monitr'"):
        kerasvis2.Monitr  # noqa: B018


def test_metadata():
    about = metadata("kerasvis2")
    assert about["Name"] == "kerasvis2"
    assert about["Version"] == kerasvis2.__version__
    assert about["Requires-Python"] == ">=3.10"
    extras = {"tensorflow", "torch", "jax", "demo", "lime", "graph", "cloud", "docs"}
    assert set(about.get_all("Provides-Extra")) == extras | {"test", "test-backend"}


def test_no_backend_is_required():
    lines = metadata("kerasvis2").get_all("Requires-Dist")
    required = [line for line in lines if "extra ==" not in line]
    assert len(required) > 3
    assert not [line for line in required if line.startswith(("tensorflow", "torch", "jax"))]


@pytest.mark.parametrize(
    ("group", "name"), [("console_scripts", "kerasvis2"), ("tensorboard_plugins", "kerasvis")]
)
def test_entry_point(group, name):
    (point,) = entry_points(group=group, name=name)
    assert callable(point.load())


def test_nothing_asks_which_of_our_views_it_has():
    """What a view is, it says itself: otherwise a new one has to be written into lists."""
    views = {node.name for node in classes_of(SOURCE / "views")} - {"View"}
    assert {"CAMView", "GradCAM", "PixelView"} <= views
    asked = [
        (path.name, name.id)
        for path in SOURCE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "isinstance"
        for name in ast.walk(call.args[1])
        if isinstance(name, ast.Name) and name.id in views
    ]
    assert asked == []


def classes_of(folder: Path) -> list[ast.ClassDef]:
    """The views that the modules of a folder define."""
    nodes = [node for path in folder.glob("*.py") for node in ast.parse(path.read_text()).body]
    return [
        node
        for node in nodes
        if isinstance(node, ast.ClassDef) and any(base.id.endswith("View") for base in node.bases)
    ]


def test_every_folder_of_code_is_installed():
    folders = {path.parent for path in SOURCE.rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]


def test_every_file_that_is_no_code_is_installed():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    data = config["options.package_data"]
    for path in SOURCE.rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            packages = (name for name in data if path.is_relative_to(folder_of(name)))
            package = max(packages, key=len)
            globs = (g.strip() for g in data[package].split(","))
            inside = path.relative_to(folder_of(package)).as_posix()
            assert any(fnmatch.fnmatch(inside, glob) for glob in globs), inside


def folder_of(package: str) -> Path:
    return SOURCE.parent.joinpath(*package.split("."))


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_to_is_there(page):
    source = ROOT / page
    targets = re.findall(r"\]\(([^)#:]+)\)", source.read_text(encoding="utf-8"))
    assert [target for target in targets if not (source.parent / target).exists()] == []
