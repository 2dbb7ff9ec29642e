"""What a view sees inside the compiled pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.facts import LayerFacts
from kerasvis2.keys import Key
from kerasvis2.layers import LayerInfo
from kerasvis2.observe.batches import in_batches
from kerasvis2.observe.chunks import Chunk
from kerasvis2.observe.passes import Result, Subject, look_at
from kerasvis2.observe.request import Demand
from kerasvis2.observe.targets import Target, spoken
from kerasvis2.task import Task

if TYPE_CHECKING:
    from kerasvis2.probe import Probe


@dataclass(frozen=True)
class Seen:
    """What a view sees of the model and the probe; all tensors, float32.

    Attributes:
        inputs: (n, H, W, C) the drawn input, in the model's units.
        activations: a layer's output by key: its path, and `path:2`, … for later calls of a
            layer that is shared. Maps have their channels last, whatever the layer's own format.
        stored: the same as the layer gives it.
        gradients: ∂score/∂activation by the same keys.
        attention: (n, heads, T, S) weights of attention layers by the same keys, in the order of
            the calls; empty unless `Request.attention`.
        input_gradient: ∂score/∂inputs.
        logits: (n, …, classes) of the output that the target looks at.
        heads: the keys of layers whose output is `logits`, or `logits` after their activation.
        head: "softmax", "sigmoid" or "linear", the activation that was bypassed for `logits`.
        task: what that output is, or None.
        classes: (n,) int32, the class that is scored, or None for a callable target.
        score: (n,) the target's score.
        layers: the Keras layer of each path that was asked for.
        facts: what is known of every layer, by path.
        elsewhere: calls that do not depend on the drawn input.
        feeds: which layers read a layer's output, by path.
        rectified: what a ReLU made of a layer's output, where that goes into a ReLU and nowhere
            else; by the same keys.
        loss_gradients: gradients of the model's loss by layer path, in the order of the layer's
            trainable weights; empty unless `Request.loss`.
        chunk: where in the training and in the probe this is.
        probe: the probe, for what is constant over the training.
        memory: what the view left behind last time (see `View.memory`).
        at: `at(images, rows=None, …)` → another `Seen`, of other images.
        tick: `tick(values, turns)` → `values`; in a loop of so many turns it shows that one
            more is done, where someone is watching.
        differentiate: `function(params, *rest) -> (scalar, aux)` becomes
            `-> ((scalar, aux), gradients)`, these in the structure of `params`.
    """

    inputs: Any
    activations: dict[Key, Any]
    stored: dict[Key, Any]
    gradients: dict[Key, Any]
    attention: dict[Key, Any]
    input_gradient: Any
    logits: Any
    heads: frozenset[Key]
    head: str
    task: Task | None
    classes: Any
    score: Any
    layers: dict[str, Any]
    facts: dict[str, LayerFacts]
    elsewhere: frozenset[Key]
    feeds: dict[str, tuple[str, ...]]
    rectified: dict[Key, Any]
    loss_gradients: dict[str, list[Any]]
    chunk: Chunk
    probe: Probe | None
    memory: dict[str, Any]
    at: Callable[..., Seen]
    tick: Callable[[Any, int], Any]
    differentiate: Callable[[Callable[..., Any]], Callable[..., Any]]


def see(
    subject: Subject,
    result: Result,
    which: int,
    target: Target | None,
    infos: Sequence[LayerInfo],
    memory: dict[str, Any],
    once: bool = False,
) -> Seen:
    """The part of a result that one view sees for one of its targets.

    Args:
        subject: what is looked at.
        result: what the pass gave.
        which: the target's place among those of the pass.
        target: the target, or None.
        infos: the view's layers.
        memory: the view's.
        once: of a layer that is called several times show the last call alone.
    """
    keys = [key for info in infos for key in subject.survey.calls(info.path, once)]
    keys = [key for key in keys if key in result.activations]
    classes = result.classes[which] if target else None

    def at(
        images: Any,
        rows: Any | None = None,
        *,
        outputs: bool = False,
        gradients: bool = False,
        input_gradient: bool = False,
        relu: str | None = None,
        instead: Mapping[Key, Any] | None = None,
    ) -> Seen:
        """What is seen at other images, with the same target and classes.

        Args:
            images: (m, H, W, C) float32 in the model's units.
            rows: (m,) which image of the batch each belongs to, so that it gets that one's class
                and other inputs; None where m = n and the order is the same.
            outputs: capture the layers' outputs.
            gradients: and the gradients with respect to them.
            input_gradient: and with respect to the images.
            relu: how gradients pass a ReLU, "guided" or "deconvnet".
            instead: (m, …) what takes the place of a layer's output, by key.
        """
        outputs = outputs or instead is not None
        asked = {"outputs": outputs, "gradients": gradients, "input_gradient": input_gradient}
        caught = infos if outputs or gradients else ()
        given = classes
        if given is not None and rows is not None:
            given = ops.take(given, rows, axis=0)
        demand = Demand(
            {need: caught for need, wanted in asked.items() if wanted}, [target] if target else []
        )

        def look(images: Any, rows: Any, given: Any, instead: Any) -> Seen:
            again = look_at(subject, demand, [given], images, rows=rows, relu=relu, instead=instead)
            return see(subject, again, 0, target, caught, memory, once)

        size = subject.survey.batch
        if size is not None and images.shape[0] != size:
            return in_batches(look, (images, rows, given, instead), size)
        return look(images, rows, given, instead)

    facts = subject.survey.facts

    def last(key: Key, tensor: Any) -> Any:
        if not facts[key.path].channels_first or len(tensor.shape) < 3:
            return tensor
        axes = range(len(tensor.shape))
        return ops.transpose(tensor, (0, *axes[2:], 1))

    stored = {key: ops.cast(result.activations[key], "float32") for key in keys}
    grads = result.gradients[which] if result.gradients else {}
    spoken_of = spoken(subject.survey.outputs, subject.probe)
    place = target.output if target else spoken_of
    output = result.outputs[place] if result.outputs else None
    return Seen(
        inputs=result.inputs,
        activations={key: last(key, tensor) for key, tensor in stored.items()},
        stored=stored,
        gradients={key: last(key, grads[key]) for key in keys if key in grads},
        attention={k: ops.cast(v, "float32") for k, v in result.attention.items() if k in keys},
        input_gradient=result.input_gradients[which] if result.input_gradients else None,
        logits=ops.cast(output.logits, "float32") if output else None,
        heads=frozenset(keys) & result.heads[place] if output else frozenset(),
        head=output.head if output else "linear",
        task=subject.survey.outputs[place].task if output else None,
        classes=classes,
        score=result.scores[which] if target else None,
        layers={info.path: info.layer for info in infos},
        facts=facts,
        elsewhere=subject.survey.elsewhere,
        feeds=subject.survey.feeds,
        rectified={
            key: last(key, ops.cast(tensor, "float32"))
            for key, tensor in result.rectified.items()
            if key in stored
        },
        loss_gradients={
            info.path: result.loss_gradients[info.path]
            for info in infos
            if info.path in result.loss_gradients
        },
        chunk=subject.chunk,
        probe=subject.probe,
        memory=memory,
        at=at,
        tick=subject.progress.tick if subject.progress else lambda values, turns: values,
        differentiate=subject.backend.differentiate,
    )
