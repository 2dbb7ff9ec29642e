"""Labels that name no class, and label maps, are judged by nothing that they do not say."""

import keras
import numpy as np
import pytest
from keras import layers as L

import kerasvis2 as kv
from kerasvis2.compare.numbers import numbers_of
from kerasvis2.compare.said import answered
from kerasvis2.record.maps import ANSWERS_TAG, unpack
from kerasvis2.task import captions, task_of
from kerasvis2.views import units

X = np.random.default_rng(0).random((4, 8, 8, 3), "float32")
NAMES = ["ant", "bee", "cat"]


def trained(folder, output, loss, labels, y, views, names=NAMES):
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, 3))
    x = L.Conv2D(4, 3, padding="same", activation="relu", name="conv")(image)
    model = keras.Model(image, output(x))
    model.compile("sgd", loss)
    probe = kv.Probe(X, labels, class_names=names, display=(0, 1))
    monitor = kv.Monitor(folder, probe, views, on_error="raise")
    model.fit(X, y, epochs=1, verbose=0, callbacks=[monitor])
    (run,) = kv.read(folder).values()
    return run


def compared(run):
    (tag,) = [tag for tag in run.tags() if tag.startswith("grad_cam/")]
    found = numbers_of(tag, {"run": run}, [0], None)
    header = unpack(found.probe_blob("run"))[0]
    return header, answered(header, *found._answers("run", 0), [0, 1, 2, 3])


def test_a_label_that_is_ignored_is_nowhere_wrong(tmp_path):
    def head(x):
        return L.Dense(3, activation="softmax")(L.GlobalAveragePooling2D()(x))

    views = [kv.GradCAM(), kv.Predictions(), kv.LayerHealth()]
    labels = np.array([-1, 0, 1, -1])
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    run = trained(tmp_path, head, loss, labels, labels, views)
    header, (lines, wrong) = compared(run)
    assert header["labels"] == [-1, 0, 1, -1]
    assert [line[0] for line in lines] == ["true –", "true ant", "true bee", "true –"]
    assert not wrong[0]
    assert not wrong[3]
    answers = unpack(run.blob(ANSWERS_TAG, 0))[1]
    assert np.isnan(answers["truth"][[0, 3]]).all()
    assert np.isnan(answers["margin"][[0, 3]]).all()
    assert np.isfinite(answers["margin"][[1, 2]]).all()
    right = (answers["predicted"][1:3] == [0, 1]).mean()
    assert run.scalars("predictions/accuracy")[1][0] == pytest.approx(right)
    report = run.text("layer_health/report", 0)
    assert "class –" not in report
    assert "class -1" not in report


def test_the_classes_of_a_probe_are_those_that_its_labels_name():
    probe = kv.Probe(X, [-1, 2, 0, -1], class_names=NAMES, display=(0, 1))
    assert units.chosen("probe", 3, probe) == [0, 2]


def test_a_label_map_is_not_right_or_wrong_by_what_most_of_it_is(tmp_path):
    def head(x):
        return L.Conv2D(3, 1, activation="softmax")(x)

    labels = np.zeros((4, 8, 8), int)
    labels[:, :2] = 1
    loss = "sparse_categorical_crossentropy"
    run = trained(tmp_path, head, loss, labels, labels, [kv.GradCAM(layers="conv")])
    header, (lines, wrong) = compared(run)
    assert header["labels"] is None
    assert wrong is None
    assert all(len(line) == 1 and line[0].startswith("pred ") for line in lines)


def test_what_is_no_class_has_no_share_in_a_loss_of_one_hot_labels():
    def gradients(labels):
        keras.utils.set_random_seed(0)
        image = keras.Input((8, 8, 3))
        model = keras.Model(image, L.Conv2D(3, 1, activation="softmax", name="conv")(image))
        model.compile("sgd", "categorical_crossentropy")
        session = kv.Session(model, kv.Probe(X, labels, display=(0, 1)), progress=False)
        return session.compute(kv.LayerHealth(gradients=True))

    classes = np.random.default_rng(1).integers(0, 3, (4, 8, 8)).astype("uint8")
    classes[:, 0] = 255
    given = gradients(classes)
    for name, array in gradients(np.eye(256, dtype="float32")[classes][..., :3]).items():
        np.testing.assert_allclose(given[name], array, rtol=1e-5, err_msg=name)


def test_a_map_that_is_all_void_is_not_measured(tmp_path):
    labels = np.zeros((4, 8, 8), int)
    labels[0] = 255
    labels[1, :4] = 255
    task = task_of(shape=(8, 8, 3), activation="softmax", labels=labels)
    logits = np.zeros((4, 8, 8, 3))
    logits[..., 0] = 1
    said = captions(task, logits, labels, NAMES)
    assert said[0] == ["true –", "pred ant 100 %", "all void, no IoU"]
    assert said[1] == ["true ant 100 %", "pred ant 100 %", "IoU 1.00"]
    logits[1, ..., 1] = 2  # all wrong where anything counts
    agree = task.agreement(logits, labels)
    np.testing.assert_array_equal(agree, [np.nan, 0, 1, 1])

    def head(x):
        return L.Conv2D(3, 1, activation="softmax", kernel_initializer="zeros")(x)

    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
    run = trained(tmp_path, head, loss, labels, labels, [kv.Predictions()])
    assert np.isfinite(run.scalars("predictions/iou")[1][0])
