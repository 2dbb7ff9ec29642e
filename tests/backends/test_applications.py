"""Every CAM and gradient method on the architectures of keras.applications."""

import numpy as np
import pytest
import sweep
from kinds import GRADIENT_CAMS

CASES = [
    pytest.param(
        *(name, way), marks=[] if (name, way) == ("MobileNet", "bare") else [pytest.mark.soak]
    )
    for name in sweep.ARCHITECTURES
    for way in sweep.WAYS
]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("name", "way"), CASES)
def test_every_method_sees_something(name, way, tmp_path):
    sweep.save(tmp_path, name, way)
    found = sweep.computed(tmp_path)
    side = sweep.pictures(name).shape[1]
    views = {key.split("/")[1] for key in found}
    assert len(views) == len(GRADIENT_CAMS) + 5 + 3 * sweep.ARCHITECTURES[name][1]
    for key, array in found.items():
        assert np.isfinite(array).all(), key
        assert len(array) == 2, key
        if "/input" in key and "gap" not in key:
            assert array.shape[1:3] == (side, side), key
            assert np.abs(array).max() > 0, key
    cams = [array for key, array in found.items() if "cam" in key.split("/")[1]]
    assert any(array.max() > 0 for array in cams)
