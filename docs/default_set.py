"""Counts what a `Monitor` writes by default, for five networks, into docs/default_set.md.

python docs/default_set.py [--only "Small CNN"] [--show FOLDER]

Photographs are cut from scikit-learn's two; weights are random. `pip install "kerasvis2[demo]"`.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

import kerasvis2 as kv

HERE = Path(__file__).parent
EPOCHS = 2
SIDE = 224
CARDS, SCALARS, TALLEST, TEXTS = 12, 20, 1200, 6
BYTES = {"Small CNN": 0.6}  # megabytes an epoch, of the others 3
L = keras.layers


def small_cnn() -> Any:
    image = keras.Input((28, 28, 1))
    seen = L.Conv2D(16, 3, activation="relu")(image)
    seen = L.MaxPooling2D()(seen)
    seen = L.Conv2D(32, 3, activation="relu")(seen)
    seen = L.GlobalAveragePooling2D()(seen)
    return keras.Model(image, L.Dense(10, activation="softmax")(seen))


def u_net() -> Any:
    image = keras.Input((SIDE, SIDE, 3))
    seen, kept = image, []
    for width in (8, 16, 32):
        seen = L.Conv2D(width, 3, padding="same", activation="relu")(seen)
        kept.append(seen)
        seen = L.MaxPooling2D()(seen)
    seen = L.Conv2D(64, 3, padding="same", activation="relu")(seen)
    for width, other in zip((32, 16, 8), reversed(kept)):
        seen = L.Concatenate()([L.UpSampling2D()(seen), other])
        seen = L.Conv2D(width, 3, padding="same", activation="relu")(seen)
    return keras.Model(image, L.Conv2D(3, 1, activation="softmax")(seen))


def of_imagenet(name: str) -> Callable[[], Any]:
    kind = getattr(keras.applications, name)
    return lambda: kind(weights=None, classes=10, input_shape=(SIDE, SIDE, 3))


NETWORKS: dict[str, Callable[[], Any]] = {
    "Small CNN": small_cnn,
    "MobileNetV2": of_imagenet("MobileNetV2"),
    "EfficientNetB0": of_imagenet("EfficientNetB0"),
    "ResNet50": of_imagenet("ResNet50"),
    "U-Net": u_net,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=NETWORKS, help="print one line and write nothing")
    parser.add_argument("--show", type=Path, help="a folder for the pictures themselves")
    args = parser.parse_args()
    names = [args.only] if args.only else list(NETWORKS)
    rows = [measured(name, args.show) for name in names]
    if not args.only:
        (HERE / "default_set.md").write_text(document(rows))


def measured(name: str, folder: Path | None) -> list[str]:
    """A row of the table: what one short training leaves on disk."""
    keras.utils.set_random_seed(0)
    model = NETWORKS[name]()
    images, labels = examples(model)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    with tempfile.TemporaryDirectory() as root:
        probe = kv.Probe(images, labels)
        watch = kv.Monitor(root, probe)
        model.fit(
            images,
            labels,
            batch_size=8,
            epochs=EPOCHS,
            verbose=0,
            validation_data=(images, labels),
            callbacks=[watch],
        )
        run = next(iter(kv.read(root).values()))
        cards, texts = run.tags("images"), run.tags("text")
        scalars = run.tags("scalars")
        first, later = sizes(run)
        tallest, tag = max((max(run.picture(t, s).shape), t) for t in cards for s in run.steps(t))
        if folder is not None:
            for each in cards:
                file = folder / f"{name} {each.replace('/', ' ')}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(run.picture(each, max(run.steps(each)))).save(file)
    sides = f"{tallest} ({tag})"
    row = [name, len(cards), f"{first:.2f}", f"{later:.2f}", sides, len(scalars), len(texts)]
    print(*row, sep=" | ", flush=True)
    most = BYTES.get(name, 3.0)
    over = (
        len(cards) > CARDS
        or max(first, later) > most
        or tallest > TALLEST
        or len(scalars) > SCALARS
    )
    if over:
        print(f"    over: {cards}, {scalars}")
    return [str(each) for each in row]


def sizes(run: Any) -> tuple[float, float]:
    """Megabytes of the first epoch, in which the probe is written too, and of the last one."""
    found: set[Any] = set()
    for series in run.series.values():
        found |= {(entry.path, entry.record, entry.step) for entry in series.entries.values()}
    first, *_, last = sorted({step for *_, step in found})
    return tuple(
        sum(stop - start for _, (start, stop), step in found if step == which) / 1e6
        for which in (first, last)
    )


def examples(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Sixteen pictures and labels for a model, photographs where it takes such."""
    draw = np.random.default_rng(0)
    if model.input_shape[1] == 28:
        digits = load_digits()
        images = digits.images[:16].repeat(3, 1).repeat(3, 2)  # 24×24
        return np.pad(images, ((0, 0), (2, 2), (2, 2)))[..., None] / 16, digits.target[:16]
    found = []
    for i in range(16):
        photograph = load_sample_images().images[i % 2]
        edge = int(draw.integers(SIDE, 400))
        top, left = (int(draw.integers(0, size - edge)) for size in photograph.shape[:2])
        part = Image.fromarray(photograph[top : top + edge, left : left + edge])
        found.append(np.asarray(part.resize((SIDE, SIDE))))
    images = np.stack(found).astype("float32")
    if len(model.output_shape) == 4:
        return images, (images.mean(-1) // 86).astype(int)
    return images, np.arange(16) % 10


def document(rows: list[list[str]]) -> str:
    head = ["network", "image cards", "MB the first epoch", "MB the second"]
    head += ["longest side of a picture", "scalars", "texts"]
    lines = [head, ["---", "--:", "--:", "--:", "---", "--:", "--:"], *rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"""# What is shown by default

`Monitor(log_dir, probe)` shows curves, predictions, Grad-CAM of the last stage, activations at
three depths, the first layer's filters and what each class looks like: few enough cards to leave
on. At most {CARDS} image cards, {SCALARS} scalars, 3 MB an epoch with 16 images of 224×224, 0.6 MB
with a small CNN, and no picture longer than {TALLEST} pixels. Of the first epoch this holds too,
but for networks whose maps are as large as their images, such as a U-Net.

{EPOCHS} epochs, 16 probe images, random weights; photographs of 224×224, digits of 28×28 for the
small CNN. Made by `docs/default_set.py`; every event in the run's folders is counted. The first
epoch holds what is written once a run: above all the probe's images, without a bit lost, so that
the tab and `compare` can draw maps over them anew. `Probe(…, private=True)` leaves them out.

{table}

`layers="all"` gives the rest, `views=` another choice, `freq=` a rarer look.
"""


if __name__ == "__main__":
    main()
