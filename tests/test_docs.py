"""What the pages and the docstrings say is code, and runs."""

import doctest
import inspect
import re
import runpy
import shlex
import shutil
import textwrap
from pathlib import Path

import known
import pytest
from quiet import quiet

import kerasvis2 as kv
from kerasvis2 import cli
from kerasvis2.diagnostics.rules import RULES
from kerasvis2.views.targeted import TargetedView

ROOT = Path(__file__).parents[1]
EVERY = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]


def blocks(page: Path, *languages: str) -> list[str]:
    """The fenced blocks of a page, also those that are indented in a tab or an admonition."""
    fence = rf"^( *)```(?:{'|'.join(languages)})\n(.*?)^\1```"
    found = re.findall(fence, page.read_text("utf-8"), re.M | re.S)
    return [textwrap.dedent(block) for _, block in found]


def of(*languages):
    return [
        pytest.param(page, id=str(page.relative_to(ROOT)))
        for page in EVERY
        if blocks(page, *languages)
    ]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder as a user would have it: `runs` with two trainings, `photos` by class."""
    folder = tmp_path_factory.mktemp("user")
    known.runs(folder / "runs")
    known.photographs(folder)
    return folder


@pytest.fixture
def names(prepared, tmp_path, monkeypatch):
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    rules = list(RULES)
    yield known.known()
    RULES[:] = rules


def run(page: Path, names: dict) -> dict:
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), names)
    return names


@pytest.mark.parametrize("page", of("python"))
def test_the_code_of_a_page_runs_from_top_to_bottom(page, names):
    with quiet():
        run(page, names)


def test_what_the_architecture_adds_is_true(names):
    before = len(RULES)
    found = run(ROOT / "docs/architecture.md", names)
    assert len(RULES) == before + 1
    positive = kv.HiResCAM().compute(found["model"], found["probe"])
    assert positive.keys() == found["maps"].keys()
    for key, value in found["maps"].items():
        assert (value >= positive[key] - 1e-6).all()  # |x| is nowhere below relu(x)
    assert found["pictures"]


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_it_is(page):
    """A block of another kind would not be run: `text` is what is no code of ours."""
    kinds = re.findall(r"^ *```(\S*)[^\n]*\n.*?^ *```$", page.read_text("utf-8"), re.M | re.S)
    assert set(kinds) <= {"python", "sh", "text"}


# What a shell block may begin with, and how its words are looked at.
def check_own(words):
    cli._parser().parse_args(words)


def check_python(words):
    if words[0] == "-m":
        assert words[1] in {"venv", "pip", "pytest", "benchmarks", "mkdocs", "tensorboard.main"}
        if words[1] == "pip":
            check_pip(words[2:])
    else:
        assert (ROOT / words[0]).is_file(), words[0]


def check_pip(words):
    extras = re.findall(r"\[([\w,]+)\]", " ".join(words))
    known_ones = re.findall(r"^([\w-]+) =$", (ROOT / "setup.cfg").read_text("utf-8"), re.M)
    assert {name for group in extras for name in group.split(",")} <= set(known_ones)


def check_file(words):
    assert (ROOT / words[0]).is_file()


COMMANDS = {
    "kerasvis2": check_own,
    "python": check_python,
    "python3": check_python,
    "pip": check_pip,
    "tensorboard": lambda words: None,
    "wandb": lambda words: None,
    "aim": lambda words: None,
}


@pytest.mark.parametrize("page", of("sh"))
def test_the_commands_of_a_page_can_be_given(page):
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            for command in shlex.split(line, comments=True) and re.split(r"&&", line):
                words = shlex.split(command, comments=True)
                while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                    words.pop(0)
                name = words[0].rpartition("/")[2]
                if words[0].startswith("./") or (ROOT / words[0]).is_file():
                    check_file(words)
                else:
                    assert name in COMMANDS, f"{page}: {line}"
                    COMMANDS[name](words[1:])


PUBLIC = [name for name in kv.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_of_a_docstring_runs(name, names):
    value = getattr(kv, name)
    value = getattr(value, name) if inspect.ismodule(value) else value  # `kv.compare` is both
    found = doctest.DocTestFinder(recurse=False).find(value, name, globs=names)
    examples = [example for test in found for example in test.examples]
    assert examples, f"{name} has no example"
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags)
    said: list[str] = []
    for test in found:
        runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)


@pytest.mark.parametrize("name", [name for name in PUBLIC if inspect.isclass(getattr(kv, name))])
def test_a_docstring_speaks_of_every_argument(name):
    value = getattr(kv, name)
    shared = {"common", "args", "kwargs", "unknown", "freq", "scale", "seed"}  # told by `View`
    taken = set(inspect.signature(value).parameters) - shared
    said = value.__doc__ or ""
    assert not [each for each in taken if not re.search(rf"\b{each}\b", said)]
    assert "as for every view" not in said  # `help` shows no other page
    if issubclass(value, TargetedView) and "**common: " in said:
        assert re.search(r"`target`: .*`targets`: .*`freq`: .*`scale`: ", said, re.S)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in PUBLIC
        if inspect.isclass(getattr(kv, name))
        and issubclass(getattr(kv, name), kv.View)
        and name != "View"
    ],
)
def test_the_docstring_of_a_view_says_tag_and_cost(name):
    said = getattr(kv, name).__doc__
    assert re.search(r"Tags?: ", said)
    assert re.search(r"Cost:\s", said)
    assert "`compute`" in said


def test_the_reference_has_every_public_name():
    pages = "".join(page.read_text("utf-8") for page in ROOT.glob("docs/**/*.md"))
    told = re.findall(r"^::: kerasvis2\.[\w.]*?(\w+)$", pages, re.M)
    assert sorted(told) == sorted(PUBLIC)


def test_pictures_are_small():
    """A clone and a page stay light; the animation alone may be larger."""
    sizes = {path.name: path.stat().st_size for path in (ROOT / "docs/pictures").rglob("*.*")}
    assert len(sizes) > 50
    assert sizes.pop("explorer.webp") < 1_000_000
    assert {name: size for name, size in sizes.items() if size >= 300_000} == {}


def test_no_picture_is_left_over():
    said = "".join(page.read_text("utf-8") for page in EVERY)
    pictures = (ROOT / "docs/pictures").rglob("*.*")
    assert [path.name for path in pictures if path.name not in said] == []


def test_the_badges_say_what_is_tested():
    made = runpy.run_path(str(ROOT / "docs/make_badges.py"))
    for name, version in made["versions"]().items():
        file = ROOT / "docs/pictures/badges" / f"{name.lower()}.svg"
        assert file.read_text("utf-8") == made["badge"](name, version)


def test_one_version_everywhere():
    said = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    assert said
    assert said[1] == kv.__version__
