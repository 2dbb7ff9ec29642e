"""Runs aligned by step: which picture goes where, and what is said of the rest."""

import subprocess
import sys

import numpy as np
import pytest
from runs_on_disk import TAG, picture, write_run

import kerasvis2 as kv
from kerasvis2.compare.align import Comparison


@pytest.fixture
def two(tmp_path):
    """Run a has steps 0 to 5; run b has 0, 2 and 4."""
    write_run(tmp_path / "a", range(6))
    write_run(tmp_path / "b", [0, 2, 4], seed=100)
    return tmp_path


def test_read_gives_runs_by_name(two):
    runs = kv.read(two)
    assert list(runs) == ["a", "b"]
    assert np.array_equal(runs["b"].picture("conv", 2), picture(102))
    steps, losses = runs["a"].scalars("epoch_loss")
    assert steps.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(losses, 1 / (steps + 1), rtol=1e-6)


def test_pictures_are_aligned_by_step_and_never_stand_in(two):
    comparison = kv.compare(two, "conv")
    assert comparison.tag == TAG
    assert comparison.steps == [0, 1, 2, 3, 4, 5]
    for step in comparison.steps:
        assert np.array_equal(comparison.picture("a", step), picture(step))
        if step in (0, 2, 4):
            assert np.array_equal(comparison.picture("b", step), picture(100 + step))
        else:
            assert comparison.picture("b", step) is None
    assert comparison.why_missing("b", 5) == "not logged at this step (nearest: 4)"
    assert comparison.notes == []


def test_chosen_steps(two):
    comparison = kv.compare(two, TAG, steps=(4, 0, 9, 4))
    assert comparison.steps == [0, 4, 9]
    assert comparison.picture("a", 9) is None
    assert comparison.why_missing("a", 9) == "not logged at this step (nearest: 5)"


@pytest.mark.parametrize("form", ["folder", "list", "read", "runs", "nested"])
def test_runs_may_be_given_in_any_form(two, form):
    given = {
        "folder": str(two),
        "list": [two / "a", str(two / "b")],
        "read": kv.read(two),
        "runs": list(kv.read(two).values()),
        "nested": [two],
    }[form]
    assert list(kv.compare(given, TAG).runs) == ["a", "b"]


def test_runs_by_names_of_ones_own(two):
    comparison = kv.compare({"first": two / "a", "second": kv.read(two)["b"]}, TAG)
    assert np.array_equal(comparison.picture("second", 2), picture(102))
    assert list(comparison.runs) == ["first", "second"]


def test_runs_of_one_name_are_told_apart(tmp_path):
    for place in ("old", "new"):
        write_run(tmp_path / place / "base", [0])
    folders = [tmp_path / "old" / "base", tmp_path / "new" / "base"]
    assert list(kv.compare(folders, TAG).runs) == [folder.as_posix() for folder in folders]


def test_a_run_without_the_tag_is_kept_and_says_so(tmp_path):
    write_run(tmp_path / "a", [0])
    write_run(tmp_path / "b", [0], tag="filters/00_conv")
    comparison = kv.compare(tmp_path, TAG)
    assert comparison.why_missing("b", 0) == "never logged in this run"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("conv9",), LookupError, r"no tag 'conv9' in these runs; the closest are '.*conv'"),
        (("*",), LookupError, r"fits several tags of these runs: 'filters/.*', 'grad_cam"),
        ((TAG, []), ValueError, "steps is empty"),
    ],
)
def test_bad_arguments(tmp_path, arguments, error, message):
    write_run(tmp_path / "a", [0])
    write_run(tmp_path / "b", [0], tag="filters/00_conv")
    with pytest.raises(error, match=message):
        kv.compare(tmp_path, *arguments)


def test_bad_runs(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder '.*nowhere'"):
        kv.compare(tmp_path / "nowhere", TAG)
    with pytest.raises(FileNotFoundError, match="no event files in"):
        kv.compare(tmp_path, TAG)
    with pytest.raises(ValueError, match="no runs given"):
        kv.compare([], TAG)
    with pytest.raises(TypeError, match="a run must be a Run or a folder, got 3"):
        kv.compare([3], TAG)


def test_probes_that_differ_are_named(tmp_path):
    for name, probe in (("a", "1" * 64), ("b", "2" * 64), ("c", "1" * 64), ("d", None)):
        write_run(tmp_path / name, [0], probe=probe)
    [note] = kv.compare(tmp_path, TAG).notes
    assert "The probes differ" in note
    assert "(a, c: 11111111; b: 22222222)" in note
    assert kv.compare([tmp_path / "a", tmp_path / "c", tmp_path / "d"], TAG).notes == []


def test_scales_that_differ_are_named(tmp_path):
    write_run(tmp_path / "a", [0, 1], scale=0.5)
    write_run(tmp_path / "b", [0, 1], scale=2)
    write_run(tmp_path / "c", [0, 1], scale=0.5)
    write_run(tmp_path / "d", [0, 1])
    comparison = kv.compare(tmp_path, TAG)
    assert comparison.caption("b", 1) == "step 1 · scale 2"
    assert comparison.caption("d", 1) == "step 1"
    assert "Display scales differ (0.5, 2)" in comparison.notes[0]
    assert kv.compare([tmp_path / "a", tmp_path / "c", tmp_path / "d"], TAG).notes == []


def test_the_function_survives_its_own_package():
    """`kerasvis2.compare` is a package too, whichever is imported first."""
    for first in ("import kerasvis2.compare.sheet", "from kerasvis2 import compare", "pass"):
        script = f"{first}; import kerasvis2 as kv; import kerasvis2.compare; kv.compare([], 'x')"
        result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert "ValueError: no runs given" in result.stderr


def test_a_comparison_is_a_picture_in_a_notebook(two):
    comparison = kv.compare(two, TAG)
    assert isinstance(comparison, Comparison)
    assert comparison._repr_png_().startswith(b"\x89PNG")
