"""The observer: one traced pass over the probe for all views that are due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from keras import ops

from kerasvis2.layers import LayerInfo, select, tree
from kerasvis2.observe.chunks import Chunk, at_once, chunks
from kerasvis2.observe.loss import check_loss
from kerasvis2.observe.outputs import Output
from kerasvis2.observe.seen import Glance, Lens, Moment, see
from kerasvis2.observe.survey import Survey, survey
from kerasvis2.observe.targets import Target, labels_for, predicted, resolve

if TYPE_CHECKING:
    from kerasvis2.observe.progress import Progress
    from kerasvis2.probe import Probe
    from kerasvis2.views.base import Needs, View

OUTPUTS = "outputs"  # the observer's own entry in what a pass returns, beside the views'


@dataclass(frozen=True)
class Plan:
    """A view with everything it asked for found in the model."""

    name: str
    view: View
    needs: Needs
    layers: list[LayerInfo]
    targets: list[Target | None]
    reduce: Callable[[Any], dict[str, Any]]


@dataclass
class Observation:
    """What one look brought home: tensors, not yet fetched from the device.

    Attributes:
        chunks: per chunk of the probe, entry name → key → tensor.
        valid: how many images of each chunk are real; the last one is filled up.
        per_image: entry names whose arrays have the image as their first axis.
        nbytes: size of all of it.
    """

    chunks: list[dict[str, dict[str, Any]]]
    valid: list[int]
    per_image: dict[str, bool]
    nbytes: int

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """One entry's arrays, the chunks joined. Waits for the device."""
        parts = [chunk[name] for chunk in self.chunks if name in chunk]
        if not parts:
            return {}
        if not self.per_image[name]:
            return {key: _host(tensor) for key, tensor in parts[0].items()}
        joined = {}
        for key in parts[0]:
            if not parts[0][key].shape.rank:
                joined[key] = _host(parts[-1][key])
                continue
            pieces = [_host(part[key])[:n] for part, n in zip(parts, self.valid)]
            joined[key] = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        return joined


def _host(tensor: Any) -> np.ndarray:
    array = np.asarray(tensor)
    return array.astype("float32") if array.dtype.kind == "f" else array


