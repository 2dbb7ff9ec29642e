"""The run's error log: bounded, whatever goes wrong and how often, and never an error itself."""

import itertools

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from kerasvis2.record.files import place, read
from kerasvis2.record.log import NAME, log_error

MOST = 2**20
numbers = itertools.count()


@pytest.fixture(params=["disk", "store"])
def folder(request, tmp_path):
    return tmp_path / "run" if request.param == "disk" else f"memory://log{next(numbers)}/run"


def content(folder):
    return read(place(folder) / NAME, 10 * MOST).decode()


def test_errors_follow_each_other_in_a_folder_that_is_made(folder):
    for i in range(2):
        assert log_error(folder, f"drawing step {i}", ValueError(f"no {i}")).endswith(NAME)
    words = content(folder)
    for i in range(2):
        assert f"an error while drawing step {i}\n" in words
        assert f"ValueError: no {i}\n" in words


def test_it_stays_small_however_much_goes_wrong(folder):
    for i in range(30):
        log_error(folder, f"drawing step {i}", ValueError("x" * 100_000))
    assert len(content(folder)) <= MOST
    log_error(folder, "drawing", ValueError("short"))
    assert "ValueError: short" in content(folder)


def test_one_error_of_many_words_is_kept_as_far_as_it_fits(folder):
    log_error(folder, "drawing", ValueError("x" * 5 * MOST))
    assert len(content(folder)) == MOST


def test_half_a_character_is_spelled_out(folder):
    log_error(folder, "drawing", ValueError("\ud800"))
    assert "ValueError: \\ud800" in content(folder)


class Refuses(MemoryFileSystem):
    """A store that raises errors of its own."""

    protocol = "refuses"

    def _open(self, *arguments, **options):
        raise RuntimeError("503")


def test_where_there_is_no_log_the_traceback_is_told(tmp_path):
    (tmp_path / "run").write_text("no folder")
    fsspec.register_implementation("refuses", Refuses, clobber=True)
    for folder in (tmp_path / "run", "refuses://bucket/run", "unknown://bucket/run", 3):
        words = log_error(folder, "drawing", ValueError("on purpose"))
        assert words.startswith("Traceback") or words.startswith("ValueError: on purpose")
        assert "ValueError: on purpose" in words
