"""One look at a batch: a forward pass, and one backward pass per target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf
from keras import ops

from kerasvis2.layers import LayerInfo, is_attention
from kerasvis2.observe.attention import attending
from kerasvis2.observe.capture import watching
from kerasvis2.observe.loss import loss_of
from kerasvis2.observe.outputs import Output, outputs_of
from kerasvis2.observe.relu import relu_rule
from kerasvis2.observe.survey import Survey
from kerasvis2.observe.targets import Target, predicted, scores

if TYPE_CHECKING:
    from kerasvis2.observe.progress import Progress
    from kerasvis2.probe import Probe

# Gradients of float16 layers are small enough to vanish; they are taken of a multiple of the
# score and divided again in float32.
_HALF_SCALE = 1024.0


@dataclass(frozen=True)
class Moment:
    """Where in the training and in the probe a pass is; scalar tensors.

    Attributes:
        first: bool, whether this is the first chunk of the probe.
        share: float, how much of the probe the real images of this chunk are; 1 without chunks.
        real: (n,) float weights of mean 1 that are 0 for the images a chunk was filled up with;
            None where no chunk is.
        iterations: int, how many steps the optimizer has made.
        rows: (n,) int, which images of the probe these are; None without a probe.
    """

    first: Any
    share: Any
    real: Any
    iterations: Any
    rows: Any


@dataclass(frozen=True)
class Seen:
    """What a view sees inside the traced pass; all tensors, float32.

    Attributes:
        inputs: (n, H, W, C) the drawn input, in the model's units.
        activations: a layer's output by key: its path, and `path:2`, … for later calls of a
            layer that is shared.
        gradients: ∂score/∂activation by the same keys.
        attention: (n, heads, T, S) weights of attention layers by the same keys, in the order of
            the calls; empty unless `Needs.attention`.
        input_gradient: ∂score/∂inputs.
        logits: (n, …, classes) of the output that the target looks at.
        heads: the keys of layers whose output is `logits`, or `logits` after their activation.
        head: "softmax", "sigmoid" or "linear", the activation that was bypassed for `logits`.
        classes: (n,) int32, the class that is scored, or None for a callable target.
        score: (n,) the target's score.
        layers: the Keras layer of each path that was asked for.
        feeds: which layers read a layer's output, by path.
        rectified: what a ReLU made of a layer's output, where that goes into a ReLU and nowhere
            else; by the same keys.
        loss_gradients: gradients of the model's loss by layer path, in the order of the layer's
            trainable weights; empty unless `Needs.loss`.
        moment: where in the training and in the probe this is.
        probe: the probe, for what is constant over the training.
        memory: what the view left behind last time (see `View.memory`).
        look: `look(images, rows=None, …)` → another `Seen` of other images: see `Lens.look`.
        turned: `turned(values, turns)` → `values`; in a loop of so many turns it shows that one
            more is done, where someone is watching.
    """

    inputs: Any
    activations: dict[str, Any]
    gradients: dict[str, Any]
    attention: dict[str, Any]
    input_gradient: Any
    logits: Any
    heads: frozenset[str]
    head: str
    classes: Any
    score: Any
    layers: dict[str, Any]
    feeds: dict[str, tuple[str, ...]]
    rectified: dict[str, Any]
    loss_gradients: dict[str, list[Any]]
    moment: Moment
    probe: Probe | None
    memory: dict[str, Any]
    look: Callable[..., Seen]
    turned: Callable[[Any, int], Any]

    @staticmethod
    def differentiate(function: Callable[..., Any]) -> Callable[..., Any]:
        """`function(params, *rest) -> (scalar, aux)` becomes `-> ((scalar, aux), gradients)`.

        Gradients come in the structure of `params`; what has no influence gets zeros.
        """

        def value_and_gradients(params: Any, *rest: Any) -> Any:
            flat = tf.nest.flatten(params)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                for leaf in flat:
                    tape.watch(leaf)
                value, aux = function(params, *rest)
            found = tape.gradient(value, flat, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return (value, aux), tf.nest.pack_sequence_as(params, found)

        return value_and_gradients


@dataclass(frozen=True)
class Glance:
    """The raw result of one forward pass and its backward passes."""

    inputs: Any
    outputs: list[Output]
    activations: dict[str, Any]
    classes: list[Any]
    scores: list[Any]
    gradients: list[dict[str, Any]] = field(default_factory=list)
    input_gradients: list[Any] = field(default_factory=list)
    attention: dict[str, Any] = field(default_factory=dict)
    rectified: dict[str, Any] = field(default_factory=dict)
    loss_gradients: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Lens:
    """How a model is looked at inside a traced function.

    Attributes:
        model: the Keras model.
        survey: what is known of it.
        probe: the probe; it says which of several inputs is the drawn one.
        inputs: the batch, in the structure the model is called with.
        labels: its labels in the model's own form, where the loss is asked for.
        moment: where in the training and in the probe this is.
        progress: where loops show how far they are, or None.
    """

    model: Any
    survey: Survey
    probe: Probe | None
    inputs: Any
    labels: Any
    moment: Moment
    progress: Progress | None = None

    @property
    def image_key(self) -> Any:
        """Which of several inputs is the drawn one; None for a single input."""
        return None if self.probe is None else self.probe.image_key

    @property
    def drawn(self) -> Any:
        """The drawn input as float32, so that a gradient can be taken."""
        picked = self.inputs if self.image_key is None else self.inputs[self.image_key]
        return ops.cast(picked, "float32")

    def _batch(self, images: Any, rows: Any | None) -> Any:
        if self.image_key is None:
            return images
        keep = (lambda x: x) if rows is None else (lambda x: ops.take(x, rows, axis=0))
        if isinstance(self.inputs, dict):
            batch = {name: keep(value) for name, value in self.inputs.items()}
            batch[self.image_key] = images
            return batch
        listed = [keep(value) for value in self.inputs]
        listed[self.image_key] = images
        return listed

    def glance(
        self,
        images: Any,
        infos: Sequence[LayerInfo],
        targets: Sequence[Target],
        classes: Sequence[Any],
        *,
        rows: Any | None = None,
        layer_gradients: bool = False,
        input_gradient: bool = False,
        relu: str | None = None,
        attention: bool = False,
        weighted: Sequence[LayerInfo] = (),
    ) -> Glance:
        """One forward pass of `images`, and one backward pass per target where asked.

        For the `weighted` layers also the gradients of the loss with respect to their weights.
        """
        activations: dict[str, Any] = {}
        attended: dict[str, Any] = {}
        wants = layer_gradients or input_gradient
        weights = {info.path: info.layer.trainable_weights for info in weighted}
        several = len(targets) + bool(weights) > 1

        with tf.GradientTape(persistent=several, watch_accessed_variables=False) as tape:

            def catch(key: str, tensor: Any) -> None:
                # A frozen layer above would otherwise end the tape's record here.
                if wants and tensor.dtype.is_floating:
                    tape.watch(tensor)
                activations[key] = tensor

            if input_gradient:
                tape.watch(images)
            for variable in tf.nest.flatten(weights):
                tape.watch(variable.value)
            batch = self._batch(images, rows)
            rule = relu_rule(relu, self.model)
            heads = attending(filter(is_attention, infos) if attention else (), attended)
            with keras.StatelessScope(), rule, watching(self.model, infos, catch), heads:
                returned = self.model(batch, training=False)
                if weights:
                    loss = loss_of(self.model, batch, self.labels, returned, self.moment.real)
            outputs = outputs_of(self.model, returned)
            logits = tf.nest.pack_sequence_as(returned, [output.logits for output in outputs])
            chosen = [_classes(target, outputs, given) for target, given in zip(targets, classes)]
            found = [
                scores(target, outputs, rows_of, logits) for target, rows_of in zip(targets, chosen)
            ]
            factor = _HALF_SCALE if self.survey.half else 1.0
            totals = [tf.reduce_sum(score) * factor for score in found]
            if weights:
                loss = loss * factor
        glance = Glance(
            images,
            outputs,
            activations,
            chosen,
            found,
            attention=attended,
            rectified={key: t for key, x in activations.items() for t in _rectified(x)},
        )
        if weights:
            raw = tape.gradient(loss, {k: [v.value for v in each] for k, each in weights.items()})
            for path, each in raw.items():
                full = [
                    tf.zeros(()) if g is None else tf.cast(g, tf.float32) / factor for g in each
                ]
                glance.loss_gradients[path] = full
        if not wants:
            return glance
        sources = list(activations) if layer_gradients else []
        tensors = [activations[key] for key in sources] + ([images] if input_gradient else [])
        for total in totals:
            # None (rather than zeros) only ever for integer tensors: there is nothing to follow.
            # A tape does not honour the rule, `tf.gradients` does.
            raw = tf.gradients(total, tensors) if relu else tape.gradient(total, tensors)
            full = [
                tf.zeros(t.shape) if g is None else tf.cast(g, tf.float32) / factor
                for g, t in zip(raw, tensors)
            ]
            glance.gradients.append(dict(zip(sources, full)))
            glance.input_gradients.append(full[-1] if input_gradient else None)
            if input_gradient and raw[-1] is None:
                raise ValueError(
                    "The score does not depend on the input in a way that can be differentiated: "
                    "the model casts it to integers, or the target ignores it. Give the model a "
                    "float input, or use a view without input gradients."
                )
        return glance


def _rectified(tensor: Any) -> list[Any]:
    """What comes out of the ReLU, a layer or the model's own code, that alone reads a tensor."""
    readers = tensor.consumers()
    if any(op.type not in ("Relu", "Relu6") for op in readers):
        return []
    return [op.outputs[0] for op in readers[:1]]


