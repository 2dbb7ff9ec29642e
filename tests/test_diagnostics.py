"""The numbers of the training monitor against NumPy and SciPy, and the rules at their limits."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from kerasvis2.diagnostics import numbers, tensors
from kerasvis2.diagnostics.facts import Facts, Vitals, metrics
from kerasvis2.diagnostics.numbers import (
    confusion,
    distribution,
    effective_rank,
    margins,
    update_ratio,
)
from kerasvis2.diagnostics.report import judge, report, speak
from kerasvis2.diagnostics.rules import RULES, rule
from kerasvis2.diagnostics.similarity import linear_cka
from kerasvis2.views.track import MOST, Track

RNG = np.random.default_rng(0)


# Numbers


def test_the_effective_rank_is_the_exponential_of_the_entropy_of_singular_values():
    features = RNG.normal(size=(12, 7))
    values = scipy.linalg.svdvals(features)
    assert effective_rank(features) == pytest.approx(np.exp(scipy.stats.entropy(values)))


def test_effective_ranks_that_are_known():
    assert effective_rank(np.eye(5)) == pytest.approx(5)
    assert effective_rank(np.outer(np.arange(1, 5), np.ones(3))) == pytest.approx(1)
    assert math.isnan(effective_rank(np.zeros((4, 3))))
    assert math.isnan(effective_rank(np.full((4, 3), np.nan)))


def test_the_update_ratio_is_that_of_one_step():
    assert update_ratio(0.5, 50.0, 10) == pytest.approx(-3)
    assert update_ratio(0.0, 50.0, 10) == -math.inf
    assert math.isnan(update_ratio(0.5, 50.0, 0))


def test_margins_are_the_true_logit_less_the_best_other():
    logits = RNG.normal(size=(9, 4))
    classes = RNG.integers(4, size=9)
    expected = [row[c] - max(np.delete(row, c)) for row, c in zip(logits, classes)]
    np.testing.assert_allclose(margins(logits, classes), expected)
    top = np.sort(logits)[:, ::-1]
    np.testing.assert_allclose(margins(logits, None), top[:, 0] - top[:, 1])


def test_the_margin_of_one_unit_is_its_logit_signed_by_the_class():
    np.testing.assert_allclose(margins(np.array([[2.0], [2.0]]), np.array([1, 0])), [2, -2])
    np.testing.assert_allclose(margins(np.array([[-3.0]]), None), [3])


def test_confusion_counts_true_down_and_predicted_across():
    true, predicted = np.array([0, 0, 2, 2, 2]), np.array([0, 2, 2, 2, 5])
    found = confusion(true, predicted, np.array([0, 2, 5]))
    assert found.tolist() == [[1, 1, 0], [0, 2, 1], [0, 0, 0]]


# Likeness


def test_cka_of_a_rotated_scaled_and_shifted_copy_is_1():
    features = RNG.normal(size=(16, 24))
    rotation = scipy.stats.ortho_group.rvs(24, random_state=0)
    assert linear_cka(features, 7 * features @ rotation + 100) == pytest.approx(1)


def test_cka_equals_the_definition_by_sums_over_distinct_images():
    """Song's unbiased HSIC written out over all pairs, triples and quadruples."""
    x, y = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 4)) + 1

    def hsic(a, b):
        n = range(6)
        pairs = np.mean([a[i, j] * b[i, j] for i in n for j in n if i != j])
        triples = np.mean(
            [a[i, j] * b[i, k] for i in n for j in n for k in n if len({i, j, k}) == 3]
        )
        quads = np.mean(
            [
                a[i, j] * b[k, m]
                for i in n
                for j in n
                for k in n
                for m in n
                if len({i, j, k, m}) == 4
            ]
        )
        return pairs + quads - 2 * triples

    a, b = x @ x.T, y @ y.T
    expected = hsic(a, b) / np.sqrt(hsic(a, a) * hsic(b, b))
    assert linear_cka(x, y) == pytest.approx(expected)


def test_debiasing_makes_unrelated_wide_layers_unlike():
    likeness = [
        linear_cka(RNG.normal(size=(16, 500)), RNG.normal(size=(16, 500))) for _ in range(20)
    ]
    assert abs(np.mean(likeness)) < 0.1


def test_cka_of_what_is_the_same_for_all_images_is_unknown():
    constant = np.full((8, 5), 0.1, "float32")
    assert math.isnan(linear_cka(constant, RNG.normal(size=(8, 5))))


def test_cka_needs_four_images_of_both():
    with pytest.raises(ValueError, match="4 or more; got 3 and 3"):
        linear_cka(np.eye(3), np.eye(3))


# On the device


