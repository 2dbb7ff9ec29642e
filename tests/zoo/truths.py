"""Whether what is shown is true, by NumPy and by the model's own `predict`.

Each check takes what a run left: the program, its trained model and probe, and `About` as the
last look gave it to a view (see `watching.Spy`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import kerasvis2 as kv

MOST_CARDS, MOST_SCALARS, MOST_BYTES = 12, 20, 3_000_000
Check = Callable[[Any], None]


def quiet(seen: Any) -> None:
    """Few cards, few scalars, few bytes, whatever the model."""
    run = seen.run
    cards = run.tags("images")
    assert len(cards) <= MOST_CARDS, f"{len(cards)} image cards: {cards}"
    scalars = [tag for tag in run.tags("scalars") if not tag.startswith(("train/", "validation/"))]
    assert len(scalars) <= MOST_SCALARS, f"{len(scalars)} scalars: {scalars}"
    written = sum(file.stat().st_size for file in (run.path / "vis").glob("*tfevents*"))
    epochs = sum(len(next(iter(history.values()))) for history in seen.history)
    assert written <= MOST_BYTES * epochs, written


def classes(seen: Any) -> None:
    """Truth, prediction and probability are those of `predict`."""
    _compare(seen, seen.outputs(), seen.program.probe["labels"])


def speaks_of(output: str) -> Check:
    """With several outputs, the captions are of the one that has classes."""

    def check(seen: Any) -> None:
        outputs, labels = seen.outputs(), seen.program.probe["labels"]
        if isinstance(outputs, dict):
            _compare(seen, outputs[output], labels[output])
        else:
            place = seen.model.output_names.index(output)
            _compare(seen, outputs[place], labels[place])

    return check


def _compare(seen: Any, outputs: np.ndarray, labels: np.ndarray) -> None:
    about = seen.about
    outputs = np.asarray(outputs, np.float64)
    logits = bool(getattr(seen.model.loss, "from_logits", False))
    if outputs.shape[-1] == 1:
        chance = outputs[:, 0]
        chance = 1 / (1 + np.exp(-chance)) if logits else chance
        chances = np.stack([1 - chance, chance], axis=1)
    else:
        chances = outputs
        if logits:
            chances = np.exp(outputs - outputs.max(axis=1, keepdims=True))
            chances /= chances.sum(axis=1, keepdims=True)
    labels = np.asarray(labels)
    truth = labels.argmax(axis=-1) if labels.ndim > 1 and labels.shape[-1] > 1 else labels.ravel()
    assert about is not None, "no view was told of this program"
    np.testing.assert_array_equal(about.label_indices, truth)
    close = np.abs(np.sort(chances)[:, -1] - np.sort(chances)[:, -2]) < 1e-3
    same = about.predicted_indices == chances.argmax(axis=1)
    assert np.all(same | close), (about.predicted_indices, chances)
    np.testing.assert_allclose(about.probabilities, chances.max(axis=1), atol=5e-3)


def values(seen: Any) -> None:
    """A regression is told as numbers: the true one and the model's."""
    no_classes(seen)
    guesses = np.asarray(seen.outputs()).ravel()
    truth = np.asarray(seen.program.probe["labels"]).ravel()
    for words, guess, true in zip(seen.about.captions(), guesses, truth):
        told = " ".join(words).replace("−", "-")
        numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", told)]
        for value in (guess, true):
            near = [abs(number - value) <= 0.01 * abs(value) + 0.006 for number in numbers]
            assert any(near), f"{value} is not in {words}"


def no_classes(seen: Any) -> None:
    """What is no class is not told as one."""
    about = seen.about
    assert about is not None, "no view was told of this program"
    assert about.predicted_indices is None
    assert about.label_indices is None
    _task(seen)


def several_labels(seen: Any) -> None:
    """Several labels an example: all that are true and all that are said are told, no others."""
    _task(seen)
    assert seen.about.label_indices is None
    names, labels = seen.program.probe["class_names"], seen.program.probe["labels"]
    for words, row, guess in zip(seen.about.captions(), labels, seen.outputs()):
        true, said = (
            " ".join(line for line in words if line.startswith(w)) for w in ("true", "pred")
        )
        for name, there, chance in zip(names, row, guess):
            assert (name in true) == bool(there), f"{name} in {words}"
            assert abs(chance - 0.5) < 1e-3 or (name in said) == (chance > 0.5), (words, guess)


def label_maps(seen: Any) -> None:
    """Masks are masks: the class that most places have, and how many."""
    _task(seen)
    outputs, about = np.asarray(seen.outputs()), seen.about
    if outputs.shape[-1] > 1:
        found = outputs.argmax(axis=-1)
    else:
        logits = bool(getattr(seen.model.loss, "from_logits", False))
        found = (outputs[..., 0] > (0.0 if logits else 0.5)).astype(int)
    for kept, maps in ((about.predicted_indices, found), (about.label_indices, None)):
        if maps is None:
            maps = np.asarray(seen.program.probe["labels"]).reshape(found.shape).astype(int)
        for index, each in zip(kept, maps):
            counts = np.bincount(each.ravel(), minlength=index + 1)
            assert counts[index] == counts.max(), (index, counts)


def _task(seen: Any) -> None:
    if seen.program.task:
        assert seen.about.task.kind == seen.program.task, seen.about.task


def maps_are_grids(*grids: tuple[int, ...]) -> Check:
    """Class activation maps have the rows and columns of what the patches were cut from."""

    def check(seen: Any) -> None:
        for view in (kv.GradCAM(), kv.GradCAM(layers="all")):
            maps = view.compute(seen.model, seen.probe)
            wrong = {str(k): a.shape[1:] for k, a in maps.items() if a.shape[1:] not in grids}
            assert maps
            assert not wrong, wrong

    return check


def only_of_input(key: Any) -> Check:
    """Maps painted on one picture do not change with the other."""

    def check(seen: Any) -> None:
        arguments = dict(seen.program.probe)
        inputs = arguments["inputs"]
        keys = list(inputs) if isinstance(inputs, dict) else range(len(inputs))
        changed = {k: inputs[k] if k == key else inputs[k][::-1] * 0.5 for k in keys}
        arguments["inputs"] = changed if isinstance(inputs, dict) else list(changed.values())
        view = kv.EigenCAM()
        maps = view.compute(seen.model, seen.probe)
        other = view.compute(seen.model, kv.Probe(**arguments))
        assert maps
        for path, array in maps.items():
            np.testing.assert_allclose(array, other[path], atol=1e-4, err_msg=str(path))

    return check


def predicted(model: Any, inputs: Any) -> Any:
    """`model.predict`, quietly and without a trace in the model's random states."""
    kept = [keras.ops.convert_to_numpy(variable) for variable in model.variables]
    count = len(keras.tree.flatten(inputs)[0])
    fixed = getattr(
        keras.tree.flatten(getattr(model, "inputs", None) or [None])[0], "shape", [None]
    )
    size = fixed[0] or count
    fed = keras.tree.map_structure(lambda x: x[np.minimum(np.arange(size), count - 1)], inputs)
    found = model.predict(fed, verbose=0, batch_size=size)
    found = keras.tree.map_structure(lambda x: x[:count], found)
    for variable, value in zip(model.variables, kept):
        variable.assign(value)
    return found
