"""Probes from data sets and from image files."""

import random
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from skimage import data as photographs

from kerasvis2 import Probe


class Batches(keras.utils.PyDataset):
    """Batches of 8 digits, noisy on purpose from NumPy's and Python's global random state."""

    def __init__(self, x, y, batches=None):
        super().__init__()
        self.x, self.y, self.batches, self.asked = x, y, batches, []

    @property
    def num_batches(self):
        return self.batches

    def __getitem__(self, index):
        self.asked.append(index)
        np.random.rand()
        random.random()
        rows = np.arange(8 * index, 8 * index + 8) % len(self.x)
        return self.x[rows], self.y[rows]


def first_of_each(y: np.ndarray, size: int) -> list[int]:
    """The places a balanced probe takes, worked out by hand: n-th image of each class in turn."""
    places = [np.flatnonzero(y == c) for c in np.unique(y)]
    longest = max(map(len, places))
    return [int(p[n]) for n in range(longest) for p in places if n < len(p)][:size]


def test_balanced_takes_every_class_in_turn(digits):
    x, y = digits.x_test, digits.y_test
    places = first_of_each(y, 16)
    sources = [
        (x, y),
        (x, keras.utils.to_categorical(y)),
        (x, y, np.ones(len(y))),
        tf.data.Dataset.from_tensor_slices((x, y)),
        tf.data.Dataset.from_tensor_slices((x, y)).batch(7),
        tf.data.Dataset.from_tensor_slices((x, y)).batch(10, drop_remainder=True),
        tf.data.Dataset.from_tensor_slices((x, keras.utils.to_categorical(y))),
        tf.data.Dataset.from_tensor_slices((x, y, np.ones(len(y)))).batch(300),
        Batches(x, y, 40),
        ((x[i : i + 50], y[i : i + 50]) for i in range(0, 300, 50)),
    ]
    for source in sources:
        probe = Probe.from_dataset(source)
        np.testing.assert_array_equal(probe.inputs, x[places])
        assert probe.class_indices().tolist() == y[places].tolist()
    assert sorted(set(y[places])) == list(range(10))


def test_unbalanced_takes_the_first(digits):
    data = tf.data.Dataset.from_tensor_slices((digits.x_test, digits.y_test)).batch(5)
    probe = Probe.from_dataset(data, size=12, balanced=False, class_names=list("0123456789"))
    np.testing.assert_array_equal(probe.inputs, digits.x_test[:12])
    np.testing.assert_array_equal(probe.labels, digits.y_test[:12])
    assert probe.class_names == list("0123456789")


def test_sorted_and_skewed_data_are_balanced(digits):
    order = np.argsort(digits.y_test, kind="stable")
    rare = order[(digits.y_test[order] < 8) | (np.arange(300) % 30 == 0)]
    x, y = digits.x_test[rare], digits.y_test[rare]
    assert (np.bincount(y)[8:] <= 2).all()
    expected = first_of_each(y, 60)
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    probe = Probe.from_dataset(data, size=60)
    np.testing.assert_array_equal(probe.labels, y[expected])
    np.testing.assert_array_equal(probe.inputs, x[expected])


def test_reading_stops_when_every_class_has_its_share(digits):
    x, y = digits.x_test, digits.y_test
    endless = Batches(x, keras.utils.to_categorical(y))
    probe = Probe.from_dataset(endless, size=10)
    assert sorted(probe.class_indices().tolist()) == list(range(10))
    assert max(endless.asked) < 8
    named = Batches(x, y)
    Probe.from_dataset(named, size=10, class_names=list("0123456789"))
    assert named.asked == endless.asked
    unknown = Batches(x, y)
    Probe.from_dataset(unknown, size=10, limit=100)
    assert max(unknown.asked) == 12
    repeated = tf.data.Dataset.from_tensor_slices((x, y)).repeat().batch(32)
    assert Probe.from_dataset(repeated, limit=320).size == 16


