"""Loss and metrics over the epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasvis2.keys import apart
from kerasvis2.views.base import About, Arrays, Drawing, Picture, Request, View

if TYPE_CHECKING:
    from kerasvis2.probe import Probe


class Curves(View):
    """Loss, metrics and learning rate: scalars as Keras writes them, and one drawn picture.

    Scalars go where `keras.callbacks.TensorBoard` puts them, so that TensorBoard overlays
    training and validation as users know it: `epoch_loss`, `epoch_accuracy`, … in the folders
    `train` and `validation`, and `epoch_learning_rate` in `train`. The picture sets each metric's
    training against its validation, the best validation epoch marked.

    Tag: `curves/00_metrics`. Cost: no pass. Inside `fit` only: alone there is no history, so
    `compute` returns nothing.

    Args:
        freq: draw it every so many epochs instead of the monitor's, 0 for never, or a callable
            `epoch -> bool`. The scalars are of every epoch.

    Examples:
        >>> monitor = kv.Monitor("runs/new", views=[kv.Curves()])
        >>> history = model.fit(x, y, epochs=1, verbose=0, callbacks=[monitor])
        >>> kv.read("runs/new")["new"].steps("curves/00_metrics")
        [0]
    """

    title = "Curves"
    needs_training = "it draws the metrics of a training, epoch by epoch"
    unit = "epoch"

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return Request(probe=False)

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        drawing = Drawing()
        if not about.history:
            return drawing
        for name, points in about.history.items():
            value = points[-1][1]
            if name.startswith("val_"):
                drawing.validation[f"epoch_{name[4:]}"] = value
            else:
                drawing.train[f"epoch_{name}"] = value
        if about.drawn:
            from kerasvis2.render import curves_sheet

            title = about.title("Curves", "")
            drawing.pictures[apart("metrics")] = Picture(curves_sheet(about.history, title=title))
        return drawing
