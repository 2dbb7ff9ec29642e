"""Models around models: distillation, triplets, and a `compute_loss` of one's own."""

from __future__ import annotations

from typing import Any

import keras
import truths
import zoo_data as data
from keras import layers, ops
from programs import OF_ALL, PICTURES, Program, program, training
from zoo_steps import STEPPED, descend

SHAPE, CLASSES = (12, 12, 1), 4


def network(width: int, name: str) -> Any:
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(width, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.MaxPooling2D(2, strides=1, padding="same"),
            layers.Conv2D(2 * width, 3, strides=2, padding="same"),
            layers.Flatten(),
            layers.Dense(CLASSES),
        ],
        name=name,
    )


class Distiller(keras.Model):
    """Student and teacher; its `compute_loss` takes no `training`, as keras.io writes it."""

    def __init__(self, student: Any, teacher: Any) -> None:
        super().__init__()
        self.student, self.teacher = student, teacher

    def compile(self, student_loss_fn: Any, distillation_loss_fn: Any, **options: Any) -> None:
        super().compile(**options)
        self.student_loss_fn = student_loss_fn
        self.distillation_loss_fn = distillation_loss_fn

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        allow_empty: bool = False,
    ) -> Any:
        taught = self.teacher(x, training=False)
        loss = self.student_loss_fn(y, y_pred)
        soft = self.distillation_loss_fn(
            ops.softmax(taught / 3, axis=1), ops.softmax(y_pred / 3, axis=1)
        )
        return 0.1 * loss + 0.9 * soft

    def call(self, x: Any) -> Any:
        return self.student(x)


@program
def distillation() -> Program:
    x, y = data.pictures(SHAPE, CLASSES)

    def make() -> Any:
        model = Distiller(network(4, "student"), network(8, "teacher"))
        model.compile(
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            keras.losses.KLDivergence(),
            optimizer=keras.optimizers.Adam(),
            metrics=[keras.metrics.SparseCategoricalAccuracy()],
            jit_compile=False,
        )
        return model

    if keras.backend.backend() != "tensorflow":
        # Keras's trainers on other backends pass `training=`; see its guides.
        def accept(self: Any, *args: Any, training: bool = True, **kwargs: Any) -> Any:
            return Distiller.compute_loss(self, *args, **kwargs)

        kind = type("Distiller", (Distiller,), {"compute_loss": accept})
        first = make

        def make() -> Any:  # type: ignore[no-redef]
            model = first()
            model.__class__ = kind
            return model

    probe = {"inputs": x[:6], "labels": y[:6]}
    shows = ("filters", "activations", "grad_cam")
    return Program(make, training(x, y), probe, views=PICTURES, shows=shows, truths=(truths.quiet,))


class Distances(layers.Layer):
    def call(self, anchor: Any, positive: Any, negative: Any) -> Any:
        near = ops.sum(ops.square(anchor - positive), -1)
        return near, ops.sum(ops.square(anchor - negative), -1)


class Triplet(keras.Model):
    """keras.io's siamese network with a triplet loss: three pictures in, two distances out."""

    def __init__(self, siamese: Any) -> None:
        super().__init__()
        self.siamese = siamese
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def call(self, inputs: Any) -> Any:
        return self.siamese(inputs)

    @property
    def metrics(self) -> list[Any]:
        return [self.loss_tracker]

    def distance_loss(self, batch: Any) -> Any:
        near, far = self.siamese(batch)
        return ops.mean(ops.maximum(near - far + 0.5, 0.0))

    def train_step(self, batch: Any) -> dict[str, Any]:
        batch = batch[0] if len(batch) == 1 else batch
        weights = self.siamese.trainable_weights
        self.loss_tracker.update_state(
            descend(lambda: self.distance_loss(batch), weights, self.optimizer)
        )
        return {"loss": self.loss_tracker.result()}


@program(backends=STEPPED)
def triplet() -> Program:
    x, _ = data.pictures(SHAPE, CLASSES)
    batch = (x, x[::-1].copy(), x[data.rng(1).permutation(len(x))])

    def make() -> Any:
        tower = network(4, "embedding")
        inputs = [keras.Input(SHAPE, name=name) for name in ("anchor", "positive", "negative")]
        siamese = keras.Model(inputs, Distances()(*(tower(each) for each in inputs)))
        model = Triplet(siamese)
        model.compile(optimizer=keras.optimizers.Adam(1e-3), weighted_metrics=[], jit_compile=False)
        return model

    probe = {"inputs": [each[:6] for each in batch], "image": 0}
    shows = ("filters", "activations")
    return Program(make, training(batch), probe, "", OF_ALL, shows, truths=(truths.quiet,))
