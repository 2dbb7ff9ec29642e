"""Every gradient method on the architectures of keras.applications, without an option set."""

import keras
import numpy as np
import pytest
from keras import applications, layers

import kerasvis2 as kv
from kerasvis2.observe.observer import Observer

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
QUICK = {("MobileNetV2", "nested"), ("EfficientNetB0", "bare")}
CASES = [
    pytest.param(name, way, marks=[] if (name, way) in QUICK else [pytest.mark.slow])
    for name in MODELS
    for way in ("bare", "nested")
]
CAMS = [kv.GradCAM, kv.GradCAMPlusPlus, kv.HiResCAM, kv.LayerCAM, kv.XGradCAM, kv.EigenCAM]
GRADIENTS = [kv.Saliency, kv.GradientTimesInput, kv.SmoothGrad, kv.VarGrad, kv.IntegratedGradients]
RELU_ONLY = [kv.GuidedBackprop, kv.DeconvNet, kv.GuidedGradCAM]


def build(name, way, side):
    keras.utils.set_random_seed(1)
    make = getattr(applications, name)
    if way == "bare":
        return make(weights=None, input_shape=(side, side, 3), classes=7)
    backbone = make(weights=None, input_shape=(side, side, 3), include_top=False)
    head = [layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(7)]
    return keras.Sequential([keras.Input((side, side, 3)), backbone, *head])


@pytest.mark.parametrize(("name", "way"), CASES)
def test_every_method_sees_something(name, way):
    smallest, has_relu = MODELS[name]
    side = max(64, smallest)  # at 32 the last layers of most are a single place
    model = build(name, way, side)
    images = np.random.default_rng(0).uniform(-1, 1, (2, side, side, 3)).astype("float32")
    probe = kv.Probe(images, [0, 3], display=(-1, 1))
    observer = Observer(model, probe)
    views = [view() for view in [*CAMS, *GRADIENTS, *(RELU_ONLY if has_relu else [])]]
    plans = [observer.plan(view, view.name, whole=True) for view in views]
    observation = observer.look(plans)
    blank = {}
    for view in views:
        found = observation.arrays(view.name)
        for key, value in found.items():
            assert value.dtype == np.float32
            assert np.isfinite(value).all(), f"{view.name} at {key}"
        maps = {key: value for key, value in found.items() if key != "input/gap"}
        blank[view.name] = [key for key, value in maps.items() if np.ptp(value) == 0]
        # A ReLU may leave nothing of a layer's map where all its evidence is against the class.
        assert len(blank[view.name]) <= len(maps) // 4, f"{view.name}: {blank[view.name]}"
        if view.name not in ("grad_cam", "x_grad_cam", "grad_cam_plus_plus"):
            assert not blank[view.name], f"{view.name}: {blank[view.name]}"
    if not has_relu:
        with pytest.raises(ValueError, match="no ReLU"):
            kv.GuidedGradCAM().compute(model, probe)
