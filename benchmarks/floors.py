"""What there is to compare with on PyTorch and JAX: bare passes, in the backend's own words."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from benchmarks.timing import Work


def linear(model: Any) -> Any:
    """The same network and weights, whose outputs are logits."""
    found = keras.models.clone_model(model)
    found.set_weights(model.get_weights())
    found.layers[-1].activation = keras.activations.linear
    return found


def forward_backward(model: Any, images: np.ndarray, labels: np.ndarray) -> Work:
    """Logits of the labels, differentiated with respect to the input; compiled where that is."""
    logits = linear(model)
    if keras.backend.backend() == "torch":
        import torch

        x, rows, y = torch.tensor(images), torch.arange(len(images)), torch.tensor(labels)

        def eager() -> list[np.ndarray]:
            given = x.detach().requires_grad_()
            found = logits(given, training=False)
            (gradient,) = torch.autograd.grad(found[rows, y].sum(), [given])
            return [found.detach().numpy(), gradient.numpy()]

        return eager
    import jax

    @jax.jit
    def passed(trained: Any, others: Any, x: Any) -> Any:
        def total(x: Any) -> Any:
            found, _ = logits.stateless_call(trained, others, x, training=False)
            return found[np.arange(len(labels)), labels].sum(), found

        gradient, found = jax.grad(total, has_aux=True)(x)
        return found, gradient

    return lambda: [np.asarray(a) for a in passed(*_values(logits), images)]


def climbing(score: Any, images: np.ndarray, steps: int, model: Any) -> Work:
    """So many forward and backward passes, each of the images that the one before gave."""
    if keras.backend.backend() == "torch":
        import torch

        def eager() -> np.ndarray:
            x = torch.tensor(images)
            for _ in range(steps):
                given = x.detach().requires_grad_()
                (gradient,) = torch.autograd.grad(score(given).sum(), [given])
                x = x + 1e-9 * gradient
            return x.numpy()

        return eager
    import jax

    @jax.jit
    def passed(values: list[Any], x: Any) -> Any:
        def step(i: Any, x: Any) -> Any:
            with keras.StatelessScope(state_mapping=list(zip(model.variables, values))):
                return x + 1e-9 * jax.grad(lambda x: score(x).sum())(x)

        return jax.lax.fori_loop(0, steps, step, x)

    return lambda: np.asarray(passed([v.value for v in model.variables], images))


def forwards(model: Any, images: np.ndarray, times: int) -> Work:
    """So many forward passes of a batch, one after the other."""
    if keras.backend.backend() == "torch":
        import torch

        x = torch.tensor(images)

        def eager() -> None:
            with torch.no_grad():
                for _ in range(times):
                    model(x, training=False).numpy()

        return eager
    import jax

    passed = jax.jit(lambda t, o, x: model.stateless_call(t, o, x, training=False)[0])

    def compiled() -> None:
        for _ in range(times):
            np.asarray(passed(*_values(model), images))

    return compiled


def _values(model: Any) -> tuple[list[Any], list[Any]]:
    trained, others = model.trainable_variables, model.non_trainable_variables
    return [v.value for v in trained], [v.value for v in others]
