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

from keras import ops

from kerasvis2.draws import Draws
from kerasvis2.synthesis.canvas import Canvas
from kerasvis2.synthesis.parametrizations import parametrize
from kerasvis2.synthesis.presets import Settings
from kerasvis2.synthesis.transforms import compose

Score = Callable[[Any], Any]
Differentiate = Callable[[Callable[[Any], tuple[Any, Any]]], Callable[[Any], Any]]

# Of the gradients' averages and of Adam's squares. An average over views and steps is what the
# views agree on; scaling it, not each step's, keeps noise from being scaled up with it.
MOMENTUM, INERTIA = 0.9, 0.99


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
    tick: Callable[[Any, int], Any] = lambda values, turns: values,
) -> dict[str, Any]:
    """Climbs the score from `start`, and returns the best picture of each unit.

    Each step looks at the pictures in `settings.views` random views, averages the gradient with
    those of the last steps, scales it for each unit to a root mean square of 1 over the image,
    subtracts the regularisers' and moves by Adam. Units do not see each other: a unit's result is
    the same in any batch.

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
        tick: `tick(values, turns)` → `values`, called at each step of so many at most.
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
    # A warm picture may be so good that its score has no gradient left; it is no dead unit's.
    answered = start_score != blank_score

    def keep(params: Any, best: Any, best_score: Any) -> tuple[Any, Any]:
        now = score(shown(params))
        better = now > best_score
        return ops.where(_along(better, params), params, best), ops.maximum(now, best_score)

    def turn(step: Any, params: Any, memory: Any, alive: Any, best: Any, best_score: Any) -> Any:
        params, memory, pulled = climb(params, memory, step, steps, seed)
        alive = ops.logical_or(alive, pulled)
        params = ops.cond(
            ops.all(alive),
            lambda: params,
            lambda: ops.where(_along(alive, params), params, restart(step)),
        )
        params = tick(params, settings.steps)
        due = ops.logical_or((step + 1) % settings.check_every == 0, step + 1 >= steps)
        best, best_score = ops.cond(
            due, lambda: keep(params, best, best_score), lambda: (best, best_score)
        )
        return step + 1, params, memory, alive, best, best_score

    def restart(step: Any) -> Any:
        contrast = ops.power(2.0, ops.minimum(ops.cast(step, "float32"), 6.0))
        fresh = parametrization.start(units, Draws(seed, -2 - step, copies=units))
        rest = parametrization.rest
        return parametrization.project(rest + (fresh - rest) * contrast)

    memory = (
        ops.zeros((units, *canvas.shape), "float32"),
        ops.zeros_like(start),
        ops.zeros_like(start),
    )
    state = (ops.zeros((), "int32"), start, memory, answered, start, start_score)
    _, _, _, alive, best, best_score = ops.while_loop(lambda step, *_: step < steps, turn, state)
    return {
        "images": ops.where(_along(alive, blank), shown(best), blank),
        "score": ops.where(alive, best_score, blank_score),
        "blank": blank_score,
        "alive": alive,
        "params": ops.where(_along(alive, best), best, start),
    }


def _climber(
    differentiate: Differentiate, score: Score, canvas: Canvas, settings: Settings, units: int
) -> Callable[..., tuple[Any, tuple[Any, Any, Any], Any]]:
    """One step of Adam on the objective's scaled gradient and the regularisers'."""
    parametrization = parametrize(settings.parametrization, canvas)
    transform = compose(*settings.transforms)
    views, background = settings.views, ops.convert_to_tensor(canvas.background)

    def answer(images: Any, draws: Draws) -> Any:
        seen = ops.tile(images - background, (views, 1, 1, 1))
        seen = transform(seen, draws) + background
        return -ops.sum(score(canvas.to_input(seen))) / views

    def price(images: Any) -> Any:
        away = images - background
        return sum(
            (ops.sum(each(away)) for each in settings.regularizers), ops.zeros((), "float32")
        )

    def climb(
        params: Any, memory: Any, step: Any, steps: Any, seed: Any
    ) -> tuple[Any, tuple[Any, Any, Any], Any]:
        average, first, second = memory
        draws = Draws(seed, step, copies=units)
        images = parametrization.image(params)
        _, downhill = differentiate(lambda images: (answer(images, draws), ()))(images)
        average = MOMENTUM * average + (1 - MOMENTUM) * downhill
        strength = ops.sqrt(ops.mean(ops.square(average), axis=(1, 2, 3)))
        scaled = average / _along(ops.maximum(strength, 1e-30), average)

        def loss(params: Any) -> tuple[Any, Any]:
            images = parametrization.image(params)
            return ops.sum(images * scaled) + price(images), ()

        _, slope = differentiate(loss)(params)
        first = MOMENTUM * first + (1 - MOMENTUM) * slope
        second = INERTIA * second + (1 - INERTIA) * ops.square(slope)
        count = ops.cast(step + 1, "float32")
        left = 1.0 - ops.cast(step, "float32") / ops.cast(steps, "float32")
        move = first / (1 - ops.power(MOMENTUM, count))
        move = move / (ops.sqrt(second / (1 - ops.power(INERTIA, count))) + 1e-8)
        params = parametrization.project(params - settings.learning_rate * left * move)
        return params, (average, first, second), strength > 0

    return climb


def _along(per_unit: Any, like: Any) -> Any:
    """(U,) shaped to go with a tensor (U, …)."""
    return ops.reshape(per_unit, (-1,) + (1,) * (len(like.shape) - 1))
