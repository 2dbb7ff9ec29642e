"""The pass: one forward pass of a batch, and one backward pass per target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import keras
from keras import ops, tree

from kerasvis2.keys import Key
from kerasvis2.layers import is_attention
from kerasvis2.observe.attention import attending
from kerasvis2.observe.backend import Backend, Notes
from kerasvis2.observe.capture import capturing
from kerasvis2.observe.chunks import Chunk
from kerasvis2.observe.loss import loss_of
from kerasvis2.observe.outputs import Output, outputs_of
from kerasvis2.observe.request import Demand
from kerasvis2.observe.structures import exchanged
from kerasvis2.observe.survey import Survey
from kerasvis2.observe.targets import Target, scores

if TYPE_CHECKING:
    from kerasvis2.observe.progress import Progress
    from kerasvis2.probe import Probe

# Gradients of float16 layers are small enough to vanish; they are taken of a multiple of the
# score and divided again in float32.
_HALF_SCALE = 1024.0


@dataclass(frozen=True)
class Subject:
    """What is looked at, inside a compiled function.

    Attributes:
        model: the Keras model.
        survey: what is known of it.
        probe: the probe; it says which of several inputs is the drawn one.
        backend: what the model runs on.
        state: what stands for the model's variables (see `Backend.compile`).
        chunk: the batch, and where in training and probe it is.
        progress: where loops show how far they are, or None.
    """

    model: Any
    survey: Survey
    probe: Probe | None
    backend: Backend
    state: Sequence[tuple[Any, Any]]
    chunk: Chunk
    progress: Progress | None = None

    @property
    def image_key(self) -> Any:
        """Which of several inputs is the drawn one; None for a single input."""
        return None if self.probe is None else self.probe.image_key

    @property
    def given(self) -> Any:
        """The drawn input as the model is given it."""
        inputs = self.chunk.inputs
        return inputs if self.image_key is None else inputs[self.image_key]

    @property
    def drawn(self) -> Any:
        """The drawn input as float32, so that a gradient can be taken; words as they are."""
        words = self.probe is not None and self.probe.kind == "text"
        return self.given if words else ops.cast(self.given, "float32")

    def batch(self, images: Any, rows: Any | None) -> Any:
        """What to call the model with, so that it sees these images.

        Args:
            images: in place of the drawn input.
            rows: which image of the chunk each has its other inputs from.
        """
        images = self._as_given(images)
        if self.image_key is None:
            return images
        keep = (lambda x: x) if rows is None else (lambda x: ops.take(x, rows, axis=0))
        if isinstance(self.chunk.inputs, dict):
            batch = {name: keep(value) for name, value in self.chunk.inputs.items()}
            batch[self.image_key] = images
            return batch
        listed = [keep(value) for value in self.chunk.inputs]
        listed[self.image_key] = images
        return listed

    def _as_given(self, images: Any) -> Any:
        """Whole numbers as such, so that they can be looked up; pixels keep their gradient."""
        pictured = self.probe is not None and self.probe.images is not None
        dtype = keras.backend.standardize_dtype(self.given.dtype)
        whole = "int" in dtype or dtype == "bool"
        return ops.cast(images, dtype) if whole and not pictured else images


@dataclass(frozen=True)
class Result:
    """What a pass gave: tensors of the layers' own dtypes, gradients in float32.

    Attributes:
        inputs: the images.
        outputs: the model's outputs.
        activations: layers' outputs by key.
        heads: of each output the keys of the layers that give it or its logits.
        rectified: what a ReLU made of an activation that goes nowhere else.
        attention: weights of attention layers by key.
        classes: of each target the (n,) classes, or None.
        scores: of each target the (n,) scores.
        gradients: of each target, by key.
        input_gradients: of each target.
        loss_gradients: of the loss, by layer path, in the order of the layer's trainable weights.
    """

    inputs: Any
    outputs: list[Output] = field(default_factory=list)
    activations: dict[Key, Any] = field(default_factory=dict)
    heads: list[frozenset[Key]] = field(default_factory=list)
    rectified: dict[Key, Any] = field(default_factory=dict)
    attention: dict[Key, Any] = field(default_factory=dict)
    classes: list[Any] = field(default_factory=list)
    scores: list[Any] = field(default_factory=list)
    gradients: list[dict[Key, Any]] = field(default_factory=list)
    input_gradients: list[Any] = field(default_factory=list)
    loss_gradients: dict[str, list[Any]] = field(default_factory=dict)


def look_at(
    subject: Subject,
    demand: Demand,
    classes: Sequence[Any],
    images: Any,
    *,
    rows: Any | None = None,
    relu: str | None = None,
    instead: Mapping[Key, Any] | None = None,
) -> Result:
    """One forward pass, and one backward pass per target where gradients are asked for.

    Args:
        subject: what is looked at.
        demand: what the pass has to do.
        classes: of each target the (n,) classes, None where it takes the predicted ones.
        images: (n, …) float32 in the model's units.
        rows: (n,) which image of the chunk each has its other inputs from; None: its own place.
        relu: how gradients pass a ReLU, "guided" or "deconvnet".
        instead: what takes the place of a layer's output.
    """
    backend, model = subject.backend, subject.model
    caught = demand.of("outputs", "gradients", "attention")
    attentive = [info for info in demand.of("attention") if is_attention(info)]
    variables = {i.path: list(i.layer.trainable_weights) for i in demand.of("loss")}
    weights = tree.map_structure(backend.read, variables)
    pairs = [*zip(tree.flatten(variables), tree.flatten(weights))]
    factor = _HALF_SCALE if subject.survey.half else 1.0
    everyone = [model, *(info.layer for info in subject.survey.layers)]
    known: Result = Result(images)

    def run(images: Any, weights: Any, hook: Any) -> tuple[list[Any], Any, Any]:
        nonlocal known
        found: dict[Key, Any] = {}
        attended: dict[Key, Any] = {}

        def keep(key: Key, tensor: Any) -> Any:
            found[key] = hook(key, (instead or {}).get(key, tensor))
            return found[key]

        stand_ins = {id(v): (v, value) for v, value in subject.state}
        mine = zip((v for v, _ in pairs), tree.flatten(weights))
        stand_ins |= {id(v): (v, value) for v, value in mine}
        batch = subject.batch(images, rows)
        with (
            keras.StatelessScope(state_mapping=list(stand_ins.values())),
            backend.notes() as notes,
            backend.relu_rule(relu, everyone),
            capturing(backend, everyone, caught, keep),
            attending(backend, attentive, attended),
        ):
            returned = model(batch, training=False)
            loss = None
            if variables:
                labels, real = subject.chunk.labels, subject.chunk.real
                loss = loss_of(model, batch, labels, returned, real) * factor
            outputs = outputs_of(model, returned, notes)
        logits = exchanged(returned, tree.flatten(returned), [o.logits for o in outputs])
        chosen = [_classes(t, outputs, given) for t, given in zip(demand.targets, classes)]
        scored = [scores(t, outputs, c, logits) for t, c in zip(demand.targets, chosen)]
        known = Result(
            images,
            outputs,
            heads=[_given_by(output, found) for output in outputs],
            classes=chosen,
        )
        rest = {
            "outputs": [(output.value, output.logits) for output in outputs],
            "rectified": _rectified(notes, found),
            "attention": attended,
            "classes": [c for c in chosen if c is not None],
            "scores": scored,
        }
        return [ops.sum(score) * factor for score in scored], loss, rest

    recorded = backend.record(
        run,
        images,
        weights,
        layers=demand.asks("gradients"),
        inputs=demand.asks("input_gradient"),
        ruled=relu is not None,
    )
    rest = recorded.rest
    again = iter(rest["classes"])
    return replace(
        known,
        inputs=images,
        outputs=[
            replace(output, value=value, logits=logits, trail=())
            for output, (value, logits) in zip(known.outputs, rest["outputs"])
        ],
        activations=recorded.captured,
        rectified=rest["rectified"],
        attention=rest["attention"],
        classes=[None if c is None else next(again) for c in known.classes],
        scores=rest["scores"],
        gradients=[_full(g, recorded.captured, factor) for g in recorded.layer_gradients],
        input_gradients=[_followed(g, factor) for g in recorded.input_gradients],
        loss_gradients={
            path: [_plain(g, factor) for g in each]
            for path, each in (recorded.loss_gradients or {}).items()
        },
    )


def _classes(target: Target, outputs: Sequence[Output], given: Any) -> Any:
    if target.function is not None or target.itself:
        return None
    guess = target.predicted(outputs)
    return guess if given is None else ops.where(ops.less(given, 0), guess, given)


def _given_by(output: Output, found: dict[Key, Any]) -> frozenset[Key]:
    trail = [id(tensor) for tensor in output.trail]
    return frozenset(key for key, tensor in found.items() if id(tensor) in trail)


def _rectified(notes: Notes, found: dict[Key, Any]) -> dict[Key, Any]:
    cut = {key: notes.rectified(tensor) for key, tensor in found.items()}
    return {key: tensor for key, tensor in cut.items() if tensor is not None}


def _plain(gradient: Any, factor: float) -> Any:
    return ops.zeros(()) if gradient is None else ops.cast(gradient, "float32") / factor


def _full(gradients: dict[Key, Any], like: dict[Key, Any], factor: float) -> dict[Key, Any]:
    """None only ever for integer tensors, or for what does not lead to the score: zeros."""
    return {
        key: ops.zeros_like(tensor, dtype="float32")
        if gradients[key] is None
        else ops.cast(gradients[key], "float32") / factor
        for key, tensor in like.items()
    }


def _followed(gradient: Any, factor: float) -> Any:
    if gradient is None:
        raise ValueError(
            "The score does not depend on the input in a way that can be differentiated: "
            "the model casts it to integers, or the target ignores it. Give the model a "
            "float input, or use a view without input gradients."
        )
    return ops.cast(gradient, "float32") / factor
