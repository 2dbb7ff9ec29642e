"""Nothing is said: warnings of a training are no errors, so that they have to be looked for."""

import contextlib
import warnings


@contextlib.contextmanager
def quiet():
    """Fails where anybody warns a user."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    said = [str(each.message) for each in caught if issubclass(each.category, UserWarning)]
    # On a machine that is busy this is true, and another matter.
    said = [words for words in said if "a look took" not in words]
    assert not said, said
