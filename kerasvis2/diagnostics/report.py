"""What the rules found, from look to look, and the same in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
        return self.looks >= self.rule.looks


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


def report(
    findings: Sequence[Finding], past: Sequence[Finding], facts: Facts, step: int, unit: str
) -> str:
    """Markdown: the troubles in plain words, those that have passed, and a table of the layers.

    Args:
        findings: of this look; those that do not speak yet are left out.
        past: what was said at earlier looks and is over.
        facts: this look.
        step: its step.
        unit: what a step is.
    """
    troubles = [finding for finding in findings if finding.speaks]
    lines = [f"### Layer health, {unit} {step}", ""]
    if not troubles:
        lines.append("No trouble found.")
    lines += [f"- **{words}.** {advice}" for words, advice in sentences(troubles, facts, unit)]
    if past:
        lines += ["", "Earlier:", ""]
        lines += [
            f"- {words}; until {unit} {finding.last}."
            for finding in past
            for words, _ in sentences([finding], facts, unit)
        ]
    return "\n".join([*lines, "", _table(facts)])


def sentences(findings: Sequence[Finding], facts: Facts, unit: str) -> list[tuple[str, str]]:
    """(what is so, what to do about it) of each finding; those of a grouped rule in one."""
    said: list[tuple[str, str]] = []
    for rule in dict.fromkeys(finding.rule for finding in findings):
        own = [finding for finding in findings if finding.rule == rule]
        advice = rule.advice or _why_guessing(findings, facts)
        if rule.grouped:
            names = _names([finding.subject for finding in own])
            size = sum(layer.weights for layer in facts.layers.values())
            part = sum(finding.value for finding in own) / max(1, size)
            words = _say(rule, f"{names} ({part:.0%} of the weights)", own[0], facts, unit)
            said.append((words, advice))
            continue
        shown = own[:MOST_NAMED]
        said += [(_say(rule, f.subject or "loss", f, facts, unit), advice) for f in shown]
        if len(own) > MOST_NAMED:
            names = _names([finding.subject for finding in own[MOST_NAMED:]])
            said.append((f"the same: {names}", ""))
    return said


def _say(rule: Rule, of: str, finding: Finding, facts: Facts, unit: str) -> str:
    words = {key: getattr(facts, key) for key in ("loss", "accuracy", "val_accuracy", "classes")}
    words |= {key: getattr(facts, key) for key in ("chance", "steps", "lowest", "highest")}
    return rule.says.format(
        of=of,
        value=finding.value,
        percent=f"{finding.value:.0%}".replace("%", " %"),
        since=f"{unit} {finding.since}",
        **words,
    )


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
