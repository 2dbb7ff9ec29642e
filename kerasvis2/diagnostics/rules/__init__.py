"""What is going wrong: one rule a function, each with its limit.

A rule finds subjects (layers, classes, or the run itself) whose number is beyond its limit. It
speaks once that was so in `looks` looks in a row. Tried on small networks on real digits, each
fault planted and none; the limits lie between the two. They are reported in the order of the
imports here.
"""

from kerasvis2.diagnostics.rule import RULES, RUN, Rule, rule

from kerasvis2.diagnostics.rules import values, steps, layers, learning, others  # isort: skip

__all__ = ["RULES", "RUN", "Rule", "layers", "learning", "others", "rule", "steps", "values"]
