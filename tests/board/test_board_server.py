"""What the tab's server answers, how many pictures are kept, and how runs are grouped."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from board_logs import Writer
from board_server import Server
from tensorboard import default, program
from tensorboard.plugins import base_plugin

import kerasvis2
from kerasvis2.board import runs
from kerasvis2.board.plugin import KerasvisPlugin

PLUGIN = "data/plugin/kerasvis"


def get(server: Server, path: str, **options: Any) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(f"{server.url()}/{path}", **options)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, dict(reply.headers), reply.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_folders_of_one_run_are_grouped_and_others_kept() -> None:
    names = ["a/vis", "a/train", "a/validation", "b10/vis", "b2/vis", "b2/train", "c", "vis"]
    pictures = ["a/vis", "b10/vis", "b2/vis", "c", "vis", "a/train"]
    found = runs.group(pictures, names, root="logs")
    assert [(run.id, run.label) for run in found] == [
        ("a/train", "a/train"),
        ("a/vis", "a"),
        ("b2/vis", "b2"),
        ("b10/vis", "b10"),
        ("c", "c"),
        ("vis", "logs"),
    ]
    assert found[1].curves == {"": "a/vis", "train": "a/train", "validation": "a/validation"}
    assert found[2].curves == {"": "b2/vis", "train": "b2/train"}


def test_runs_are_in_the_order_of_their_numbers() -> None:
    names = ["lr=0.0005", "lr=0.003", "lr=0.01", "lr=1", "run2", "run10", "v1.9", "v1.10"]
    found = runs.group(sorted(names, reverse=True), [], root="logs")
    assert [run.label for run in found] == names


def test_two_runs_never_share_a_label() -> None:
    found = runs.group(["a", "a/vis", "."], [], root="a")
    assert [run.label for run in found] == [".", "a", "a/vis"]


def test_the_index_names_everything_and_reads_no_data(server: Server) -> None:
    _, _, body = get(server, f"{PLUGIN}/index")
    index = json.loads(body)
    alpha = next(run for run in index["runs"] if run["label"] == "runs/alpha")
    assert alpha["fingerprint"] == "aa" * 32
    assert alpha["curves"]["validation"] == "runs/alpha/validation"
    photos = next(tag for tag in index["tags"] if tag["name"] == "photos")
    only = {"name": "photos", "description": "", "samples": 3, "runs": ["runs/foreign"]}
    assert photos == {**only, "maps": []}
    assert index["scalars"][:3] == ["<svg onload=document.title='owned'>", *index["scalars"][1:3]]


def test_scales_are_no_curves_of_the_built_in_tabs(server: Server) -> None:
    for path in ("data/plugin/scalars/tags", "data/plugin/timeseries/tags"):
        _, _, body = get(server, path)
        assert b"epoch_loss" in body
        assert b"scale/" not in body


def test_a_series_has_every_step_with_time_scale_and_picture(server: Server) -> None:
    _, _, body = get(server, f"{PLUGIN}/series?tag=grad_cam/01_conv1")
    series = json.loads(body)
    alpha = series["runs/alpha/vis"]
    assert alpha["steps"] == list(range(20)), "more than TensorBoard's ten"
    assert alpha["times"][1] - alpha["times"][0] == 60
    assert set(alpha["scales"]) == {0.5}
    assert alpha["size"] == [30, 20]
    assert series["runs/gamma/vis"]["steps"] == [0, 5, 10, 15]
    status, headers, data = get(server, f"{PLUGIN}/picture?key={quote(alpha['keys'][3])}")
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert data.startswith(b"\x89PNG")


def test_a_resumed_series_has_what_came_last(server: Server) -> None:
    _, _, body = get(server, f"{PLUGIN}/series?tag=grad_cam/01_conv1")
    resumed = json.loads(body)["runs/resumed/vis"]
    assert resumed["steps"] == list(range(12))
    assert resumed["times"][5] - resumed["times"][0] == 5 * 60
    assert resumed["times"][6] - resumed["times"][5] == 3600 + 60
    _, _, body = get(server, f"{PLUGIN}/curves?tag=epoch_loss")
    assert json.loads(body)["runs/resumed/train"]["steps"] == list(range(12))
    path = "data/plugin/images/images?run=runs/resumed/vis&tag=grad_cam/01_conv1&sample=0"
    _, _, body = get(server, path)
    assert [image["step"] for image in json.loads(body)] == list(range(12))


def test_the_built_in_tabs_keep_all_steps_too(server: Server) -> None:
    path = "data/plugin/images/images?run=runs/alpha/vis&tag=grad_cam/01_conv1&sample=0"
    _, _, body = get(server, path)
    assert [image["step"] for image in json.loads(body)] == list(range(20))


@pytest.mark.parametrize("loader", ["true", "false"])
def test_an_explicit_limit_goes_before_ours(
    serve: Callable[..., Server], tmp_path: Path, loader: str
) -> None:
    run = Writer(tmp_path / "run", 0)
    for step in range(8):
        run.write(step)
    server = serve(tmp_path, f"--load_fast={loader}", "--samples_per_plugin=images=3,text=5")
    path = f"{PLUGIN}/series?tag=grad_cam/01_conv1"
    body = server.wait(path, lambda text: '"steps"' in text and "7]" in text)
    steps = json.loads(body)["run/vis"]["steps"]
    assert len(steps) == 3
    assert steps[-1] == 7


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        ([], {"images": 500}),
        (["--kerasvis_images=40"], {"images": 40}),
        (["--samples_per_plugin=scalars=7"], {"images": 500, "scalars": 7}),
        (["--samples_per_plugin=images=0", "--kerasvis_images=40"], {"images": 0}),
    ],
)
def test_the_flag_sets_tensorboards_limit(flags: list[str], kept: dict[str, int]) -> None:
    board = program.TensorBoard(plugins=[*default.get_static_plugins(), KerasvisPlugin])
    board.configure(["tensorboard", "--logdir=somewhere", *flags])
    ours = {"kerasvis_scale": 0, "kerasvis_answers": 0, "kerasvis_maps": 500}
    if any("kerasvis_images" in flag for flag in flags):
        ours["kerasvis_maps"] = 40
    assert board.flags.samples_per_plugin == ours | kept


def test_a_limit_of_nothing_is_refused() -> None:
    board = program.TensorBoard(plugins=[*default.get_static_plugins(), KerasvisPlugin])
    with pytest.raises(base_plugin.FlagsError, match="--kerasvis_images must be 1 or more, got 0"):
        board.configure(["tensorboard", "--logdir=somewhere", "--kerasvis_images=0"])


def test_the_page_and_all_that_it_imports_are_served_as_they_lie_on_the_disk(
    server: Server,
) -> None:
    package = Path(kerasvis2.__file__).parent
    folders = [package / "board" / "static", package / "compare" / "js"]
    types = {".js": "text/javascript", ".css": "text/css"}
    lie = {path.name: path for folder in folders for path in folder.iterdir()}
    assert {path.suffix for path in lie.values()} == set(types)
    for name, path in lie.items():
        status, headers, body = get(server, f"{PLUGIN}/static/{name}")
        assert (status, body) == (200, path.read_bytes())
        assert headers["Content-Type"].partition(";")[0] == types[path.suffix]
        assert headers["X-Content-Type-Options"] == "nosniff"
    imported = {
        name
        for path in lie.values()
        for name in re.findall(r'from "\./([^"]+)"', path.read_text("utf-8"))
    }
    assert len(imported) > 20
    assert imported <= lie.keys()


def test_what_else_lies_in_the_folder_is_not_served_and_harms_nothing(tmp_path: Path) -> None:
    """As what file managers and editors leave there."""
    shutil.copytree(Path(kerasvis2.__file__).parent, tmp_path / "kerasvis2")
    for name in (".DS_Store", "index.js~", "planted.html", "nothing"):
        (tmp_path / "kerasvis2" / "board" / "static" / name).write_text("planted")
    code = """
