"""How good an explanation is: measures of the maps that views compute.

    maps = kv.GradCAM(layers="conv3").compute(model, probe)["conv3"]
    score = metrics.probability(model, probe.class_indices())
    metrics.insertion(score, probe.inputs, maps).mean()

Maps may be of any resolution; where pixels are needed they are enlarged bilinearly. Everything is
NumPy, but for the model behind a score function and in `randomization_cascade`.
"""

from kerasvis2.metrics.cascade import randomization_cascade
from kerasvis2.metrics.faithfulness import deletion, insertion, probability, replacement_curve
from kerasvis2.metrics.pointing import energy_pointing_game, pointing_accuracy, pointing_game
from kerasvis2.metrics.ranks import spearman

__all__ = [
    "deletion",
    "energy_pointing_game",
    "insertion",
    "pointing_accuracy",
    "pointing_game",
    "probability",
    "randomization_cascade",
    "replacement_curve",
    "spearman",
]