def test_reductions_over_space():
    values = RNG.normal(size=(3, 4, 5, 6)).astype("float32")
    np.testing.assert_allclose(tensors.pooled(values), values.mean((1, 2)), rtol=1e-5, atol=1e-6)
    share = (values > 0).mean((1, 2))
    np.testing.assert_allclose(tensors.positive_share(values), share, rtol=1e-6)
    flat = values[:, 0, 0]
    np.testing.assert_allclose(tensors.pooled(flat), flat)


def test_squares_of_several_tensors():
    several = [RNG.normal(size=shape).astype("float32") for shape in ((3, 4), (5,), ())]
    expected = sum(float((each**2).sum()) for each in several)
    assert float(tensors.squares(several)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("sizes", [[4, 1, 7], [3]])
def test_squares_of_parts_of_a_vector(sizes):
    parts = [RNG.normal(size=size).astype("float32") for size in sizes]
    found = tensors.squares_of_parts(np.concatenate(parts), sizes)
    np.testing.assert_allclose(found, [(part**2).sum() for part in parts], rtol=1e-5)


def test_weights_as_one_vector():
    weights = [np.ones((2, 3), "float16"), np.zeros((), "float32"), np.full(2, 5.0)]
    found = np.asarray(tensors.flat(weights))
    assert (found.dtype, found.tolist()) == ("float32", [1] * 6 + [0, 5, 5])


# Distributions


@pytest.mark.parametrize("block", [2**20, 7])
def test_a_distribution_in_numbers(monkeypatch, block):
    monkeypatch.setattr(numbers, "BLOCK", block)
    values = RNG.integers(-3, 4, size=200).astype("float32")
    found = distribution(values, 10)
    counts, edges = np.histogram(values.astype("float64"), 10)
    np.testing.assert_array_equal(found.buckets[:, 2], counts)
    np.testing.assert_allclose(found.buckets[:, 0], edges[:-1])
    np.testing.assert_allclose(found.buckets[:, 1], edges[1:])
    assert (found.lowest, found.highest, found.broken) == (-3, 3, 0)
    assert found.mean == pytest.approx(values.mean(dtype="float64"))
    assert found.spread == pytest.approx(values.std(dtype="float64"))
    assert found.zeros == pytest.approx((values == 0).mean())


def test_values_that_are_not_finite_are_counted_apart():
    found = distribution(np.array([1, 2, np.nan, np.inf, -np.inf, 3, 0, 0], "float32"), 3)
    assert found.buckets[:, 2].tolist() == [2, 1, 2]
    assert (found.lowest, found.highest, found.mean, found.broken) == (0, 3, 1.2, 3)
    assert found.zeros == 0.25


def test_a_distribution_of_what_is_all_equal_or_broken():
    assert distribution(np.full(5, 2.0), 30).buckets.tolist() == [[1.5, 2.5, 5]]
    broken = distribution(np.full(3, np.nan), 30)
    assert broken.buckets.shape == (0, 3)
    assert np.isnan(broken.mean)
    assert broken.broken == 3


@pytest.mark.parametrize(("low", "high"), [(-3e38, 3e38), (1.0, 1.0000001), (0.0, 1e-45)])
def test_a_distribution_at_the_limits_of_float32(low, high):
    found = distribution(np.array([low, high], "float32"), 30)
    assert found.buckets[0, 2] == found.buckets[-1, 2] == 1


# Tracks


def test_a_track_starts_again_where_a_step_is_repeated():
    track = Track().then(0, np.zeros(2)).then(1, np.ones(2)).then(2, np.ones(2))
    again = track.then(1, np.full(2, 5.0))
    assert again.steps == (0, 1)
    assert again.table.tolist() == [[0, 5], [0, 5]]


def test_a_track_of_another_shape_starts_anew():
    assert Track().then(0, np.zeros(2)).then(1, np.zeros(3)).steps == (1,)


def test_a_long_track_is_thinned_and_keeps_both_ends():
    track = Track()
    for step in range(5 * MOST):
        track = track.then(step, np.array([step]))
    assert len(track.steps) <= MOST
    assert track.steps[0] == 0
    assert track.steps[-1] == 5 * MOST - 1
    assert track.table[0].tolist() == list(track.steps)


# Rules

HEALTHY = Facts(
    layers={
        "conv": Vitals(
            update_ratio=-3.0, change=0.05, weight_norm=2.0, dead=0.1, spatial=True, weights=90
        ),
        "dense": Vitals(update_ratio=-3.0, change=0.05, weight_norm=2.0, dead=0.4, weights=10),
    },
    steps=50,
    epochs=2,
    loss=0.5,
    accuracy=0.8,
    val_accuracy=0.7,
    classes=10,
    logits=np.eye(10)[np.arange(20) % 10] * 5 + RNG.normal(size=(20, 10)) * 0.1,
    truth=np.arange(20) % 10,
    falling=np.full(10, 0.6),
    lowest=0.0,
    highest=1.0,
)


def broken(facts, looks=2):
    """The names of the rules that speak after so many equal looks."""
    findings = []
    for step in range(looks):
        findings = judge(facts, step, findings)
    return {rule for rule, _ in speak(findings, facts, "epoch")}


def with_layer(name, **changes):
    layers = dict(HEALTHY.layers)
    layers[name] = dataclasses.replace(layers[name], **changes)
    return dataclasses.replace(HEALTHY, layers=layers)


def with_facts(**changes):
    return dataclasses.replace(HEALTHY, **changes)


def unsaid(share, behind=3.0):
    """Class 3 is so far behind another that it is never predicted; so much of its weights fell."""
    logits = HEALTHY.logits.copy()
    logits[:, 3] = np.where(HEALTHY.truth == 3, 6.0 - behind, 2.0)
    logits[HEALTHY.truth == 3, 5] = 6.0
    falling = HEALTHY.falling.copy()
    falling[3] = share
    return with_facts(logits=logits, falling=falling)


def blind(rank_one):
    same = RNG.normal(size=10) if rank_one else np.zeros(10)
    noise = 0.0 if rank_one else 1e-3
    return with_facts(
        logits=np.tile(same, (20, 1)) + noise * RNG.normal(size=(20, 10)), truth=None, falling=None
    )


def test_a_healthy_look_breaks_no_rule():
    assert broken(HEALTHY) == set()


def test_every_rule_has_a_name_of_its_own():
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)


