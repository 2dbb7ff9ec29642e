"""A model and a probe: compiled passes that are kept as long as they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.choosing import select
from kerasvis2.drawing import Arrays, Gallery, tag_of
from kerasvis2.layers import LayerInfo
from kerasvis2.observe.backend import backend, untraced
from kerasvis2.observe.captions import describe
from kerasvis2.observe.compiled import Compiled
from kerasvis2.observe.look import OUTPUTS, Look, nbytes
from kerasvis2.observe.loss import check_loss
from kerasvis2.observe.progress import watched
from kerasvis2.observe.request import Plan
from kerasvis2.observe.state import changed, counter, frozen, state_of
from kerasvis2.observe.structures import still_fits
from kerasvis2.observe.survey import is_built, survey
from kerasvis2.observe.targets import distinct, resolve

if TYPE_CHECKING:
    from kerasvis2.probe import Probe
    from kerasvis2.views.base import View


class Session:
    """A model and a probe to look at it with, for many looks.

        session = kv.Session(model, probe)
        maps = session.compute(kv.GradCAM())

    Every set of views that is due together is one compiled function: one forward and one backward
    pass (one backward more for each further target) give all of them what they need. It is
    compiled once, and reads the weights as they are at each call. What else a pass depends on (the
    layers, `trainable`, `compile`, attributes and activations) is compared at every call; where it
    changed, everything is traced anew.

    Args:
        model: a Keras model; one that is not built yet is built on the probe.
        probe: the images, or None where no view needs them.
        batch_size: look at so many images at a time; if None, all at once, as long as the layer
            outputs that the views read are not too large.
        progress: on a terminal, show how far a long pass has come.

    Attributes:
        model: the model.
        probe: the probe.
        survey: what is known of the model.

    Raises:
        ValueError: where the probe does not fit the model.

    Examples:
        >>> session = kv.Session(model, probe)
        >>> maps = session.compute(kv.GradCAM())
        >>> pictures = session.render(kv.Saliency(target="predicted"))
        >>> [(tag, picture.dtype.name) for tag, picture in pictures.items()]
        [('saliency/00_input@predicted', 'uint8')]
    """

    def __init__(
        self,
        model: Any,
        probe: Probe | None = None,
        batch_size: int | None = None,
        *,
        progress: bool = True,
    ) -> None:
        if batch_size is not None and (int(batch_size) != batch_size or batch_size < 1):
            raise ValueError(f"batch_size={batch_size!r}: give a number of images, or None.")
        self.model = model
        self.probe = None if probe is None else probe.prepared(model)
        self._backend = backend()
        self._batch_size = batch_size
        self._progress = watched(self._backend) if progress else None
        self._plans: dict[str, Plan] = {}
        self._asked: dict[str, tuple[View, bool, Any]] = {}
        self._memory: dict[str, dict[str, Any]] = {}
        self._counted: tuple[Any, int] = (getattr(model, "optimizer", None), 0)
        if self.probe is not None:
            self.probe.check(model)
        self._survey_model()

    # For one view.

    def compute(self, view: View) -> Arrays:
        """Raw float32 arrays by key, nothing resized and nothing normalised."""
        name = self._one(view, whole=True)
        return self.look([name], with_outputs=False, remember=False).arrays(name)

    def render(self, view: View) -> Gallery:
        """The pictures that a `Monitor` would log, uint8 (H, W, 3) by tag."""
        name = self._one(view, whole=False)
        look = self.look([name], remember=False)
        about = describe(look, name, self.probe)
        drawing = view.draw(look.arrays(name), about)
        return Gallery(
            (tag_of(view.name, key, about.layers), picture.pixels)
            for key, picture in drawing.pictures.items()
        )

    def refresh(self) -> dict[str, Exception]:
        """Traces everything anew at the next look, whatever has changed.

        Returns:
            The views that do not fit the model any more, by name, and why.
        """
        optimizer, before = self._counted
        now = getattr(self.model, "optimizer", None)
        if now is not optimizer and optimizer is not None:
            count = counter(optimizer)
            before += 0 if count is None else int(self._backend.number(count))
        self._counted = now, before
        memory = self._memory
        failed: dict[str, Exception] = {}
        self._survey_model()
        for name, (view, whole, _) in list(self._asked.items()):
            try:
                self.add(view, name, whole)
            except Exception as error:
                del self._asked[name]
                self._plans.pop(name, None)
                failed[name] = error
                continue
            self._memory[name] |= still_fits(memory.get(name, {}), self._memory[name])
        return failed

    # For many.

    def _labels(self) -> np.ndarray | None:
        """The labels of the output that captions speak of, or None."""
        outputs, place = self.survey.outputs, self._compiled.spoken
        if not outputs or self.probe is None:
            return None
        return self.probe.labels_of(outputs[place].name, place)

    @property
    def traces(self) -> int:
        """How often a pass was traced since the session was last refreshed."""
        return self._compiled.traces

    def renew(self) -> dict[str, Exception]:
        """`refresh`, if anything changed that a pass depends on; otherwise nothing."""
        return self.refresh() if changed(self._state, state_of(self.model)) else {}

    def add(self, view: View, name: str, whole: bool = False) -> Plan:
        """Finds what a view needs in the model; raises `ValueError` where it is not there.

        Args:
            view: the view.
            name: what `look` knows it by.
            whole: take the raw tensors of `view.whole` instead of those of `view.reduce`.
        """
        request = view.needs(self.model, self.probe)
        if request.probe and self.survey.why:  # perhaps the weights alone will do
            alone = view.needs(self.model, None)
            request = request if alone.probe else alone
        if request.loss:
            check_loss(self.model, self.probe)
        if request.probe and self.probe is None:
            raise ValueError(f"{type(view).__name__} needs a probe: the images to look at.")
        if request.probe and self.survey.why:
            raise ValueError(f"{type(view).__name__}: {self.survey.why}.")
        layers: list[LayerInfo] = []
        if request.uses_layers:
            layers = select(
                self.survey.layers,
                request.layers,
                fits=lambda info: (
                    (info.shape is not None or not request.captures) and request.fits(info)
                ),
                default=request.default,
                what=request.what,
            )
        targets = [resolve(spec, self.survey.outputs, self.probe) for spec in request.targets]
        names = distinct(targets) if request.named_targets else ["" for _ in targets]
        plan = Plan(
            name,
            view,
            request,
            layers,
            list(targets) or [None],
            names or [""],
            view.whole if whole else view.reduce,
        )
        self._compiled.forget(name)
        self._nbytes: dict[tuple[Any, ...], int] = {}
        self._plans[name] = plan
        self._asked[name] = view, whole, frozen(vars(view))
        self._compiled.divide(list(self._plans.values()))
        memory = view.memory(layers, self.probe)
        self._memory[name] = {key: ops.convert_to_tensor(value) for key, value in memory.items()}
        return plan

    def trace(self, names: Sequence[str], with_outputs: bool = True) -> None:
        """Compiles what `look` will call, without computing anything."""
        plans = [self._plans[name] for name in names]
        self._compiled.prepare(plans, with_outputs, self._memory, self._iterations())

    def forget(self, name: str) -> None:
        """A view is not looked at any more: what was compiled for it and others goes."""
        self._compiled.forget(name)

    def look(
        self,
        names: Sequence[str],
        with_outputs: bool = True,
        remember: bool = True,
        alone: bool = False,
    ) -> Look:
        """Looks at the probe once for all the views.

        Args:
            names: the views that are due.
            with_outputs: also fetch what captions say: predicted classes and probabilities.
            remember: keep what the views want to find again next time.
            alone: run nothing for other views, as what was compiled for more might.
        """
        plans = [self._plans[name] for name in names]
        per_image = {plan.name: plan.request.per_image for plan in plans} | {OUTPUTS: True}
        memory = dict(self._memory)
        steps, parts = self._iterations(), self._compiled.parts
        if self._progress is not None:
            again = any(plan.request.per_image for plan in plans)
            self._progress.begin(len(parts) if again else 1)
        chunks: list[dict[str, Any]] = []
        for i in range(len(parts)):
            found = self._compiled.run(plans, with_outputs, memory, steps, i, alone)
            for name in memory.keys() & found.keys():
                memory[name] = memory[name] | found[name].pop("memory")
            chunks.append(found)
        if remember:
            self._memory = memory
        key = (with_outputs, *names)  # the same at every look, and thousands of shapes to ask for
        if key not in self._nbytes:
            self._nbytes[key] = nbytes(chunks)
        return Look(
            chunks,
            [part.valid for part in parts],
            per_image,
            self._nbytes[key],
            self.survey.facts,
            [output.task for output in self.survey.outputs],
            self._compiled.spoken,
            self._labels(),
            {
                plan.name: {n: t for n, t in zip(plan.names, plan.targets) if t is not None}
                for plan in plans
            },
            self.survey.wiring,
        )

    # How.

    def _survey_model(self) -> None:
        self._backend = backend()
        self.survey = survey(self.model, self.probe, self._backend)
        eager = untraced() if self.survey.why else None
        if eager is not None and is_built(self.model):
            found = survey(self.model, self.probe, eager)
            if not found.why:
                self.survey, self._backend = found, eager
        self._state = state_of(self.model)  # after: a model that was not built yet has changed
        self._compiled = Compiled(
            self.model,
            self.survey,
            self.probe,
            self._batch_size,
            self._backend,
            self._progress,
        )
        self._nbytes = {}
        self._plans = {}
        self._memory = {}

    def _one(self, view: View, whole: bool) -> str:
        """The name that a view alone is known by; new if anything it depends on changed."""
        self.renew()
        for name, (known, raw, settings) in self._asked.items():
            if known is view and raw == whole and settings == frozen(vars(view)):
                return name
        name = next(
            (n for n, (known, raw, _) in self._asked.items() if known is view and raw == whole),
            f"{view.name} {len(self._asked)}",
        )
        self.add(view, name, whole)
        return name

    def _iterations(self) -> Any:
        """How many steps were made, over all optimizers that the model was compiled with."""
        optimizer, before = self._counted
        count = counter(optimizer)
        if count is None:
            return ops.convert_to_tensor(before, "int32")
        return ops.cast(self._backend.read(count), "int32") + before
