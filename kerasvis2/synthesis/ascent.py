"""The ascent: images that make a score as high as it gets, all units' in one traced loop.

The engine never touches a model. It is given

- `score(images (N, H, W, C)) -> (N,)` float32, the objective's values of images in model input
  units, where N is a multiple of the number of units U and image i is unit `i % U`'s;
- `differentiate(fn)`, which makes of `fn(x) -> (loss (), aux)` the function
  `x -> ((loss, aux), gradient of the loss by x)`, the one thing that `keras.ops` does not have.

Call `ascend` inside a traced function of `(start, steps, seed)`: one trace then serves cold and
warm starts of any length. `begin` makes a cold start, an ascent's own `params` a warm one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from kerasvis2.synthesis.canvas import Canvas
from kerasvis2.synthesis.draws import Draws
from kerasvis2.synthesis.parametrizations import parametrize
from kerasvis2.synthesis.presets import Settings
from kerasvis2.synthesis.regularizers import l2_norm, lp_norm, total_variation
from kerasvis2.synthesis.transforms import compose

Score = Callable[[Any], Any]
Differentiate = Callable[[Callable[[Any], tuple[Any, Any]]], Callable[[Any], Any]]

MOMENTUM, MEMORY = 0.9, 0.99


def begin(canvas: Canvas, settings: Settings, units: int, seed: Any) -> Any:
    """Parameters (U, …) of a cold start, the same random picture for every unit."""
    parametrization = parametrize(settings.parametrization, canvas)
    # Step −1: no turn of the loop draws these numbers again.
    return parametrization.start(units, Draws(seed, -1, copies=units))


def ascend(
    differentiate: Differentiate,
    score: Score,
    start: Any,
    *,
    canvas: Canvas,
    settings: Settings,
    steps: Any,
    seed: Any,
) -> dict[str, Any]:
    """Climbs the score from `start`, and returns the best picture of each unit.

    Each step looks at the pictures in `settings.views` random views, scales each unit's gradient
    to a root mean square of 1 at its highest, subtracts the regularisers' and moves by Adam. Units
    do not see each other: a unit's result is the same in any batch.

    A unit whose gradient is exactly 0, as a ReLU's that does not fire, gets a new random start
    each step, with more and more contrast, until it answers. If it never does, it is reported as
    not alive and its picture is the background: a blank says so, noise would pretend.

    Args:
        differentiate: as in the module's description.
        score: as in the module's description.
        start: parameters (U, …) of `begin` or of an earlier ascent.
        canvas: the input's size, range and colours.
        settings: how it is done.
        steps: int or int tensor (), number of steps.
        seed: int or int tensor (). The same seed, start and model give the same pictures.

    Returns:
        Tensors: `images` (U, H, W, C) in model input units, `score` (U,) of these images as they
        are, `blank` (U,) the background's score, `alive` (U,) bool whether the unit answered at
        all, `params` (U, …) to start from next time.
    """
    units = int(start.shape[0])
    parametrization = parametrize(settings.parametrization, canvas)
    steps = ops.cast(steps, "int32")

    def shown(params: Any) -> Any:
        return canvas.to_input(parametrization.image(params))

    climb = _climber(differentiate, score, canvas, settings, units)
    blank = ops.broadcast_to(canvas.blank(), (units, *canvas.shape))
    blank_score, start_score = score(blank), score(shown(start))
    # Warm pictures may be so good that a probability has no gradient left: they answer already.
    answered = start_score != blank_score

    def keep(params: Any, best: Any, best_score: Any) -> tuple[Any, Any]:
        now = score(shown(params))
        better = now > best_score
        return ops.where(_along(better, params), params, best), ops.maximum(now, best_score)

    def turn(step: Any, params: Any, moments: Any, peak: Any, best: Any, best_score: Any) -> Any:
        params, moments, peak = climb(params, moments, peak, step, steps, seed)
        silent = ops.logical_not(ops.logical_or(answered, peak > 0))
        params = ops.cond(
            ops.any(silent),
            lambda: ops.where(_along(silent, params), _restart(step), params),
            lambda: params,
        )
        due = ops.logical_or((step + 1) % settings.check_every == 0, step + 1 >= steps)
        best, best_score = ops.cond(
            due, lambda: keep(params, best, best_score), lambda: (best, best_score)
        )
        return step + 1, params, moments, peak, best, best_score

    def _restart(step: Any) -> Any:
        contrast = 1.0 + ops.cast(step, "float32")
        fresh = parametrization.start(units, Draws(seed, -2 - step, copies=units))
        return parametrization.project(fresh * contrast)

    moments = ops.zeros((2, *start.shape))
    state = (ops.zeros((), "int32"), start, moments, ops.zeros((units,)), start, start_score)
    _, _, _, peak, best, best_score = ops.while_loop(lambda step, *_: step < steps, turn, state)
    alive = ops.logical_or(answered, peak > 0)
    return {
        "images": ops.where(_along(alive, blank), shown(best), blank),
        "score": ops.where(alive, best_score, blank_score),
        "blank": blank_score,
        "alive": alive,
        "params": ops.where(_along(alive, best), best, start),
    }


def _climber(
    differentiate: Differentiate, score: Score, canvas: Canvas, settings: Settings, units: int
) -> Callable[..., tuple[Any, Any, Any]]:
    """One step of Adam on the objective's scaled gradient and the regularisers'."""
    parametrization = parametrize(settings.parametrization, canvas)
    transform = compose(*settings.transforms)
    views, background = settings.views, canvas.background

    def answer(images: Any, draws: Draws) -> Any:
        seen = ops.tile(images - background, (views, 1, 1, 1))
        seen = transform(seen, draws) + background
        return -ops.sum(score(canvas.to_input(seen))) / views

    def price(images: Any) -> Any:
        away = images - background
        total = settings.total_variation * total_variation(away)
        if settings.lp:
            total = total + settings.lp * lp_norm(away, settings.lp_power)
        if settings.l2:
            total = total + settings.l2 * l2_norm(away)
        return ops.sum(total)

    def climb(
        params: Any, moments: Any, peak: Any, step: Any, steps: Any, seed: Any
    ) -> tuple[Any, Any, Any]:
        draws = Draws(seed, step, copies=units)
        images = parametrization.image(params)
        _, uphill = differentiate(lambda images: (answer(images, draws), ()))(images)
        strength = ops.sqrt(ops.mean(ops.square(uphill), axis=(1, 2, 3)))
        peak = ops.maximum(peak, strength)
        uphill = uphill / _along(ops.maximum(peak, np.float32(1e-30)), uphill)

        def loss(params: Any) -> tuple[Any, Any]:
            images = parametrization.image(params)
            return ops.sum(images * uphill) + price(images), ()

        _, slope = differentiate(loss)(params)
        first = MOMENTUM * moments[0] + (1 - MOMENTUM) * slope
        second = MEMORY * moments[1] + (1 - MEMORY) * ops.square(slope)
        count = ops.cast(step + 1, "float32")
        rate = settings.learning_rate * (
            1.0 - ops.cast(step, "float32") / ops.cast(steps, "float32")
        )
        move = first / (1 - ops.power(MOMENTUM, count))
        move = move / (ops.sqrt(second / (1 - ops.power(MEMORY, count))) + 1e-8)
        params = parametrization.project(params - rate * move)
        return params, ops.stack([first, second]), peak

    return climb


def _along(per_unit: Any, like: Any) -> Any:
    """(U,) shaped to go with a tensor (U, …)."""
    return ops.reshape(per_unit, (-1,) + (1,) * (len(like.shape) - 1))
