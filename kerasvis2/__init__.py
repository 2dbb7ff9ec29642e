"""See what a Keras model is learning, epoch by epoch, in TensorBoard.

    import kerasvis2 as kv

    probe = kv.Probe(x_val[:16], y_val[:16], class_names=["cat", "dog"])
    model.fit(x, y, epochs=20, callbacks=[kv.Monitor("runs/baseline", probe)])

The public names are imported on first use, so that the command line and readers of event files
start without TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kerasvis2.version import __version__

if TYPE_CHECKING:
    from kerasvis2.compare import compare as compare
    from kerasvis2.compare import read as read
    from kerasvis2.compare import similarity as similarity
    from kerasvis2.drawing import About as About
    from kerasvis2.drawing import Drawing as Drawing
    from kerasvis2.drawing import Picture as Picture
    from kerasvis2.keys import Key as Key
    from kerasvis2.monitor import Monitor as Monitor
    from kerasvis2.observe.request import Reduced as Reduced
    from kerasvis2.observe.request import Request as Request
    from kerasvis2.observe.session import Session as Session
    from kerasvis2.probe import Probe as Probe
    from kerasvis2.schedule import log_spaced as log_spaced
    from kerasvis2.views.activation_maximization import (
        ActivationMaximization as ActivationMaximization,
    )
    from kerasvis2.views.activations import Activations as Activations
    from kerasvis2.views.attention import Attention as Attention
    from kerasvis2.views.attention_rollout import AttentionRollout as AttentionRollout
    from kerasvis2.views.base import View as View
    from kerasvis2.views.curves import Curves as Curves
    from kerasvis2.views.deconv_net import DeconvNet as DeconvNet
    from kerasvis2.views.defaults import default_views as default_views
    from kerasvis2.views.drift import Drift as Drift
    from kerasvis2.views.eigen_cam import EigenCAM as EigenCAM
    from kerasvis2.views.filmstrip import Filmstrip as Filmstrip
    from kerasvis2.views.filters import Filters as Filters
    from kerasvis2.views.grad_cam import GradCAM as GradCAM
    from kerasvis2.views.grad_cam_plus_plus import GradCAMPlusPlus as GradCAMPlusPlus
    from kerasvis2.views.gradient_times_input import GradientTimesInput as GradientTimesInput
    from kerasvis2.views.guided_backprop import GuidedBackprop as GuidedBackprop
    from kerasvis2.views.guided_grad_cam import GuidedGradCAM as GuidedGradCAM
    from kerasvis2.views.hi_res_cam import HiResCAM as HiResCAM
    from kerasvis2.views.integrated_gradients import IntegratedGradients as IntegratedGradients
    from kerasvis2.views.layer_cam import LayerCAM as LayerCAM
    from kerasvis2.views.layer_health import LayerHealth as LayerHealth
    from kerasvis2.views.lime import LIME as LIME
    from kerasvis2.views.model_graph import ModelGraph as ModelGraph
    from kerasvis2.views.occlusion import Occlusion as Occlusion
    from kerasvis2.views.predictions import Predictions as Predictions
    from kerasvis2.views.rise import RISE as RISE
    from kerasvis2.views.saliency import Saliency as Saliency
    from kerasvis2.views.score_cam import ScoreCAM as ScoreCAM
    from kerasvis2.views.smooth_grad import SmoothGrad as SmoothGrad
    from kerasvis2.views.var_grad import VarGrad as VarGrad
    from kerasvis2.views.x_grad_cam import XGradCAM as XGradCAM


# The one table of public names: each name and the module it lives in.
_HOMES = {
    "About": "drawing",
    "ActivationMaximization": "views.activation_maximization",
    "Activations": "views.activations",
    "Attention": "views.attention",
    "AttentionRollout": "views.attention_rollout",
    "Curves": "views.curves",
    "DeconvNet": "views.deconv_net",
    "Drawing": "drawing",
    "Drift": "views.drift",
    "EigenCAM": "views.eigen_cam",
    "Filmstrip": "views.filmstrip",
    "Filters": "views.filters",
    "GradCAM": "views.grad_cam",
    "GradCAMPlusPlus": "views.grad_cam_plus_plus",
    "GradientTimesInput": "views.gradient_times_input",
    "GuidedBackprop": "views.guided_backprop",
    "GuidedGradCAM": "views.guided_grad_cam",
    "HiResCAM": "views.hi_res_cam",
    "IntegratedGradients": "views.integrated_gradients",
    "Key": "keys",
    "LIME": "views.lime",
    "LayerCAM": "views.layer_cam",
    "LayerHealth": "views.layer_health",
    "ModelGraph": "views.model_graph",
    "Monitor": "monitor",
    "Occlusion": "views.occlusion",
    "Picture": "drawing",
    "Predictions": "views.predictions",
    "Probe": "probe",
    "RISE": "views.rise",
    "Reduced": "observe.request",
    "Request": "observe.request",
    "Saliency": "views.saliency",
    "ScoreCAM": "views.score_cam",
    "Session": "observe.session",
    "SmoothGrad": "views.smooth_grad",
    "VarGrad": "views.var_grad",
    "View": "views.base",
    "XGradCAM": "views.x_grad_cam",
    "compare": "compare",
    "default_views": "views.defaults",
    "log_spaced": "schedule",
    "read": "compare",
    "similarity": "compare",
}

_OLDER = {"Needs": "Request"}  # names that go on working

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    known = _OLDER.get(name, name)
    home = _HOMES.get(known)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), known)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
