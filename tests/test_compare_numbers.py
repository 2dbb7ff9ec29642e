"""Comparisons drawn from the maps themselves: one scale for all, and differences in numbers."""

import map_logs
import numpy as np
import pytest
from map_logs import CONV, INPUT

import kerasvis2 as kv
from kerasvis2.cli import main
from kerasvis2.compare.bundle import bundle
from kerasvis2.compare.page import _module
from kerasvis2.compare.said import explained_of, legend
from kerasvis2.render import attribution_sheet, scale


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbers")
    map_logs.write_maps(folder)
    return folder


def test_one_scale_for_all_runs_and_steps(logs):
    comparison = kv.compare([logs / "one", logs / "two"], CONV, steps=[0, 3])
    runs = kv.read(logs)
    tops = [
        scale.fit(runs[run].maps(CONV, step), signed=False).top
        for run in ("one", "two")
        for step in (0, 3)
    ]
    assert len(set(tops)) > 1, "scales of their own would differ"
    assert {comparison.scale(run, step) for run in ("one", "two") for step in (0, 3)} == {
        f"{max(tops):g}"
    }
    assert comparison.notes == []
    found = comparison.picture("two", 3)
    expected, _ = attribution_sheet(
        np.rint(map_logs.pictures("two") * 255) / 255,
        runs["two"].maps(CONV, 3),
        scale=max(tops),
        title="step 3",
        captions=[
            [f"true {name}", f"pred ant {share:.2f}", f"map of: the {name}"]
            for name, share in zip(["ant", "bee", "cat"] * 2, map_logs.shares("two", 3).max(1))
        ],
        wrong=[False, True, True, False, True, True],
        quantity=map_logs.UNITS[CONV],
        how="5×5 places",
        why="no evidence for it",
    )
    assert np.array_equal(found, expected)


def test_the_pictures_as_they_were_logged(logs):
    comparison = kv.compare([logs / "one"], CONV, scale="logged")
    assert (comparison.picture("one", 2) == 20).all()
    with pytest.raises(ValueError, match="no numbers"):
        comparison.difference("one", "one", 2, 0)
    with pytest.raises(ValueError, match='give "common" or "logged"'):
        kv.compare([logs / "one"], CONV, scale="nice")


def test_differences_are_those_of_the_numbers(logs):
    runs = kv.read(logs)
    comparison = kv.compare(logs, CONV)
    found = comparison.difference("two", "one", 3)
    assert np.array_equal(found, runs["two"].maps(CONV, 3) - runs["one"].maps(CONV, 3))
    found = comparison.difference("one", "one", 3, 1)
    assert np.array_equal(found, runs["one"].maps(CONV, 3) - runs["one"].maps(CONV, 1))
    # The other probe's last three images are the first three of this one's.
    found = comparison.difference("one", "other", 2)
    assert np.array_equal(found, (runs["one"].maps(CONV, 2)[:3] - runs["other"].maps(CONV, 2)[3:]))
    with pytest.raises(LookupError, match="kept no maps|logged no"):
        comparison.difference("long", "one", 7)


def test_a_run_may_be_subtracted_from_all(logs, tmp_path):
    comparison = kv.compare(logs, CONV, minus="one")
    assert comparison.picture("two", 3) is not None
    assert comparison.picture("long", 7) is None
    assert comparison.why_missing("long", 7) == "one has no maps at this step"
    assert main(
        ["compare", str(logs), "--tag", CONV, "--minus", "one", "--steps", "1,3"]
        + ["-o", str(tmp_path / "out.png")]
    ) == 0  # fmt: skip
    assert (tmp_path / "out.png").stat().st_size > 1000
    with pytest.raises(LookupError, match="none of the runs"):
        kv.compare(logs, CONV, minus="three")


def test_what_a_difference_is_of_is_said():
    """How sure a run is is its own; of what its map is, is said where the two differ."""
    one = explained_of({"of": ["ant 0.93", "bee −1.2e-05", None]}, sure=False)
    assert one == {0: "ant", 1: "bee"}
    assert explained_of({"of": ["class 8 0.11"]}, sure=False) == {0: "class 8"}
    assert explained_of({"of": ["ant 0.93"]}) == {0: "ant 0.93"}
    assert legend({"unit": "share", "why": "no slope"}, subtracted=True) == {
        "quantity": "share",
        "how": "",
        "why": "the two are the same",
    }


def test_runs_without_numbers_are_as_they_were(tmp_path):
    from runs_on_disk import TAG, picture, write_run

    write_run(tmp_path / "a", [0])
    comparison = kv.compare(tmp_path, TAG)
    assert comparison.numbers is None
    assert np.array_equal(comparison.picture("a", 0), picture(0))
    with pytest.raises(ValueError, match="coloured pictures are not subtracted"):
        kv.compare(tmp_path, TAG, minus="a")


def test_every_picture_of_a_comparison_can_be_saved(logs, tmp_path):
    for tag in (CONV, INPUT):
        comparison = kv.compare([logs / "one", logs / "other"], tag, steps=[0, 1])
        for kind in ("png", "gif", "html"):
            comparison.save(tmp_path / f"out.{kind}")
            assert (tmp_path / f"out.{kind}").stat().st_size > 1000
    assert (tmp_path / "out.html").stat().st_size < 150_000, "numbers, not pictures"


def test_what_cannot_be_bundled_is_refused():
    assert "module_blob" in bundle("page", _module)
    with pytest.raises(ValueError, match="cannot be bundled"):
        bundle("bad", lambda name: 'import everything from "./other.js";\n')