def test_class_names_of_the_data_set_are_kept(tmp_path, digits):
    for name, digit in (("one", 1), ("zero", 0)):
        (tmp_path / name).mkdir()
        for i, x in enumerate(digits.x_test[digits.y_test == digit][:4]):
            pixels = (x[..., 0] * 255).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    data = keras.utils.image_dataset_from_directory(
        tmp_path, image_size=(8, 8), color_mode="grayscale", shuffle=False, verbose=False
    )
    probe = Probe.from_dataset(data, size=4)
    assert probe.class_names == ["one", "zero"]
    assert probe.labels.tolist() == [0, 1, 0, 1]
    assert probe.display_range == (0, 255)


def test_more_classes_than_images(digits):
    x, y = digits.x_test, digits.y_test
    for source in ((x, y), tf.data.Dataset.from_tensor_slices((x, y)).batch(32)):
        with pytest.warns(UserWarning, match="10 classes, more than size=4.*first 4;"):
            probe = Probe.from_dataset(source, size=4)
        assert probe.labels.tolist() == [0, 1, 2, 3]


def test_missing_classes_and_images_are_named(digits):
    x, y = digits.x_test[digits.y_test < 3], digits.y_test[digits.y_test < 3]
    with pytest.warns(UserWarning, match=r"no image of class 3\.$"):
        Probe.from_dataset((x, y), class_names=["a", "b", "c", "d"])
    with pytest.warns(UserWarning, match="gave 5 images, fewer than size=16"):
        assert Probe.from_dataset((x[:5], y[:5])).size == 5


def test_labels_without_classes_are_taken_as_they_come(digits):
    x, y = digits.x_test, digits.y_test + 0.5
    y[0] = 3  # whole by chance
    for source in ((x, y), x, tf.data.Dataset.from_tensor_slices((x, y)), Batches(x, y, 9)):
        probe = Probe.from_dataset(source, size=5)
        np.testing.assert_array_equal(probe.inputs, x[:5])
    unlabelled = tf.data.Dataset.from_tensor_slices(x).batch(3)
    assert Probe.from_dataset(unlabelled, size=5).labels is None


def test_batches_are_told_from_images():
    def spec(*shapes):
        return tuple(tf.TensorSpec(shape) for shape in shapes)

    from kerasvis2.probing.datasets import is_batched

    batched = [
        spec((None, 28, 28), (None,)),
        spec((None, 28, 28, 1), (None, 10)),
        spec((32, 28, 28, 1), (32,)),
        spec((None, None, None, 3), (None,), (None,)),
        spec((None, 28, 28, 1)),
        spec((None, 200, 1), (None,)),
        spec((32, 200, 1), (32,)),
        (*spec((None, 28, 28, 1)), {"a": tf.TensorSpec((None,)), "b": tf.TensorSpec((None, 1))}),
        (
            {"image": tf.TensorSpec((8, 9, 9, 3)), "size": tf.TensorSpec((8, 2))},
            tf.TensorSpec((8,)),
        ),
    ]
    single = [
        spec((28, 28), ()),
        spec((28, 28, 1), (10,)),
        spec((64, 64, 3), (64, 64)),  # a label map
        spec((64, 48, 3), (64, 48)),
        spec((None, None, 3), (None, None, 1)),
        spec((32, 32, 3), (32,)),
        spec((None, None, 3), (10,)),
        spec((28, 28, 1)),
        ({"image": tf.TensorSpec((9, 9, 3)), "size": tf.TensorSpec((2,))}, tf.TensorSpec(())),
    ]
    assert [is_batched(s) for s in batched] == [True] * len(batched)
    assert [is_batched(s) for s in single] == [False] * len(single)
    with pytest.raises(ValueError, match="batched=True"):
        is_batched(spec(None, ()))


def test_several_inputs_and_outputs(digits):
    x, y = digits.x_test, digits.y_test
    inputs = {"image": x, "size": np.arange(600.0).reshape(300, 2)}
    labels = {"digit": y, "even": y[:, None] % 2}
    places = first_of_each(y, 11)
    for source in (
        (inputs, labels),
        tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(8),
        tf.data.Dataset.from_tensor_slices((inputs, labels)),
    ):
        probe = Probe.from_dataset(source, size=11)
        assert probe.image_key == "image"
        np.testing.assert_array_equal(probe.inputs["size"], inputs["size"][places])
        np.testing.assert_array_equal(probe.labels["even"], labels["even"][places])