def test_what_rules_need_and_explain_is_there():
    fields = {field.name for field in dataclasses.fields(Facts)} | {"answers"}
    names = {each.name for each in RULES}
    for each in RULES:
        assert set(each.needs) <= fields
        assert set(each.explains) <= names


@pytest.fixture
def table():
    """The table of rules, to be added to."""
    before = list(RULES)
    yield RULES
    RULES[:] = before


def test_a_rule_of_ones_own_is_one_function(table):
    @rule(
        "weights that grow without end",
        limit=1e3,
        says="{of}: norm {value:.3g} since {since}, at a loss of {loss:.3g} with {highest} inputs",
        advice=lambda facts: f"After {facts.steps} steps.",
        needs=("steps",),
        mark="H",
        word="huge",
    )
    def of_a_test(facts, limit):
        return {k: v.weight_norm for k, v in facts.layers.items() if v.weight_norm > limit}

    facts = with_layer("conv", weight_norm=2e3)
    said = speak(judge(facts, 4), facts, "epoch")
    assert said == {
        ("of_a_test", "conv"): (
            "conv: norm 2e+03 since epoch 4, at a loss of 0.5 with 1.0 inputs",
            "After 50 steps.",
        )
    }
    unknown = with_facts(unknown={"steps": "nobody counts"})
    assert "weights that grow without end: nobody counts." in report({}, {}, unknown, 0, "epoch")


def test_a_name_that_another_rule_has_is_refused_and_ones_own_replaced(table):
    def broken(facts, limit):
        return {}

    def own(facts, limit):
        return {}

    add = rule("x", limit=1.0, says="", advice="")
    with pytest.raises(ValueError, match=r"a rule 'broken' in kerasvis2\.diagnostics"):
        add(broken)
    count = len(table)
    add(own)
    add(own)
    assert len(table) == count + 1


def test_the_docs_show_the_table_as_it_is():
    page = (Path(__file__).parents[1] / "docs" / "layer_health.md").read_text("utf-8")
    rows = [line.split(" | ")[:2] for line in page.splitlines() if line.startswith("| `")]
    table = [[f"| `{each.name}`", each.trouble] for each in RULES]
    assert len(rows) > 10
    assert [row for row in table if row in rows] == rows


