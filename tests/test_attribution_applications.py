"""Every CAM and gradient method on the architectures of keras.applications, as they come."""

import keras
import numpy as np
import pytest
from keras import applications, layers
from kinds import GRADIENT_CAMS

import kerasvis2 as kv
from kerasvis2.layers import tree
from kerasvis2.observe.session import Session

# Name, smallest input, whether there is a ReLU.
MODELS = {
    "MobileNetV2": (32, True),
    "EfficientNetB0": (32, False),
    "MobileNetV3Small": (32, True),
    "ConvNeXtTiny": (32, False),
    "DenseNet121": (32, True),
    "EfficientNetV2B0": (32, False),
    "InceptionResNetV2": (75, True),
    "InceptionV3": (75, True),
    "MobileNet": (32, True),
    "MobileNetV3Large": (32, True),
    "NASNetMobile": (32, True),
    "ResNet50": (32, True),
    "ResNet50V2": (32, True),
    "VGG16": (32, True),
    "VGG19": (32, True),
    "Xception": (71, True),
}
QUICK = {("MobileNetV2", "nested"), ("EfficientNetB0", "bare"), ("MobileNet", "bare")}
CASES = [
    pytest.param(name, way, marks=[] if (name, way) in QUICK else [pytest.mark.slow])
    for name in MODELS
    for way in ("bare", "nested")
]
ENDING_IN_RELU = {getattr(kv, name)().name for name in GRADIENT_CAMS if name != "EigenCAM"}
GRADIENTS = [kv.Saliency, kv.GradientTimesInput, kv.SmoothGrad, kv.VarGrad, kv.IntegratedGradients]
RELU_ONLY = [kv.GuidedBackprop, kv.DeconvNet, kv.GuidedGradCAM]


def build(name, way, images):
    side = images.shape[1]
    keras.utils.set_random_seed(1)
    make = getattr(applications, name)
    if way == "bare":
        return calibrated(make(weights=None, input_shape=(side, side, 3), classes=7), images)
    backbone = make(weights=None, input_shape=(side, side, 3), include_top=False)
    head = [layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(7)]
    return calibrated(keras.Sequential([keras.Input((side, side, 3)), backbone, *head]), images)


def calibrated(model, images):
    """The model with batch normalisations that know the images, as after a training.

    With the statistics they start with they do nothing in inference, and random weights then
    shrink what passes through them layer by layer: to 1e-19 at the end of MobileNet, whose
    variances (of VarGrad) are less than float32 can hold.
    """
    norms = [i.layer for i in tree(model) if isinstance(i.layer, layers.BatchNormalization)]
    for norm in norms:
        norm.momentum = 0.0  # one pass is enough
    model(images, training=True)
    return model


@pytest.mark.parametrize(("name", "way"), CASES)
def test_every_method_sees_something(name, way):
    smallest, has_relu = MODELS[name]
    side = max(64, smallest)  # at 32 the last layers of most are a single place
    images = np.random.default_rng(0).uniform(-1, 1, (2, side, side, 3)).astype("float32")
    model = build(name, way, images)
    probe = kv.Probe(images, [0, 3], display=(-1, 1))
    session = Session(model, probe)
    views = [getattr(kv, name)() for name in GRADIENT_CAMS]
    views += [view() for view in [*GRADIENTS, *(RELU_ONLY if has_relu else [])]]
    plans = [session.add(view, view.name, whole=True) for view in views]
    look = session.look([plan.name for plan in plans])
    for view in views:
        found = look.arrays(view.name)
        for key, value in found.items():
            assert value.dtype == np.float32
            assert np.isfinite(value).all(), f"{view.name} at {key}"
        maps = {key: value for key, value in found.items() if key != "input/gap"}
        blank = [key for key, value in maps.items() if np.ptp(value) == 0]
        # The ReLU at the end leaves nothing of a map where all evidence is against the class: in
        # ConvNeXtTiny at the last downsampling LayerCAM's sums are −0.13 to −0.15 at all places.
        allowed = len(maps) // 4 if view.name in ENDING_IN_RELU else 0
        assert len(blank) <= allowed, f"{view.name}: {blank}"
    if not has_relu:
        with pytest.raises(ValueError, match="no ReLU"):
            kv.GuidedGradCAM().compute(model, probe)
