"""What the README and docs/reliability.md promise is held by tests that are there."""

import re

import fits
import pytest

DOCS = fits.ROOT / "docs" / "reliability.md"
FOLDERS = ("tests/reliability", "tests", "tests/backends")


def promised(page):
    """Files and folders of tests that the tables of a page name."""
    rows = [line for line in page.read_text("utf-8").splitlines() if line.startswith("|")]
    return {
        name for row in rows for name in re.findall(r"`((?:tests/)?[\w/*]*test\w*[\w/.*]*)`", row)
    }


def found(name):
    places = [fits.ROOT] if "/" in name else [fits.ROOT / folder for folder in FOLDERS]
    return any(list(place.glob(name)) for place in places)


@pytest.mark.parametrize("page", [DOCS, fits.ROOT / "README.md"], ids=lambda page: page.name)
def test_every_promise_is_held_by_a_test_that_is_there(page):
    names = promised(page)
    assert len(names) > 5
    assert not [name for name in names if not found(name)]


def test_every_test_of_reliability_holds_a_promise():
    named = {name.rpartition("/")[2] for name in promised(DOCS)}
    here = {path.name for path in (fits.TESTS / "reliability").glob("test_*.py")}
    assert here - named == {"test_promises.py"}
