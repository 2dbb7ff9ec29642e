"""What the rules found, from look to look, and the same in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kerasvis2.diagnostics.facts import Facts
from kerasvis2.diagnostics.rules import RULES, Rule

MOST_NAMED = 6
_OTHERS = {
    "broken",
    "unscaled",
    "faint",
    "replaced",
    "frozen",
    "stuck",
    "dead_filters",
    "dead_units",
}
_SLOW = -4.0  # log10 of a step's share of the weights


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
        advice = rule.advice or _why_guessing(spoken, facts)
        said[rule.name, subject] = _say(finding, of, facts, unit), advice
    return said


def report(
    said: Mapping[Subject, tuple[str, str]],
    past: Mapping[Subject, str],
    facts: Facts,
    step: int,
    unit: str,
) -> str:
    """Markdown: the troubles in plain words, those that have passed, and a table of the layers.

    Args:
        said: of this look, from `speak`.
        past: what was said at earlier looks and is over.
        facts: this look.
        step: its step.
        unit: what a step is.
    """
    lines = [f"### Layer health, {unit} {step}", ""]
    if not said:
        lines.append("No trouble found.")
    counts: dict[str, int] = {}
    for (rule, _), (words, advice) in said.items():
        counts[rule] = counts.get(rule, 0) + 1
        if counts[rule] <= MOST_NAMED:
            lines.append(f"- **{words}.** {advice}")
    more = sum(max(0, count - MOST_NAMED) for count in counts.values())
    if more:
        lines.append(f"- and {more} more like these, see the table.")
    if past:
        lines += ["", "Earlier:", "", *(f"- {words}." for words in past.values())]
    return "\n".join([*lines, "", _table(facts)])


def _say(finding: Finding, of: str, facts: Facts, unit: str) -> str:
    words = {key: getattr(facts, key) for key in ("loss", "accuracy", "val_accuracy", "classes")}
    words |= {key: getattr(facts, key) for key in ("chance", "steps", "lowest", "highest")}
    return finding.rule.says.format(
        of=of,
        value=finding.value,
        percent=_percent(finding.value),
        since=f"{unit} {finding.since}",
        **words,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _why_guessing(findings: Sequence[Finding], facts: Facts) -> str:
    """Advice where training gets nowhere: by what else was found, and by the size of the steps."""
    if any(finding.rule.name in _OTHERS for finding in findings):
        return "See the other troubles."
    ratios = [v.update_ratio for v in facts.layers.values() if math.isfinite(v.update_ratio)]
    typical = sorted(ratios)[len(ratios) // 2] if ratios else math.nan
    if typical < _SLOW:
        return (
            f"The steps are small (10^{typical:.1f} of the weights each): the learning rate may be "
            "too low. Otherwise look at the data: do the labels belong to the images, or are they "
            "shuffled?"
        )
    return (
        "The weights move as they should, so look at the data: do the labels belong to the images, "
        "or are they shuffled?"
    )


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