class Observer:
    """Looks at a model through a probe.

    Every set of views that is due together is one traced function: one forward and one backward
    pass (one backward more for each further target) give all of them what they need. It is
    traced once, and reads the weights as they are at each call.

    Args:
        model: a Keras model; one that is not built yet is built on the probe.
        probe: the images, or None where no view needs them.
        batch_size: look at so many images at a time; if None, all at once, as long as the layer
            outputs that the views read are not too large (see `kerasvis2.observe.chunks`).
        progress: where to show how far a look has come; None for nowhere.

    Attributes:
        survey: what is known of the model.
        truth: (N,) the class indices that captions give as true, or None.
        traces: how often a pass was traced.
    """

    def __init__(
        self,
        model: Any,
        probe: Probe | None,
        batch_size: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        if batch_size is not None and (int(batch_size) != batch_size or batch_size < 1):
            raise ValueError(f"batch_size={batch_size!r}: give a number of images, or None.")
        self.model = model
        self.probe = probe
        self.traces = 0
        if probe is not None:
            probe.check(model)
        self.survey: Survey = survey(model, None if probe is None else probe.inputs)
        self.spoken, self.truth = _spoken(self.survey, probe)
        self._batch_size = batch_size
        self._progress = progress
        self._kept: dict[str, LayerInfo] = {}
        # Without a probe there is one look, at the weights alone.
        self._chunks: list[Chunk] = [(None, None, 0)]
        self._given: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._nbytes: dict[tuple[Any, ...], int] = {}
        self._divide()
        self._functions: dict[tuple[str, ...], Any] = {}
        self._memory: dict[str, dict[str, Any]] = {}

    def fits(self, model: Any) -> bool:
        """Whether this observer still holds for a model: the same one with the same layers."""
        return model is self.model and [info.layer for info in tree(model)] == [
            info.layer for info in self.survey.layers
        ]

    def plan(self, view: View, name: str, whole: bool = False) -> Plan:
        """Finds what a view needs in the model; raises `ValueError` where it is not there.

        Args:
            view: the view.
            name: its entry in what `look` returns.
            whole: take the raw tensors of `view.whole` instead of those of `view.reduce`.
        """
        needs = view.needs(self.model, self.probe)
        if needs.loss:
            check_loss(self.model, self.probe)
        if needs.probe and self.probe is None:
            raise ValueError(f"{type(view).__name__} needs a probe: the images to look at.")
        layers: list[LayerInfo] = []
        if needs.uses_layers:
            layers = select(
                self.survey.layers,
                needs.layers,
                fits=lambda info: (
                    (info.shape is not None or not needs.captures) and needs.fits(info)
                ),
                default=needs.default,
                what=needs.what,
            )
        outputs = self.survey.outputs
        targets = [resolve(spec, outputs, self.probe) for spec in needs.targets]
        reduce = view.whole if whole else view.reduce
        if needs.captures and not self._functions:  # what is traced keeps its batch
            self._kept.update({info.path: info for info in layers})
            self._divide()
        memory = view.memory(layers, self.probe)
        self._memory[name] = {key: tf.constant(value) for key, value in memory.items()}
        return Plan(name, view, needs, layers, list(targets) or [None], reduce)

    def look(
        self, plans: Sequence[Plan], with_outputs: bool = True, remember: bool = True
    ) -> Observation:
        """Looks at the probe once for all the plans.

        Args:
            plans: the views that are due.
            with_outputs: also fetch what captions say: predicted classes and probabilities.
            remember: keep what the views want to find again next time.
        """
        per_image = {plan.name: plan.needs.per_image for plan in plans} | {OUTPUTS: True}
        parts: list[dict[str, dict[str, Any]]] = []
        memory = {plan.name: self._memory[plan.name] for plan in plans}
        if self._progress is not None:
            self._progress.begin(len(self._chunks))
        for i, (inputs, *_) in enumerate(self._chunks):
            found: dict[str, dict[str, Any]] = {}
            for group, captions in self._groups(plans, with_outputs):
                if i and not captions and not any(plan.needs.per_image for plan in group):
                    continue
                arguments = (inputs, *self._arguments(group, i, memory))
                found |= self._function(group, captions, arguments)(*arguments)
            for name in memory.keys() & found.keys():
                memory[name] = {key: found[name].pop(key, v) for key, v in memory[name].items()}
            parts.append(found)
        if remember:
            self._memory.update(memory)
        # The same at every look, and thousands of shapes to ask for.
        key = (with_outputs, *per_image)
        if key not in self._nbytes:
            flat = tf.nest.flatten(parts)
            self._nbytes[key] = sum(t.shape.num_elements() * t.dtype.size for t in flat)
        valid = [valid for *_, valid in self._chunks]
        return Observation(parts, valid, per_image, self._nbytes[key])

    def _divide(self) -> None:
        """Divides the probe into chunks."""
        if self.probe is None:
            return
        kept = [info.shape or () for p, info in self._kept.items() for _ in self.survey.keys[p]]
        size = self._batch_size or at_once(self.probe.size, kept)
        if self._chunks[0][1] is None or min(size, self.probe.size) != len(self._chunks[0][1]):
            self._chunks = list(chunks(self.probe, size))
            self._given = {}
            self._nbytes = {}

    def trace(self, plans: Sequence[Plan], with_outputs: bool = True) -> None:
        """Traces what `look` will call, without computing anything."""
        inputs, *_ = self._chunks[0]
        for group, captions in self._groups(plans, with_outputs):
            arguments = (inputs, *self._arguments(group, 0, self._memory))
            self._function(group, captions, arguments)

    def _groups(
        self, plans: Sequence[Plan], with_outputs: bool
    ) -> Iterator[tuple[list[Plan], bool]]:
        """Who shares a traced function: one for all, and one for each with passes of its own."""
        shared = [plan for plan in plans if not plan.needs.own_pass]
        captions = with_outputs and self.probe is not None
        if shared or captions:
            yield shared, captions
        yield from (([plan], False) for plan in plans if plan.needs.own_pass)

    def _arguments(
        self, plans: Sequence[Plan], chunk: int, memory: dict[str, dict[str, Any]]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is given of a chunk beside its inputs, and the views' memories."""
        key = (chunk, *(plan.name for plan in plans))
        if key not in self._given:
            self._given[key] = self._constants(plans, chunk)
        return self._given[key], {plan.name: memory[plan.name] for plan in plans}

    def _constants(self, plans: Sequence[Plan], chunk: int) -> dict[str, Any]:
        """What is given of a chunk beside its inputs: the same at every look."""
        _, rows, valid = self._chunks[chunk]
        size = 1 if self.probe is None else self.probe.size
        given: dict[str, Any] = {
            "first": tf.constant(chunk == 0),
            "share": tf.constant(valid / size, "float32"),
            "classes": {
                str(i): tf.constant(target.classes[rows], "int32")
                for i, target in enumerate(_distinct(plans))
                if target.classes is not None
            },
        }
        if rows is not None:
            given["rows"] = tf.constant(rows, "int32")
        if any(plan.needs.loss for plan in plans):
            assert self.probe is not None, "see check_loss"
            given["labels"] = tf.nest.map_structure(
                lambda y: tf.constant(y[rows]), self.probe.labels
            )
            if self._chunks[-1][2] < len(rows):
                real = (np.arange(len(rows)) < valid) * (len(rows) / valid)
                given["real"] = tf.constant(real, "float32")
        return given

    def _function(
        self, plans: Sequence[Plan], captions: bool, arguments: tuple[Any, ...]
    ) -> Callable[..., dict[str, dict[str, Any]]]:
        """The traced pass of these views; traced on the first call, with arguments of its kind."""
        key = (*(plan.name for plan in plans), OUTPUTS if captions else "")
        if key not in self._functions:

            def run(inputs: Any, given: dict[str, Any], memory: dict[str, Any]) -> Any:
                self.traces += 1
                return self._pass(plans, inputs, given, memory, captions)

            traced = tf.function(run, autograph=False)
            self._functions[key] = traced.get_concrete_function(*arguments)
        return self._functions[key]

    def _pass(
        self, plans: Sequence[Plan], inputs: Any, given: Any, memory: Any, with_outputs: bool
    ) -> dict[str, dict[str, Any]]:
        """The traced function: the shared forward and backward, then every view's `reduce`."""
        result: dict[str, dict[str, Any]] = {}
        targets = _distinct(plans)
        steps = getattr(getattr(self.model, "optimizer", None), "iterations", 0)
        moment = Moment(
            given["first"],
            given["share"],
            given.get("real"),
            ops.cast(steps, "int32"),
            given.get("rows"),
        )
        lens = Lens(
            self.model,
            self.survey,
            self.probe,
            inputs,
            given.get("labels"),
            moment,
            self._progress,
        )
        if self.probe is None:
            glance = Glance(None, [], {}, [], [])
        else:
            wanted = {info.path for p in plans if p.needs.captures for info in p.layers}
            weighted = {info.path for p in plans if p.needs.loss for info in p.layers}
            glance = lens.glance(
                lens.drawn,
                [info for info in self.survey.layers if info.path in wanted],
                targets,
                [given["classes"].get(str(i)) for i in range(len(targets))],
                layer_gradients=any(plan.needs.gradients for plan in plans),
                input_gradient=any(plan.needs.input_gradient for plan in plans),
                attention=any(plan.needs.attention for plan in plans),
                weighted=[info for info in self.survey.layers if info.path in weighted],
            )
        for plan in plans:
            entry: dict[str, Any] = {}
            for target in plan.targets:
                which = targets.index(target) if target else 0
                seen = see(lens, glance, which, target, plan.layers, memory[plan.name])
                suffix = f"@{target.key}" if target and plan.needs.named_targets else ""
                entry |= {key + suffix: value for key, value in plan.reduce(seen).items()}
            result[plan.name] = entry
        if with_outputs and self.probe is not None:
            result[OUTPUTS] = _captions(glance.outputs[self.spoken], self.truth is not None)
        return result


def _distinct(plans: Sequence[Plan]) -> list[Target]:
    """Every target once, so that views with the same one share its backward pass."""
    found: list[Target] = []
    for plan in plans:
        for target in plan.targets:
            if target is not None and target not in found:
                found.append(target)
    return found


def _spoken(survey: Survey, probe: Probe | None) -> tuple[int, np.ndarray | None]:
    """The output that captions speak of, the first with labels, and its true classes."""
    for i in range(len(survey.outputs)):
        truth = labels_for(i, survey.outputs, probe)
        if truth is not None:
            return i, truth
    return 0, None


def _captions(output: Output, labelled: bool) -> dict[str, Any]:
    """Predicted class and its probability per image."""
    logits = ops.cast(output.logits, "float32")
    rank, units = len(logits.shape), logits.shape[-1]
    if units == 1 and rank <= 2 and output.head == "linear" and not labelled:
        return {"value": ops.reshape(logits, (-1,))}
    classes = predicted(logits)
    found = {"predicted": classes}
    if rank == 2 and units > 1:
        squash = ops.sigmoid if output.head == "sigmoid" else ops.softmax
        found["probabilities"] = squash(logits)
        found["probability"] = ops.max(found["probabilities"], axis=-1)
    elif rank <= 2:
        sure = ops.sigmoid(ops.reshape(logits, (-1,)))
        found["probability"] = ops.where(classes > 0, sure, 1 - sure)
    return found
