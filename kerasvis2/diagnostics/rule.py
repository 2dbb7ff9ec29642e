"""What a rule of the training monitor is, and the table of them all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kerasvis2.diagnostics.facts import Facts

RUN = ""  # the subject of what is said of the run itself

Found = Mapping[str, float]
Find = Callable[[Facts, float], Found]


@dataclass(frozen=True)
class Rule:
    """One row of the table.

    Attributes:
        name: a key, unique.
        find: `(facts, limit) -> {subject: number}` of those beyond the limit.
        trouble: what it looks for, in a few words.
        limit: the number beyond which it is a trouble.
        says: what to say of a subject: a format with `{of}` its name, `{value}` its number and
            `{percent}` the same in per cent, `{since}` when it began, and any field of `Facts`.
        advice: usual causes, and what to look at; or what gives them from the facts.
        looks: in how many looks in a row.
        at_once: the number beyond which it is said at the first look.
        needs: the fields of `Facts` without which it cannot be judged.
        explains: the rules whose trouble this one is reason enough for; their advice is then to
            look at this one.
        mark, word: its letter in the picture of the layers and what that means, "" where it is
            not about a layer.
        grouped: whether all its subjects are named in one line.
    """

    name: str
    find: Find
    trouble: str
    limit: float
    says: str
    advice: str | Callable[[Facts], str]
    looks: int = 1
    at_once: float = math.inf
    needs: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()
    mark: str = ""
    word: str = ""
    grouped: bool = False


RULES: list[Rule] = []  # in the order in which they are reported; `rule` adds to it


def rule(trouble: str, **settings: Any) -> Callable[[Find], Find]:
    """Makes a rule of a function and puts it into the table, under the function's name.

    The function gets the facts of a look and the limit, and returns the subjects that are beyond
    it with their numbers: layers by key, classes by name, or `RUN` for the run itself. What is
    unknown is NaN, and beyond no limit. The settings are those of `Rule`, from `limit` on:

        @rule(
            "weights that grow without end",
            limit=1e3,
            says="{of}: its weights have a norm of {value:.3g} since {since}",
            advice="Lower the learning rate, or add weight decay.",
        )
        def huge(facts, limit):
            return {k: v.weight_norm for k, v in facts.layers.items() if v.weight_norm > limit}

    Raises:
        ValueError: where another module has a rule of this name.
    """

    def add(find: Find) -> Find:
        name = find.__name__
        row = Rule(name, find, trouble, **settings)
        known = [each.name for each in RULES]
        if name not in known:
            RULES.append(row)
            return find
        place = known.index(name)
        if RULES[place].find.__module__ != find.__module__:
            raise ValueError(
                f"There is a rule {name!r} in {RULES[place].find.__module__}: give the function "
                "another name."
            )
        RULES[place] = row  # a notebook's cell that is run again
        return find

    return add