from kerasvis2.board.plugin import KerasvisPlugin
from tensorboard.plugins.base_plugin import TBContext
print(*KerasvisPlugin().load(TBContext()).get_plugin_apps())
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    served = done.stdout.split()
    assert "/static/index.js" in served
    assert {Path(name).suffix for name in served if "static" in name} == {".js", ".css"}


@pytest.mark.parametrize(
    "path", ["series", "curves", "picture", "series?tag=a&sample=-1", "picture?key=W10"]
)
def test_a_bad_question_is_answered_with_400(server: Server, path: str) -> None:
    status, headers, _ = get(server, f"{PLUGIN}/{path}")
    assert (status, headers["Content-Type"].partition(";")[0]) == (400, "text/plain")


def test_nothing_can_be_written(server: Server) -> None:
    status, _, _ = get(server, f"{PLUGIN}/index", data=b"x", method="POST")
    assert status == 405


def test_what_is_not_a_picture_is_not_served(server: Server) -> None:
    _, _, body = get(server, f"{PLUGIN}/series?tag=grad_cam/01_conv1&sample=0")
    key = json.loads(body)["runs/alpha/vis"]["keys"][0]
    parts = json.loads(base64.urlsafe_b64decode(key + "=="))
    parts[-1] = 0  # the width, which is text
    other = base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode()
    status, headers, _ = get(server, f"{PLUGIN}/picture?key={quote(other.rstrip('='))}")
    assert (status, headers["Content-Type"].partition(";")[0]) == (415, "text/plain")


def test_the_policy_against_foreign_scripts_is_tensorboards(server: Server) -> None:
    _, headers, _ = get(server, "data/plugin_entry.html?name=kerasvis")
    assert "default-src 'self'" in headers["Content-Security-Policy"]


def test_reading_needs_no_tensorflow() -> None:
    code = "import sys, kerasvis2.board.plugin; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