@pytest.mark.parametrize(
    ("rule", "below", "beyond"),
    [
        ("broken", with_layer("conv", weight_norm=1e30), with_layer("conv", weight_norm=math.nan)),
        ("broken", with_facts(loss=1.0), with_facts(loss=math.nan)),
        ("unscaled", with_facts(highest=9.0), with_facts(highest=16.0)),
        ("unscaled", with_facts(lowest=-124.0, highest=151.0), with_facts(highest=255.0)),
        ("faint", with_facts(highest=0.1), with_facts(highest=1 / 255)),
        ("frozen", HEALTHY, with_layer("conv", update_ratio=-math.inf, trainable=False)),
        ("stuck", HEALTHY, with_layer("conv", update_ratio=-math.inf)),
        ("dead_filters", with_layer("conv", dead=0.39), with_layer("conv", dead=0.41)),
        ("dead_units", with_layer("dense", dead=0.74), with_layer("dense", dead=0.76)),
        ("worse", with_facts(loss=2.7, accuracy=0.1), with_facts(loss=2.8, accuracy=0.1)),
        ("worse", with_facts(loss=2.8, accuracy=0.5), with_facts(loss=2.8, accuracy=0.2)),
        ("guessing", with_facts(loss=2.2, accuracy=0.1), with_facts(loss=2.25, accuracy=0.1)),
        ("guessing", with_facts(loss=2.25, accuracy=0.3), with_facts(loss=2.25, accuracy=0.1)),
        ("missing", unsaid(0.94), unsaid(1.0)),
        ("missing", unsaid(1.0, behind=2.0), unsaid(1.0, behind=3.0)),
        ("missing", unsaid(0.7, behind=6.0), unsaid(0.7, behind=8.0)),
        ("missing", unsaid(0.5, behind=8.0), unsaid(0.7, behind=8.0)),
        ("alike", HEALTHY, blind(rank_one=True)),
        ("alike", dataclasses.replace(blind(False), normalised=True), blind(False)),
        ("other_probe", HEALTHY, with_facts(val_accuracy=0.9, truth=(HEALTHY.truth + 1) % 10)),
        ("apart", with_facts(val_accuracy=0.31), with_facts(val_accuracy=0.29)),
        (
            "apart",
            with_facts(val_accuracy=0.1, normalised=True),
            with_facts(val_accuracy=0.1, normalised=False),
        ),
    ],
)
def test_a_rule_speaks_beyond_its_limit_only(rule, below, beyond):
    assert rule not in broken(below)
    assert rule in broken(beyond)


def test_steps_are_too_large_where_few_of_them_replace_the_weights():
    def changed(change, steps):
        layers = {k: dataclasses.replace(v, change=change) for k, v in HEALTHY.layers.items()}
        return broken(with_facts(layers=layers, steps=steps))

    assert "replaced" in changed(0.9, 50)
    assert "replaced" not in changed(0.7, 50)
    assert "replaced" not in changed(0.9, 2000)  # as a healthy network may in a long epoch


def test_what_may_pass_must_last_and_what_is_plain_is_said_at_once():
    assert "dead_filters" not in broken(with_layer("conv", dead=0.5), looks=1)
    assert "dead_filters" in broken(with_layer("conv", dead=0.95), looks=1)


def test_a_trouble_is_dated_from_its_first_look_in_a_row():
    sick = with_layer("conv", dead=0.41)
    findings = []
    for step, facts in ((0, sick), (1, HEALTHY), (2, sick), (4, sick)):
        findings = judge(facts, step, findings)
    said = speak(findings, sick, "epoch")
    assert [words for words, _ in said.values()] == ["conv: 41 % of filters dead since epoch 2"]


def test_the_report_says_what_is_and_what_has_passed():
    frozen = with_layer("conv", update_ratio=-math.inf, trainable=False)
    said = speak(judge(frozen, 3), frozen, "epoch")
    text = report(said, {("dead_filters", "conv"): "conv: dead; until epoch 1"}, frozen, 3, "epoch")
    assert "- **frozen since epoch 3 (trainable=False): conv (90 % of the weights).**" in text
    assert "Earlier:\n\n- conv: dead; until epoch 1." in text
    assert "| `conv` | frozen | 10% |" in text
    assert "| `dense` | -3.0 |" in text
    assert "No trouble found." not in text


def test_what_is_not_known_is_named_with_the_reason():
    lacking = with_facts(
        loss=math.nan, unknown={"loss": "no epoch has ended", "steps": "nobody counts"}
    )
    text = report({}, {}, lacking, 0, "epoch")
    assert "No trouble found in what is known.\n\nNot known:\n" in text
    assert (
        "- a loss that is worse than guessing, a training that is no better than guessing: "
        "no epoch has ended.\n" in text
    )
    assert "Not known" not in report({}, {}, HEALTHY, 0, "epoch")


def test_what_explains_guessing_is_pointed_to():
    lost = {"loss": 2.3, "accuracy": 0.1}
    for cause in (with_layer("conv", dead=1.0), with_layer("dense", weight_norm=math.nan)):
        facts = dataclasses.replace(cause, **lost)
        said = speak(judge(facts, 1, judge(facts, 0)), facts, "epoch")
        assert said["guessing", ""][1] == "See the other troubles."


def test_guessing_without_another_trouble_is_laid_to_the_labels():
    (_, advice), *_ = speak(
        judge(with_facts(loss=2.3, accuracy=0.1), 1, judge(with_facts(loss=2.3, accuracy=0.1), 0)),
        HEALTHY,
        "epoch",
    ).values()
    assert "shuffled" in advice


def test_metrics_are_the_last_epochs():
    history = {"loss": [(0, 2.0), (1, 1.0)], "acc": [(0, 0.5)], "val_acc": [(0, 0.4), (1, 0.6)]}
    assert metrics(history) == {"epochs": 2, "loss": 1.0, "accuracy": 0.5, "val_accuracy": 0.6}
