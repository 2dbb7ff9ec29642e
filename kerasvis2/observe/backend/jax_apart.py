"""JAX: what is set for a training does not reach a look, nor a look's a training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import jax

from kerasvis2.observe.backend.shadow import replaced


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Traces inside the block share nothing with those of training.

    JAX keeps what it traced of a function; under another precision it is another trace. So what is
    shadowed here never gets into a training step. Float32 products are float32 throughout.
    """
    given = str(jax.config.jax_default_matmul_precision)
    ours = "float32" if given == "highest" else "highest"
    # A layer that is called once more to save memory would be out of reach.
    with (
        jax.default_matmul_precision(ours),
        replaced(jax, "checkpoint", lambda function, **_: function),
    ):
        yield


@contextlib.contextmanager
def whatever_is_asked_of_training() -> Iterator[None]:
    """The aids to find faults in a training step would find what we do on purpose.

    We compile where nothing else is to be, and know the tracers of a trace that has ended.
    """
    with jax.disable_jit(False), jax.check_tracer_leaks(False):
        yield
