"""The compiled functions of a session: what each is called with, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops, tree

from kerasvis2.keys import as_key
from kerasvis2.observe.backend import Backend
from kerasvis2.observe.captions import answers, explained
from kerasvis2.observe.chunks import Chunk, Part, at_once, divided
from kerasvis2.observe.look import OUTPUTS
from kerasvis2.observe.loss import as_trained
from kerasvis2.observe.passes import Result, Subject, look_at
from kerasvis2.observe.progress import Progress
from kerasvis2.observe.request import Plan, Reduced, add
from kerasvis2.observe.seen import see
from kerasvis2.observe.survey import Survey
from kerasvis2.observe.targets import spoken

if TYPE_CHECKING:
    from kerasvis2.probe import Probe

Memory = dict[str, dict[str, Any]]


_WORTH = 2  # times the work of a pass: so much more is done sooner than another pass compiled


class Compiled:
    """One function for every set of views that is due together, compiled when it first is.

    A set that is part of one that was compiled is served by that one, what it gives beside is let
    go, unless most of its work would be for nothing. So views that are due at different times do
    not multiply what has to be compiled.

    Args:
        model: the model.
        survey: what is known of it; another survey takes another `Compiled`.
        probe: the probe, or None.
        batch_size: look at so many images at a time; None for as many as memory allows.
        backend: what the model runs on.
        progress: where loops show how far they are, or None.

    Attributes:
        parts: the probe, divided.
        spoken: which output captions speak of.
        traces: how often a pass was traced; on an eager backend, made.
    """

    def __init__(
        self,
        model: Any,
        survey: Survey,
        probe: Probe | None,
        batch_size: int | None,
        backend: Backend,
        progress: Progress | None,
    ) -> None:
        self._model = model
        self._survey = survey
        self._probe = probe
        self._batch_size = batch_size
        self._backend = backend
        self._progress = progress
        self.parts = [Part()]  # without a probe there is one look, at the weights alone
        self.spoken = spoken(survey.outputs, probe)
        self.traces = 0
        self._functions: dict[tuple[str, ...], Callable[..., Any]] = {}
        self._served: dict[tuple[str, ...], tuple[list[Plan], bool]] = {}
        self._constants: dict[tuple[Any, ...], dict[str, Any]] = {}

    def divide(self, plans: Sequence[Plan]) -> None:
        """Divides the probe as these views need it; what was compiled already keeps its parts."""
        if self._probe is None or self._functions:
            return
        paths = {i.path: i.shape for p in plans if p.request.captures for i in p.layers}
        kept = [shape or () for path, shape in paths.items() for _ in self._survey.keys[path]]
        size = min(self._batch_size or at_once(self._probe.size, kept), self._probe.size)
        size = self._survey.batch or size
        rows = self.parts[0].rows
        if rows is None or size != len(rows):
            self.parts = list(divided(self._probe, size))
            self._constants = {}

    def forget(self, name: str) -> None:
        """Nothing that was compiled for a view of this name holds any more."""
        self._functions = {key: f for key, f in self._functions.items() if name not in key}
        self._served = {key: each for key, each in self._served.items() if name not in key}
        self._constants = {key: c for key, c in self._constants.items() if name not in key}

    def prepare(
        self, plans: Sequence[Plan], with_outputs: bool, memory: Memory, steps: Any
    ) -> None:
        """Compiles what `run` will call, without computing anything."""
        for group, captions in self._groups(plans, with_outputs):
            self._function(group, captions, self._arguments(group, 0, memory, steps))

    def run(
        self,
        plans: Sequence[Plan],
        with_outputs: bool,
        memory: Memory,
        steps: Any,
        place: int,
        alone: bool = False,
    ) -> dict[str, Any]:
        """Looks at one part of the probe: entry name → structure of tensors.

        Args:
            plans: the views that are due.
            with_outputs: also what captions say.
            memory: what every view remembers.
            steps: how many steps were made.
            place: which part.
            alone: run nothing for other views.
        """
        found: dict[str, Any] = {}
        for group, captions in self._groups(plans, with_outputs):
            if place and not captions and not any(plan.request.per_image for plan in group):
                continue
            key = self._key(group, captions)
            serving = (group, captions) if alone else self._serving(group, captions)
            arguments = self._arguments(serving[0], place, memory, steps)
            made = self._function(*serving, arguments)(*arguments)
            found |= {name: made[name] for name in key if name in made}
        return found

    def _serving(self, plans: list[Plan], captions: bool) -> tuple[list[Plan], bool]:
        """What of the compiled serves these views with the least work; they alone if nothing."""
        key = self._key(plans, captions)
        if key in self._functions or self._backend.eager:
            return plans, captions
        others = [each for names, each in self._served.items() if set(key) <= {*names, ""}]
        best = min(others, key=lambda each: (_work(each[0]), len(each[0])), default=None)
        if best is None or _work(best[0]) > _WORTH * _work(plans):
            return plans, captions
        return best

    @staticmethod
    def _key(plans: Sequence[Plan], captions: bool) -> tuple[str, ...]:
        return (*(plan.name for plan in plans), OUTPUTS if captions else "")

    def _groups(
        self, plans: Sequence[Plan], with_outputs: bool
    ) -> Iterator[tuple[list[Plan], bool]]:
        """Who shares a compiled function: one for all, one for each with passes of its own."""
        shared = [plan for plan in plans if not plan.request.own_pass]
        captions = with_outputs and bool(self._survey.outputs)
        if shared or captions:
            yield shared, captions
        yield from (([plan], False) for plan in plans if plan.request.own_pass)

    def _arguments(
        self, plans: Sequence[Plan], place: int, memory: Memory, steps: Any
    ) -> tuple[Any, dict[str, Any], Any, Memory]:
        """What a compiled function is called with."""
        key = (place, *(plan.name for plan in plans))
        if key not in self._constants:
            self._constants[key] = self._given(plans, self.parts[place])
        mine = {plan.name: memory[plan.name] for plan in plans}
        return self.parts[place].inputs, self._constants[key], steps, mine

    def _given(self, plans: Sequence[Plan], part: Part) -> dict[str, Any]:
        """What is given of a part beside its inputs: the same at every look."""
        size = 1 if self._probe is None else self._probe.size
        given: dict[str, Any] = {
            "first": ops.convert_to_tensor(part is self.parts[0]),
            "share": ops.convert_to_tensor(part.valid / size, "float32"),
            "classes": {
                str(i): ops.convert_to_tensor(target.classes[part.rows], "int32")
                for i, target in enumerate(add(plans).targets)
                if target.classes is not None
            },
        }
        if part.rows is not None:
            given["rows"] = ops.convert_to_tensor(part.rows, "int32")
        if any(plan.request.loss for plan in plans):
            assert self._probe is not None, "see check_loss"
            assert part.rows is not None
            labels = as_trained(
                self._probe.labels, self._survey.outputs, getattr(self._model, "loss", None)
            )
            given["labels"] = tree.map_structure(
                lambda y: None if y is None else ops.convert_to_tensor(y[part.rows]), labels
            )
            if self.parts[-1].valid < len(part.rows):
                real = np.arange(len(part.rows)) < part.valid
                weights = real * (len(part.rows) / part.valid)
                given["real"] = ops.convert_to_tensor(weights, "float32")
        return given

    def _function(
        self, plans: Sequence[Plan], captions: bool, arguments: tuple[Any, ...]
    ) -> Callable[..., dict[str, Any]]:
        """The compiled pass of these views; made at the first call, for arguments of its kind."""
        key = self._key(plans, captions)
        if key not in self._functions:
            self.traces += self._backend.eager

            def run(state: Any, inputs: Any, given: Any, iterations: Any, memory: Any) -> Any:
                self.traces += not self._backend.eager
                chunk = Chunk(
                    inputs,
                    given.get("labels"),
                    given["first"],
                    given["share"],
                    given.get("real"),
                    iterations,
                    given.get("rows"),
                )
                return self._pass(plans, captions, state, chunk, given["classes"], memory)

            self._functions[key] = self._backend.compile(run, self._model.variables, arguments)
            self._served[key] = list(plans), captions
        return self._functions[key]

    def _pass(
        self,
        plans: Sequence[Plan],
        captions: bool,
        state: Any,
        chunk: Chunk,
        classes: dict[str, Any],
        memory: dict[str, Any],
    ) -> dict[str, Any]:
        """The compiled function: the shared forward and backward, then every view's `reduce`."""
        demand = add(plans)
        subject = Subject(
            self._model, self._survey, self._probe, self._backend, state, chunk, self._progress
        )
        given = [classes.get(str(i)) for i in range(len(demand.targets))]
        if self._survey.outputs:
            result = look_at(subject, demand, given, subject.drawn)
        else:
            result = Result(None)
        found: dict[str, Any] = {}
        for plan in plans:
            entry: dict[str, Any] = {"arrays": {}, "memory": {}, "explained": {}}
            for target, name in zip(plan.targets, plan.names):
                which = demand.targets.index(target) if target else 0
                once = plan.request.once
                seen = see(subject, result, which, target, plan.layers, memory[plan.name], once)
                reduced = plan.reduce(seen)
                if isinstance(reduced, Reduced):
                    entry["memory"] |= reduced.memory
                    reduced = reduced.arrays
                entry["arrays"] |= {
                    as_key(key).at(name) if name else key: value for key, value in reduced.items()
                }
                if target is not None:
                    entry["explained"][name] = explained(seen)
            found[plan.name] = entry
        if captions:
            found[OUTPUTS] = answers(result.outputs[self.spoken], self._survey.outputs[self.spoken])
        return found


def _work(plans: Sequence[Plan]) -> int:
    """The work of a shared pass, in forward passes: a backward pass counts as two."""
    demand = add(plans)
    slopes = len(demand.targets) if demand.asks("gradients", "input_gradient") else 0
    return 1 + 2 * slopes + 2 * demand.asks("loss")