def test_random_state_is_left_alone(digits):
    np.random.seed(3)
    random.seed(3)
    tf.random.set_seed(3)
    expected = np.random.rand(), random.random(), tf.random.uniform(()).numpy()
    augmented = tf.data.Dataset.from_tensor_slices((digits.x_test, digits.y_test)).map(
        lambda x, y: (tf.image.random_brightness(x, 0.1), y)
    )
    np.random.seed(3)
    random.seed(3)
    tf.random.set_seed(3)
    Probe.from_dataset(Batches(digits.x_test, digits.y_test, 30))
    Probe.from_dataset(augmented, display=(-0.2, 1.2))
    found = np.random.rand(), random.random(), tf.random.uniform(()).numpy()
    assert found == expected


def test_a_keras_generator_trains_as_if_it_had_not_been_read(digits):
    def flow():
        generator = tf.keras.preprocessing.image.ImageDataGenerator(horizontal_flip=True)
        return generator.flow(digits.x_test, digits.y_test, batch_size=20, shuffle=True, seed=5)

    fresh, read = flow(), flow()
    probe = Probe.from_dataset(read)
    assert sorted(set(probe.labels.tolist())) == list(range(10))
    for i in range(3):
        np.testing.assert_array_equal(read[i][0], fresh[i][0])


