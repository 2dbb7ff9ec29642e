"""Trainings as people write them, each with the default views and with all that its task has.

`fit` runs to its end, leaves bit for bit what it leaves without a monitor, nothing fails, and
what is shown is true.
"""

from __future__ import annotations

from typing import Any

import pytest
import watching
from failing import reason
from programs import REGISTRY, load
from watching import assert_civil, assert_curves, assert_same, drew, explicit, snake, watched

import kerasvis2 as kv

NAMES = load()
# Families whose models may look different without a probe; the others are soaks.
PROBELESS = ("zoo_steps", "zoo_wrapped", "zoo_contrast", "zoo_hub")
UNBUILT = ("unbuilt_sequential", "random_in_call", "recommender", "named_entities")


# What runs in every check, one or two of a family; all the others are soaks.
SHORT = (
    *("mnist_convnet", "python_generator", "steps_per_execution", "mixed_precision"),
    *("age_and_gender", "distillation", "any_size"),
)


def programs(test: str) -> list[Any]:
    """The programs as parameters, those that fail marked."""
    marked = []
    for name in NAMES:
        known = reason(test, name)
        marks = [pytest.mark.xfail(strict=False, reason=known)] if known else []
        family = REGISTRY[name].__module__
        if name not in SHORT or (
            test == "bare" and family not in PROBELESS and name not in UNBUILT
        ):
            marks.append(pytest.mark.soak)
        marked.append(pytest.param(name, marks=marks, id=name))
    return marked


@pytest.mark.parametrize("name", programs("defaults"))
def test_the_default_views_and_their_truth(name: str, tmp_path: Any) -> None:
    seen = watched(name, tmp_path / "run", kv.default_views(), spy=True)
    assert_same(seen, name)
    assert_civil(seen)
    assert_curves(seen)
    missing = [view for view in seen.program.shows if not drew(seen, view)]
    assert not missing, f"nothing of {missing} in {seen.run.tags(None)}"
    for check in seen.program.truths:
        check(seen)


@pytest.mark.parametrize("name", programs("bare"))
def test_without_a_probe(name: str, tmp_path: Any) -> None:
    seen = watched(name, tmp_path / "run", probe=False)
    assert_same(seen, name)
    assert_civil(seen)
    assert_curves(seen)
    assert drew(seen, "filters") or "filters" not in seen.program.shows, seen.run.tags(None)


@pytest.mark.soak
@pytest.mark.parametrize("name", programs("more"))
def test_no_views_given_and_one_more(name: str, tmp_path: Any) -> None:
    """`Monitor(d, probe)`; and what `default_views()` has stays optional in a longer list."""
    seen = watched(name, tmp_path / "plain")
    assert_same(seen, name)
    assert_civil(seen)
    wanted = "Saliency" in seen.program.views
    more = kv.Saliency() if wanted else kv.ModelGraph()
    if seen.probe is None:
        more = kv.Filters(layers="all")
    seen = watched(name, tmp_path / "more", kv.default_views() + [more])
    assert_same(seen, name)
    assert_civil(seen)
    assert drew(seen, more.name), seen.run.tags(None)


@pytest.mark.soak
@pytest.mark.parametrize("name", programs("every"))
def test_every_view_of_its_task(name: str, tmp_path: Any) -> None:
    program = watching.program_of(name)
    seen = watched(name, tmp_path / "run", explicit(program))
    assert_same(seen, name)
    assert_civil(seen)
    missing = [view for view in program.views if not drew(seen, snake(view))]
    assert not missing, f"nothing of {missing} in {seen.run.tags(None)}"
