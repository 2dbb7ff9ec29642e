"""Makes the README's gallery: what a trained network sees in two photographs.

pip install "kerasvis2[demo]"
python docs/make_gallery.py --model efficientnet_lite0.keras

The model is an EfficientNet-Lite0 for 1000 classes of ImageNet that takes RGB of 0 to 255; the
photographs are scikit-image's. Without `--view` the pictures of the README are made, `--view` makes
one of them or, by its class name, another view with its own settings.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image
from skimage import data
from skimage.transform import resize

import kerasvis2 as kv

HERE = Path(__file__).parent / "pictures"
NAMES = {285: "Egyptian cat", 385: "Indian elephant", 950: "orange", 967: "espresso"}
FINE, DEEP = "block4_expand_relu", "head_relu"
GALLERY: dict[str, Any] = {
    "grad_cam_plus_plus": kv.GradCAMPlusPlus(layers=DEEP),
    "layer_cam": kv.LayerCAM(layers=FINE),
    "var_grad": kv.VarGrad(),
    "occlusion": kv.Occlusion(),
    "rise": kv.RISE(),
    "lime": kv.LIME(),
    "activation_maximization": kv.ActivationMaximization(units=list(NAMES), quality="best"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a .keras file")
    parser.add_argument("--view", help="such as lime, or Saliency")
    parser.add_argument("--to", type=Path, default=HERE, help="the folder to write to")
    args = parser.parse_args()
    model = keras.models.load_model(args.model, compile=False)
    views = GALLERY
    if args.view:
        views = {args.view: GALLERY.get(args.view) or getattr(kv, args.view)()}
    args.to.mkdir(parents=True, exist_ok=True)
    for name, view in views.items():
        start = time.perf_counter()
        for tag, picture in view.render(model, photographs()).items():
            kept = f"gallery_{name}" if name in GALLERY else tag.replace("/", "__")
            # As PNG they would be large files.
            file = args.to / f"{kept}.{'jpg' if name in GALLERY else 'png'}"
            Image.fromarray(picture).save(file, optimize=True, quality=88)
        print(f"{name}: {time.perf_counter() - start:.0f} s")


def photographs() -> kv.Probe:
    """A cat and a cup of coffee, cut to a square of 224 pixels."""
    names = [NAMES.get(i, str(i)) for i in range(1000)]
    images = np.stack([square(data.chelsea()), square(data.coffee())])
    return kv.Probe(images, class_names=names, display=(0, 255))


def square(photograph: np.ndarray, side: int = 224) -> np.ndarray:
    """Its middle, float32 (side, side, 3) in 0…255."""
    edge = min(photograph.shape[:2])
    top, left = ((length - edge) // 2 for length in photograph.shape[:2])
    middle = photograph[top : top + edge, left : left + edge]
    return resize(middle, (side, side), anti_aliasing=True, preserve_range=True).astype("float32")


if __name__ == "__main__":
    main()
