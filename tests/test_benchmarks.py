"""The benchmarks run, and say what they did not measure."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.report import GROWTH, TITLES, Row, compared, kept, parts, table
from benchmarks.timing import Times, by_turns, quartiles

ROOT = Path(__file__).parents[1]


def measured(output, *sections):
    """The lines of the table that a quick run of some sections prints."""
    command = [sys.executable, "-m", "benchmarks", "--quick", "--output", str(output)]
    done = subprocess.run(
        [*command, "--only", *sections],
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if line.startswith("|")]


def test_quick_run_prints_and_writes_its_table(tmp_path):
    output = tmp_path / "RESULTS.md"
    lines = measured(output, "pass", "peers")
    assert lines[0].startswith("| measure | ours |")
    assert "forward + backward" in lines[2]
    assert all("| not measured |  | ≥" in line for line in lines[3:])
    assert len(lines) > 10
    written = output.read_text(encoding="utf-8")
    assert all(line in written for line in lines)
    assert "Versions: Python" in written
    rows, tables = kept(written)
    assert list(rows.values()) == lines[2:]
    assert tables == {}


def test_what_is_measured_again_takes_its_place_in_the_file(tmp_path):
    output = tmp_path / "RESULTS.md"
    grown = "| images | floor |\n|---|---|\n| 4 | 1 ms |"
    old = [Row("before", "1 ms", "", 1.0), Row("`import kerasvis2`, ms", "99 ms", "", 99.0)]
    mine = TITLES["tensorflow"]
    others = f"{TITLES['jax']}\n\n{table([Row('elsewhere', '2 ms', '', 2.0)])}"
    text = f"{mine}\n\n{table(old)}\n\nWords.\n\n{GROWTH}\n\n{grown}\n\n{others}\n"
    output.write_text(text, "utf-8")
    (*_, line) = measured(output, "import")
    assert list(parts(output)) == [mine, TITLES["jax"]]
    assert parts(output)[TITLES["jax"]] == others
    rows, tables = kept(parts(output)[mine])
    assert list(rows.values()) == [str(old[0]), line]
    assert "99 ms" not in line
    assert list(tables.values()) == [grown]
    assert "Measured then: import" in output.read_text(encoding="utf-8")


def test_a_target_is_met_on_its_own_side():
    assert Row("", "", "", 1.1, "≤ 1.15").met is True
    assert Row("", "", "", 1.2, "≤ 1.15").met is False
    assert Row("", "", "", 9.0, "≥ 8").met is True
    assert Row("", "", "", None, "≥ 8").met is None


def test_ratios_are_taken_turn_by_turn():
    seconds = {"ours": [1.0, 20.0, 3.0], "floor": [1.0, 10.0, 2.0]}
    times = Times(seconds, {"ours": [4.0] * 3, "floor": [2.0] * 3})
    assert quartiles(seconds, "ours", "floor") == (1.0, 1.5, 2.0)
    row = compared("", times, "ours", "floor", "≤ 2")
    assert (row.ratio, row.spread, row.cpu) == (1.5, (1.0, 2.0), 2.0)
    assert compared("", times, "floor", "ours", "≥ 2", here=False).ratio == 1.5
    assert compared("", times, "floor", "ours", "≥ 2", here=False).cpu is None


def test_works_take_turns_and_what_follows_is_not_timed():
    done = []
    works = {name: lambda name=name: done.append(name) for name in "ab"}
    times = by_turns(works, 2, warmup=1, after={"a": lambda: done.append("after a")})
    assert {name: len(each) for name, each in times.wall.items()} == {"a": 2, "b": 2}
    assert done[:6] == ["a", "after a", "b", "b", "a", "after a"]


def test_the_table_marks_what_misses():
    text = table([Row("pass", "2 ms", "floor 1 ms", 2.0, "≤ 1.5"), Row("x", "", "", None, "≥ 5")])
    assert "| pass | 2 ms | floor 1 ms | 2 |  | ≤ 1.5 | **no** |" in text
    assert "| x |  |  | not measured |  | ≥ 5 |  |" in text
