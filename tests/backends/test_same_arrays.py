"""One `.keras` file gives the same arrays here as on TensorFlow."""

import every_view
import pytest

import kerasvis2 as kv

CLOSE = 1e-4  # of each array's largest value
pytestmark = pytest.mark.timeout(1800)  # the first waits for both backends


@pytest.mark.parametrize("name", list(every_view.MODELS))
def test_the_same_file_gives_the_same_arrays_as_on_tensorflow(here, there, name):
    mine, theirs = (
        {key: array for key, array in arrays.items() if key.startswith(f"{name}/")}
        for arrays in (here, there)
    )
    assert list(mine) == list(theirs)
    off = every_view.distances(mine, theirs)
    worst = {key: value for key, value in off.items() if not value < CLOSE}
    assert not worst, worst


def test_no_view_is_forgotten():
    """All but those that only draw what others found, or the metrics of a training."""
    views = {type(view).__name__ for name in every_view.MODELS for view in every_view.views(name)}
    public = {name for name in kv.__all__ if isinstance(getattr(kv, name), type)}
    every = {name for name in public if issubclass(getattr(kv, name), kv.View)} - {"View"}
    assert every - views == {"Curves", "Filmstrip"}
