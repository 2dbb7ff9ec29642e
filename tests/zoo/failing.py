"""What is known to fail, and why. A test that passes again is taken out of here."""

# (test, program) → why; "*" is every program. The tests are "defaults", "bare", "more", "every".
FAILING: dict[tuple[str, str], str] = {}


def reason(test: str, program: str) -> str | None:
    """Why a test of a program is known to fail, or None."""
    return FAILING.get((test, program)) or FAILING.get((test, "*"))