def test_the_same_images_every_time(digits):
    data = tf.data.Dataset.from_tensor_slices((digits.x_test, digits.y_test)).cache().batch(16)
    assert Probe.from_dataset(data).fingerprint == Probe.from_dataset(data).fingerprint
    fixed = data.shuffle(20, seed=1, reshuffle_each_iteration=False)
    assert Probe.from_dataset(fixed).fingerprint == Probe.from_dataset(fixed).fingerprint


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (3, {}, "dataset is a int; give a tf.data.Dataset"),
        (tf.data.Dataset.range(0), {}, "holds no image"),
        ((np.zeros((3, 4, 4, 1)), np.zeros(2)), {}, "labels holds 2 entries, but inputs holds 3"),
        ((np.zeros((3, 4, 4, 1)),), {"size": 0}, "size=0"),
        ((np.zeros((3, 4, 4, 1)),), {"limit": 2.5}, "limit=2.5"),
        ([(np.zeros((1, 4, 4, 1)), [0]), (np.zeros((1, 5, 4, 1)), [0])], {"size": 2}, "different"),
    ],
)
def test_bad_data_sets(source, options, message):
    with pytest.raises(ValueError, match=message):
        Probe.from_dataset(source, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """chelsea (300×451) in many formats, and a file that is no image."""
    folder = tmp_path_factory.mktemp("images")
    cat = Image.fromarray(photographs.chelsea())
    cat.save(folder / "a.png")
    cat.convert("L").save(folder / "b_grey.png")
    clear = cat.convert("RGBA")
    clear.putalpha(Image.fromarray(np.tile(np.uint8([0, 255]), (300, 226))[:, :451]))
    clear.save(folder / "c_rgba.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90° clockwise
    cat.transpose(Image.Transpose.ROTATE_90).save(folder / "d_turned.jpg", exif=exif, quality=95)
    cat.quantize(64).save(folder / "e_palette.gif")
    deep = np.asarray(cat.convert("L")).astype("uint16") * 257
    Image.fromarray(deep).save(folder / "f_16bit.png")
    (folder / "notes.txt").write_text("not an image")
    (folder / "empty").mkdir()
    (folder / "broken.dat").write_bytes((folder / "a.png").read_bytes()[:5000])
    return folder


def test_images_are_read_upright_cropped_and_resized(folder):
    probe = Probe.from_images(folder, size=(60, 90), labels=[1] * 6)
    assert probe.inputs.shape == (6, 60, 90, 3)
    assert probe.inputs.dtype == np.float32
    assert probe.display_range == (0, 255)
    assert probe.labels.tolist() == [1] * 6
    cat = np.asarray(Image.fromarray(photographs.chelsea()[:, :450]).reduce(5), np.float32)
    grey = cat @ np.float32([0.299, 0.587, 0.114])
    plain, grey_file, rgba, turned, palette, deep = probe.inputs
    assert np.abs(plain - cat).mean() < 6
    assert np.abs(turned - plain).mean() < 4
    assert np.abs(palette - plain).mean() < 12
    assert np.abs(grey_file[..., 0] - grey).mean() < 6
    assert np.abs(deep - grey_file).max() <= 1
    assert np.ptp(grey_file, axis=-1).max() == 0
    assert np.abs(rgba - (plain + 255) / 2).mean() < 12  # every other column is transparent


def test_centre_crop_keeps_the_aspect_ratio(folder):
    square = Probe.from_images(folder / "a.png", size=(60, 60)).inputs[0]
    middle = Image.fromarray(photographs.chelsea()[:, 75:375]).reduce(5)
    assert np.abs(square - np.asarray(middle, np.float32)).mean() < 6


def test_files_folders_and_globs(folder):
    both = Probe.from_images([str(folder / "b*.png"), folder / "a.png"], size=(6, 9), channels=1)
    assert both.inputs.shape == (2, 6, 9, 1)
    assert Probe.from_images(str(folder / "*_*.*"), size=(6, 9)).size == 5
    with pytest.raises(FileNotFoundError, match="empty"):
        Probe.from_images(folder / "empty", size=(6, 9))
    with pytest.raises(FileNotFoundError, match=r"nothing\.png"):
        Probe.from_images(["nothing.png"], size=(6, 9))
    with pytest.raises(ValueError, match=r"notes\.txt' cannot be read as an image"):
        Probe.from_images(folder / "notes.txt", size=(6, 9))
    with pytest.raises(ValueError, match=r"broken\.dat' cannot be read as an image"):
        Probe.from_images(folder / "broken.dat", size=(6, 9))
    with pytest.raises(ValueError, match="paths is empty"):
        Probe.from_images([], size=(6, 9))
    with pytest.raises(ValueError, match="size="):
        Probe.from_images(folder, size=64)
    with pytest.raises(ValueError, match="channels=4"):
        Probe.from_images(folder, size=(6, 9), channels=4)


@pytest.mark.parametrize("module", ["vgg16", "mobilenet_v2", "densenet", "efficientnet"])
def test_preprocessed_images_are_shown_as_they_were(folder, module):
    preprocess = getattr(keras.applications, module).preprocess_input
    plain = Probe.from_images(folder / "a.png", size=(40, 60))
    probe = Probe.from_images(folder / "a.png", size=(40, 60), preprocess=preprocess)
    np.testing.assert_allclose(probe.inputs, preprocess(plain.inputs.copy()), atol=1e-5)
    np.testing.assert_allclose(probe.images, plain.images, atol=1e-5)
    black = preprocess(np.zeros((1, 1, 1, 3), "float32"))[0, 0, 0]
    np.testing.assert_allclose(probe.from_display(np.zeros(3)), black, atol=1e-3)
    tf_mode = {"mobilenet_v2": (-1, 1), "efficientnet": (0, 255)}
    assert probe.display_range == tf_mode.get(module)


def test_other_preprocessing_is_drawn_as_it_is(folder):
    def gamma(x):
        return (x / 255) ** 2.2

    for more in ({}, {"display": (0, 1)}):
        probe = Probe.from_images(folder / "a.png", size=(6, 9), preprocess=gamma, **more)
        np.testing.assert_allclose(probe.images, gamma(probe.images ** (1 / 2.2) * 255), atol=1e-5)


def test_a_folder_of_class_folders(tmp_path, digits):
    for name in ("one", "zero", "two", ".hidden", "empty"):
        (tmp_path / name).mkdir()
    for i, name in enumerate(("zero", "zero", "one", "two", "zero")):
        pixels = np.full((8, 8), 50 * i, "uint8")
        Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    (tmp_path / "notes.txt").write_text("not a class")
    probe = Probe.from_images(tmp_path, size=(8, 8))
    assert probe.class_names == ["empty", "one", "two", "zero"]
    assert probe.labels.tolist() == [1, 2, 3, 3, 3]
    assert probe.inputs[:, 0, 0, 0].tolist() == [100, 150, 0, 50, 200]
    assert Probe.from_images(tmp_path, size=(8, 8), limit=3).labels.tolist() == [1, 2, 3]
    named = Probe.from_images(str(tmp_path), (8, 8), labels=[0] * 5, class_names=["all"])
    assert (named.class_names, named.labels.tolist()) == (["all"], [0] * 5)
    with pytest.raises(FileNotFoundError):
        Probe.from_images(tmp_path / "empty", size=(8, 8))


def test_class_names_survive_what_is_made_of_a_data_set(tmp_path, digits):
    for name, digit in (("one", 1), ("zero", 0)):
        (tmp_path / name).mkdir()
        for i, x in enumerate(digits.x_test[digits.y_test == digit][:4]):
            Image.fromarray((x[..., 0] * 255).astype("uint8")).save(tmp_path / name / f"{i}.png")
    data = keras.utils.image_dataset_from_directory(
        tmp_path, image_size=(8, 8), color_mode="grayscale", shuffle=False, verbose=False
    )
    for made in (
        data.cache().prefetch(2),
        data.map(lambda x, y: (x / 255.0, y)).cache().shuffle(8, seed=0).prefetch(tf.data.AUTOTUNE),
        data.unbatch().batch(3).take(2),
        data.concatenate(data),
        tf.data.Dataset.zip((data, data)).map(lambda a, b: a),
    ):
        assert Probe.from_dataset(made, size=4).class_names == ["one", "zero"]
    assert Probe.from_dataset(tf.data.Dataset.range(4).batch(4), size=4).class_names is None


class Tensor:
    """What a PyTorch tensor has that NumPy cannot read as it is."""

    def __init__(self, array):
        self.array, self.shape, self.ndim, self.dtype = array, array.shape, array.ndim, "float32"

    def detach(self):
        return Tensor(self.array)

    cpu = detach

    def numpy(self):
        return self.array

    def __array__(self, *args, **kwargs):
        raise TypeError("can't convert a CUDA tensor that requires grad")


class Loader:
    """As a DataLoader: an iterable of lists of tensors, with its data set's classes."""

    class dataset:
        classes = [str(n) for n in range(10)]  # noqa: RUF012

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __iter__(self):
        return ([Tensor(self.x[i : i + 9]), Tensor(self.y[i : i + 9])] for i in range(0, 270, 9))


def test_a_loader_of_pytorch(digits):
    probe = Probe.from_dataset(Loader(digits.x_test, digits.y_test), size=10)
    assert probe.labels.tolist() == list(range(10))
    assert probe.class_names == Loader.dataset.classes
    assert Probe(Tensor(digits.x_test[:2])).size == 2


def test_labels_that_are_names_are_balanced(digits):
    names = [f"n{c}" for c in range(10)]
    words = np.array(names)[digits.y_test]
    places = first_of_each(digits.y_test, 12)
    data = tf.data.Dataset.from_tensor_slices((digits.x_test, words))
    for source in ((digits.x_test, words), data, data.batch(7)):
        probe = Probe.from_dataset(source, size=12, class_names=names)
        np.testing.assert_array_equal(probe.labels, digits.y_test[places])
    with pytest.raises(ValueError, match=r"labels are names \('n.', …\); give class_names="):
        Probe.from_dataset(data)


def test_text_and_signals_of_a_data_set(digits):
    texts = tf.data.Dataset.from_tensor_slices((["gut", "schön"], [1, 0]))
    for source in (texts, texts.batch(2)):
        probe = Probe.from_dataset(source, size=2)
        assert probe.kind == "text"
        assert {row[0] for row in probe.shown.words} == {"gut", "schön"}
    signals = tf.data.Dataset.from_tensor_slices((np.zeros((6, 50, 1)), np.arange(6) % 2))
    for source in (signals, signals.batch(3), signals.batch(3, drop_remainder=True)):
        assert Probe.from_dataset(source, size=4).inputs.shape == (4, 50, 1)


def test_no_warning_where_all_is_well(digits):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Probe.from_dataset((digits.x_test, digits.y_test))