def _classes(target: Target, outputs: Sequence[Output], given: Any) -> Any:
    if target.function is not None or target.regression:
        return None
    return predicted(outputs[target.output].logits) if given is None else given


def see(
    lens: Lens,
    glance: Glance,
    which: int,
    target: Target | None,
    infos: Sequence[LayerInfo],
    memory: dict[str, Any],
) -> Seen:
    """The part of a glance that one view sees for one of its targets."""
    keys = [key for info in infos for key in lens.survey.keys[info.path]]
    keys = [key for key in keys if key in glance.activations]
    classes = glance.classes[which] if target else None

    def look(
        images: Any,
        rows: Any | None = None,
        *,
        outputs: bool = False,
        gradients: bool = False,
        input_gradient: bool = False,
        relu: str | None = None,
    ) -> Seen:
        """Looks at other images with the same capture, target and classes.

        Args:
            images: (m, H, W, C) float32 in the model's units.
            rows: (m,) which image of the batch each belongs to, so that it gets that one's class
                and other inputs; None where m = n and the order is the same.
            outputs: capture the layers' outputs.
            gradients: and the gradients with respect to them.
            input_gradient: and with respect to the images.
            relu: how gradients pass a ReLU, "guided" or "deconvnet" (see `relu_rule`).
        """
        caught = infos if outputs or gradients else ()
        given = classes
        if given is not None and rows is not None:
            given = ops.take(given, rows, axis=0)
        again = lens.glance(
            images,
            caught,
            [target] if target else [],
            [given],
            rows=rows,
            layer_gradients=gradients,
            input_gradient=input_gradient,
            relu=relu,
        )
        return see(lens, again, 0, target, caught, memory)

    grads = glance.gradients[which] if glance.gradients else {}
    cast = {key: ops.cast(glance.activations[key], "float32") for key in keys}
    output = glance.outputs[target.output if target else 0] if glance.outputs else None
    trail = [id(tensor) for tensor in output.trail] if output else []
    return Seen(
        inputs=glance.inputs,
        activations=cast,
        gradients={key: grads[key] for key in keys if key in grads},
        attention={k: ops.cast(v, "float32") for k, v in glance.attention.items() if k in keys},
        input_gradient=glance.input_gradients[which] if glance.input_gradients else None,
        logits=ops.cast(output.logits, "float32") if output else None,
        heads=frozenset(key for key in keys if id(glance.activations[key]) in trail),
        head=output.head if output else "linear",
        classes=classes,
        score=glance.scores[which] if target else None,
        layers={info.path: info.layer for info in infos},
        feeds=lens.survey.wiring.feeds if lens.survey.wiring else {},
        rectified={k: ops.cast(t, "float32") for k, t in glance.rectified.items() if k in keys},
        loss_gradients={
            info.path: glance.loss_gradients[info.path]
            for info in infos
            if info.path in glance.loss_gradients
        },
        moment=lens.moment,
        probe=lens.probe,
        memory=memory,
        look=look,
        turned=lens.progress.turned if lens.progress else lambda values, turns: values,
    )
