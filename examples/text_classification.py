"""Which data set do these twelve words describe? An embedding, attention, and one answer.

The texts are the descriptions that scikit-learn ships with its own data sets, cut into pieces.

What to look at: `integrated_gradients/00_input`, each word coloured by its share of the score (red
speaks for the class, blue against it), and `occlusion/00_input`, what the score loses without the
word. Do they agree, and on words that name the subject? `attention/…` shows which words each word
looks at.

    python -m pip install "kerasvis2[demo]"
    python examples/text_classification.py
    tensorboard --logdir runs
"""

import argparse
import re

import keras
import numpy as np
from keras import layers
from sklearn import datasets

import kerasvis2 as kv

NAMES = ["iris", "wine", "breast_cancer", "diabetes", "digits"]
WORDS, BLOCK = 12, 48  # words in a piece, and in a block of text

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--log-dir", default="runs/text_classification")
args = parser.parse_args()
keras.utils.set_random_seed(0)

texts = [getattr(datasets, f"load_{name}")().DESCR.lower() for name in NAMES]
texts = [re.findall(r"[a-z]+", text) for text in texts]
vocabulary = ["", *sorted({word for text in texts for word in text})]
ids = {word: i for i, word in enumerate(vocabulary)}


def pieces(held_out: bool, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of each text as token ids, and which text they are of; every fifth block held out."""
    found, labels = [], []
    for label, text in enumerate(texts):
        for number, first in enumerate(range(0, len(text), BLOCK)):
            if (number % 5 == 4) is held_out:
                block = [ids[word] for word in text[first : first + BLOCK]]
                starts = range(0, len(block) - WORDS + 1, step)
                found += [block[start : start + WORDS] for start in starts]
                labels += [label] * len(starts)
    return np.array(found, "int32"), np.array(labels)


x, y = pieces(held_out=False, step=1)
x_val, y_val = pieces(held_out=True, step=6)

words = keras.Input((WORDS,), dtype="int32")
h = layers.Embedding(len(vocabulary), 24, name="embedding")(words)
h = layers.Add()([h, layers.MultiHeadAttention(2, 12, name="attention")(h, h)])
h = layers.GlobalMaxPooling1D()(layers.Dense(32, activation="relu", name="features")(h))
h = layers.Dropout(0.4)(h)
model = keras.Model(words, layers.Dense(len(NAMES), activation="softmax", name="data_set")(h))
model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])

probe = kv.Probe.from_dataset(
    (x_val, y_val), size=10, class_names=NAMES, tokens=vocabulary, task="classes"
)
views = [
    kv.Curves(),
    kv.Predictions(),
    kv.IntegratedGradients(),
    kv.Occlusion(),
    kv.Attention(),
]
model.fit(
    x,
    y,
    validation_data=(x_val, y_val),
    batch_size=64,
    epochs=args.epochs,
    callbacks=[kv.Monitor(args.log_dir, probe, views)],
)
