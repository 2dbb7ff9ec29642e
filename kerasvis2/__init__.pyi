# The one table of public names: each is imported from here by type checkers, and by
# `kerasvis2/__init__.py` when it is first used.

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
from kerasvis2.version import __version__ as __version__
from kerasvis2.views.activation_maximization import ActivationMaximization as ActivationMaximization
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

__all__: list[str]
