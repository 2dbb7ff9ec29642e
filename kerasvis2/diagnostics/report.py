"""What the rules found, from look to look, and the same in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kerasvis2.diagnostics.facts import Facts
from kerasvis2.diagnostics.rules import RULES, Rule

MOST_NAMED = 6


@dataclass(frozen=True)
class Finding:
    """One rule broken by one subject.

    Attributes:
        rule: the rule.
        subject: a layer's key, a class's name, or "" for the run.
        value: its number now.
        since: the step of the first look in this row.
        last: the step of the latest.
        looks: how many looks in a row.
    """

    rule: Rule
    subject: str
    value: float
    since: int
    last: int
    looks: int

    @property
    def speaks(self) -> bool:
        """Whether it lasted long enough to be said."""
        return self.looks >= self.rule.looks or self.value >= self.rule.at_once


def judge(facts: Facts, step: int, before: Sequence[Finding] = ()) -> list[Finding]:
    """Everything beyond a limit now, with what was known of it at the look before.

    Args:
        facts: this look.
        step: its step.
        before: the findings of the look before.
    """
    known = {(finding.rule.name, finding.subject): finding for finding in before}
    found = []
    for rule in RULES:
        for subject, value in rule.find(facts, rule.limit).items():
            earlier = known.get((rule.name, subject))
            if earlier is None or earlier.last >= step:
                found.append(Finding(rule, subject, value, step, step, 1))
            else:
                looks = earlier.looks + 1
                found.append(replace(earlier, value=value, last=step, looks=looks))
    return found


Subject = tuple[str, str]  # a rule's name and a subject; of a grouped rule one key for all


def speak(findings: Sequence[Finding], facts: Facts, unit: str) -> dict[Subject, tuple[str, str]]:
    """What is so, and what to do about it, of each finding that lasted long enough."""
    said: dict[Subject, tuple[str, str]] = {}
    spoken = [finding for finding in findings if finding.speaks]
    size = max(1, sum(layer.weights for layer in facts.layers.values()))
    for finding in spoken:
        rule, subject = finding.rule, finding.subject
        if rule.grouped and (rule.name, "") in said:
            continue
        of = subject or "loss"
        if rule.grouped:
            own = [other for other in spoken if other.rule == rule]
            part = sum(other.value for other in own) / size
            of = f"{_names([other.subject for other in own])} ({_percent(part)} of the weights)"
            subject = ""
        said[rule.name, subject] = _say(finding, of, facts, unit), _advice(rule, spoken, facts)
    return said


def unjudged(facts: Facts) -> dict[str, list[Rule]]:
    """The rules that cannot be judged, by the reason why."""
    found: dict[str, list[Rule]] = {}
    for rule in RULES:
        missing = [facts.unknown[need] for need in rule.needs if need in facts.unknown]
        if missing:
            found.setdefault(missing[0], []).append(rule)
    return found


def report(
    said: Mapping[Subject, tuple[str, str]],
    past: Mapping[Subject, str],
    facts: Facts,
    step: int,
    unit: str,
) -> str:
    """Markdown: the troubles in plain words, what is not known, what has passed, and a table.

    Args:
        said: of this look, from `speak`.
        past: what was said at earlier looks and is over.
        facts: this look.
        step: its step.
        unit: what a step is.
    """
    lines = [f"### Layer health, {unit} {step}", ""]
    unknown = unjudged(facts)
    if not said:
        lines.append(f"No trouble found{' in what is known' if unknown else ''}.")
    counts: dict[str, int] = {}
    for (rule, _), (words, advice) in said.items():
        counts[rule] = counts.get(rule, 0) + 1
        if counts[rule] <= MOST_NAMED:
            lines.append(f"- **{words}.** {advice}")
    more = sum(max(0, count - MOST_NAMED) for count in counts.values())
    if more:
        lines.append(f"- and {more} more like these, see the table.")
    if unknown:
        lines += ["", "Not known:", ""]
        lines += [
            f"- {', '.join(rule.trouble for rule in rules)}: {why}."
            for why, rules in unknown.items()
        ]
    if past:
        lines += ["", "Earlier:", "", *(f"- {words}." for words in past.values())]
    return "\n".join([*lines, "", _table(facts)])


class _Words(dict[str, Any]):
    """What a rule's words may name: what is given, and every field of the facts."""

    def __init__(self, facts: Facts, **given: Any) -> None:
        super().__init__(given)
        self._facts = facts

    def __missing__(self, name: str) -> Any:
        return getattr(self._facts, name)


def _say(finding: Finding, of: str, facts: Facts, unit: str) -> str:
    since, percent = f"{unit} {finding.since}", _percent(finding.value)
    words = _Words(facts, of=of, value=finding.value, percent=percent, since=since)
    return finding.rule.says.format_map(words)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _advice(rule: Rule, findings: Sequence[Finding], facts: Facts) -> str:
    if any(rule.name in finding.rule.explains for finding in findings):
        return "See the other troubles."
    return rule.advice if isinstance(rule.advice, str) else rule.advice(facts)


def _names(subjects: Sequence[str]) -> str:
    shown = ", ".join(subjects[:MOST_NAMED])
    more = len(subjects) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _table(facts: Facts) -> str:
    head = ["Layer", "Update ratio", "Dead", "Sparsity", "Effective rank", "Weight norm"]
    gradients = any(not math.isnan(v.gradient_norm) for v in facts.layers.values())
    head += ["Gradient norm"] if gradients else []
    lines = [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}"]
    for key, layer in facts.layers.items():
        ratio = _number(layer.update_ratio, ".1f")
        if layer.update_ratio == -math.inf:
            ratio = "still" if layer.trainable else "frozen"
        cells = [f"`{key}`", ratio, _number(layer.dead, ".0%"), _number(layer.sparsity, ".0%")]
        cells += [_number(layer.rank, ".1f"), _number(layer.weight_norm, ".3g")]
        cells += [_number(layer.gradient_norm, ".2g")] if gradients else []
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)
