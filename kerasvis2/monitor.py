"""Monitor, the Keras callback that wires the rooms together."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from kerasvis2.monitoring.arguments import (
    bits_of,
    check_arguments,
    check_without_probe,
    named,
    part_of,
)
from kerasvis2.monitoring.company import warn_of_company
from kerasvis2.monitoring.copies import Copies
from kerasvis2.monitoring.drawer import Drawer, Moment
from kerasvis2.monitoring.failures import Failures
from kerasvis2.monitoring.guarded import guarded
from kerasvis2.monitoring.history import History
from kerasvis2.monitoring.hparams_session import HParamsSession
from kerasvis2.monitoring.introduction import introduce
from kerasvis2.monitoring.left_out import SPREAD, by_cause
from kerasvis2.monitoring.watching import Watching
from kerasvis2.observe.backend import backend
from kerasvis2.observe.session import Session
from kerasvis2.observe.state import counter, learning_rate
from kerasvis2.observe.survey import builds, is_built
from kerasvis2.probing.check import check_model
from kerasvis2.record.files import absolute, place
from kerasvis2.record.recorder import Recorder
from kerasvis2.views.base import View
from kerasvis2.views.defaults import default_views, is_default

if TYPE_CHECKING:
    from kerasvis2.probe import Probe

CHECKS = 3  # epochs of a fit: callbacks do not change within it
PATIENCE, SHARE = 10.0, 0.1  # seconds and share of a training that may wait for drawing, untold


class Monitor(Copies, keras.callbacks.Callback):
    """Shows in TensorBoard what a network learns, epoch by epoch, while it trains.

        probe = kv.Probe(x_val[:16], y_val[:16], class_names=["cat", "dog"])
        model.fit(x, y, epochs=20, callbacks=[kv.Monitor("runs/baseline", probe)])

    All views that are due share one traced forward and backward pass over the probe; drawing and
    writing happen on a background thread, for which 32 looks may wait, and training where there
    are more. The training is not changed by a single bit: weights, optimizer state, metrics and
    history are those of a training without the monitor.

    Writes scalars to `<log_dir>/train` and `<log_dir>/validation` under Keras's own tags, and
    pictures, texts and `about.json` to `<log_dir>/vis`. The step is Keras's epoch, counted
    from 0. The same monitor may be used for several `fit`s; pass `initial_epoch=` to go on
    counting. In a loop of one's own: `begin(model)`, `look(step, logs)` and `end()`.

    Args:
        log_dir: the run's folder; its parent is what TensorBoard is pointed at.
        probe: the images to look at, a `Probe`. Without one, only views that need none are used.
        views: a list of views; `kerasvis2.default_views()` by default, of which those that do not
            fit the model are left out. Views of other kinds must fit.
        freq: how often to look: every so many steps, 0 for never, or a callable `step -> bool`
            such as `kerasvis2.log_spaced(10)`. A view's own `freq` goes before.
        unit: what a step is: "epoch", or "batch" for the optimizer's iterations.
        batch_size: look at so many probe images at a time; by default all at once, in turns only
            where the layers that the views read are so large that memory matters.
        on_error: "warn" reports a view that fails once, in two lines, and switches it off, the
            traceback goes to `<log_dir>/errors.log`; "raise" stops the training.
        hparams: name → number, string or bool, shown in TensorBoard's HParams tab.
        maps: whether attributions are kept as numbers too, in 8 bits, which the tab draws anew and
            compares and `kv.read` gives back; 16 for 16 bits.
        pictures: at which of these steps pictures are drawn: every so many, or a callable such as
            `kerasvis2.log_spaced(10)`; at the others the maps, curves and numbers alone are
            written, a few hundredths of the bytes, and the tab draws the maps from them.
        part: look at a part of the model instead of all of it: a name, `"generator"` or a layer's,
            or a callable `model -> part`.

    Raises:
        ValueError: on a bad argument, when it is given; on a probe, labels or layers that do not
            fit the model, when training starts.
        OSError: where `log_dir` cannot be written, when training starts.

    Examples:
        >>> monitor = kv.Monitor("runs/new", probe, [kv.Curves(), kv.GradCAM()])
        >>> history = model.fit(x, y, epochs=2, verbose=0, callbacks=[monitor])
        >>> sorted(kv.read("runs/new")["new"].tags())[:2]
        ['curves/00_metrics', 'grad_cam/00_conv1']
    """

    def __init__(
        self,
        log_dir: str | Path,
        probe: Probe | None = None,
        views: Sequence[View] | None = None,
        *,
        freq: Any = 1,
        unit: str = "epoch",
        batch_size: int | None = None,
        on_error: str = "warn",
        hparams: Mapping[str, Any] | None = None,
        maps: bool | int = True,
        pictures: Any = 1,
        part: Any = None,
    ) -> None:
        check_arguments(log_dir, probe, views, unit, on_error, maps, freq, pictures)
        self.log_dir = place(log_dir)
        self.probe = probe
        self.freq = freq
        self.unit = unit
        self.batch_size = batch_size
        self.on_error = on_error
        self.hparams = None if hparams is None else dict(hparams)
        self.maps = maps
        self.part = part
        self.pictures = pictures
        self.views = named(default_views() if views is None else views)
        self._begin_anew()

    def _anew(self) -> None:
        """All that is not a setting: what a training fills, threads, files, the model."""
        super().__init__()
        self._backend = backend()
        self._folder = absolute(self.log_dir)  # training code may change the directory
        self._failures = Failures(self._folder, self.on_error)
        self._recorder = Recorder(self._folder, on_error=self._failures.report)
        self._hparams = HParamsSession(self.hparams, self._recorder)
        self._drawer = Drawer(
            self._folder, self._failures, bits_of(self.maps), self.unit, self.pictures
        )
        self._history = History()
        self._watching: Watching | None = None
        self._card: str | None = None
        self._last = {"epoch": 0, "batch": 0}
        self._started = 0.0
        self._epoch_start = self._checks = 0
        self._begun = self._given_up = False
        self._quiet = False  # of several processes that train together the first one looks
        if self.unit == "batch":
            # Keras switches its asynchronous dispatch off where a callback has a batch hook, so
            # there is one only where somebody looks at batches.
            self.on_train_batch_end = self._after_batch

    # Keras calls these.

    def on_train_begin(self, logs: Any = None) -> None:
        self._used_here()
        self._quiet = not self._backend.first() or self._is_spread()
        if self._quiet:
            return
        self._started = time.time()
        self._checks = CHECKS
        self._begun = False
        self._last["batch"] = self._epoch_start = self._iterations()
        check_model(self.model)
        model = part_of(self.model, self.part)
        if self._watching is not None and self._watching.session.model is not model:
            self._watching = None
        if self._watching is None and (is_built(model) or builds(model, self.probe)):
            self._begin(model)
        elif self._watching is None and self.probe is None:
            check_without_probe(self.views.values(), model)

    @guarded
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if not self._begun:  # only now is it known where counting begins
            self._begun = True
            self._recorder.begin(epoch)
        if self.unit == "batch":
            self._epoch_start = self._iterations()

    @guarded
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._last["epoch"] = epoch
        self._history.add(epoch, logs or {}, self._learning_rate())
        self._hparams.open(epoch, logs or {})
        self._look(range(epoch, epoch + 1), "epoch")
        if self._checks:
            self._checks -= 1
            warn_of_company(self._folder, self._recorder, self._started, self._failures)

    @guarded
    def on_train_end(self, logs: Any = None) -> None:
        if self._watching is not None and self._history:
            for unit, step in self._last.items():
                self._look_at(self._watching.due_at_end(step, unit), step, unit)
        self._hparams.close(self._last["epoch"])
        self._recorder.end()
        if self._watching is not None:
            self._watching.drop(self._failures.collect())
        warn_of_company(self._folder, self._recorder, self._started, self._failures)

    # A loop of one's own calls these.

    def begin(self, model: Any) -> None:
        """Training starts: finds everything the views ask for, and says so if it is not there."""
        self.set_model(model)
        self.on_train_begin()

    @guarded
    def look(self, step: int, logs: Mapping[str, Any] | None = None) -> None:
        """A step of training is over.

        Args:
            step: the epoch, or with `unit="batch"` the number of steps made.
            logs: metrics by name, for the curves.
        """
        if self.unit == "epoch":
            self.on_epoch_end(step, logs)
            return
        if logs:
            self._history.add(step, logs, self._learning_rate())
        before, self._last["batch"] = self._last["batch"], step
        self._look(range(min(before, step - 1) + 1, step + 1), "batch")

    def end(self) -> None:
        """Training is over: what waits is drawn and written."""
        self.on_train_end()

    # How.

    @guarded
    def _after_batch(self, batch: int, logs: Any = None) -> None:
        # Counted here, as reading the optimizer's own count would wait for the device each time.
        before, now = self._last["batch"], self._epoch_start + batch + 1
        self._last["batch"] = now
        # Several steps at once, where the model was compiled with steps_per_execution.
        self._look(range(before + 1, now + 1), "batch")

    def _begin(self, model: Any) -> None:
        """Finds everything the views ask for, and says so now if it is not there."""
        session = Session(model, self.probe, self.batch_size, progress=False)
        self._drawer.probe = session.probe
        optional = {name for name, view in self.views.items() if is_default(view)}
        self._watching = Watching(
            session, self.views, optional, self.freq, self.unit, self._failures, self.pictures
        )
        self._card = introduce(
            self._folder, self._watching, self.views, self.hparams, self._backend.name
        )
        if self.probe is not None:
            for why, words in by_cause(self._watching.left_out).items():
                self._failures.tell(f"left out: {why}", words)

    def _is_spread(self) -> bool:
        """Whether no process has the weights whole; then nothing may be computed with them."""
        spread = self._backend.spread(self.model.variables)
        if spread:
            self._failures.tell("spread", SPREAD)
        return spread

    def _begin_late(self, model: Any) -> None:
        """The same for a model that training had to build; nothing stops it now."""
        self._given_up = self._given_up or self._is_spread()
        if self._given_up:
            return
        try:
            self._begin(model)
        except Exception as error:
            self._given_up = True
            self._failures.report("beginning to look, so that nothing is shown", error)

    def _look(self, steps: range, unit: str) -> None:
        if self._watching is None:
            model = part_of(self.model, self.part)
            if unit == "batch" and not is_built(model):
                return  # after an epoch there is all that will be
            self._begin_late(model)
        if self._watching is not None:
            self._look_at(self._watching.due(steps, unit), steps[-1], unit)

    def _look_at(self, names: list[str], step: int, unit: str) -> None:
        assert self._watching is not None
        if not names:
            return
        _ = self.model  # on JAX this, and only this, gives the variables their values back
        look, views = self._watching.look(names, step)
        if look is None:
            return
        moment, self._card = Moment(step, unit, self._history.copy(), self._card), None
        self._recorder.submit(step, partial(self._drawer.draw, look, views, moment), look.nbytes)
        if self._recorder.waited > max(PATIENCE, SHARE * (time.time() - self._started)):
            self._failures.tell(
                "slow",
                "pictures are asked for faster than they can be drawn, so that training waits for "
                f"them: {self._recorder.waited:.0f} seconds so far. Look less often, such as with "
                "freq=5, at fewer layers or at fewer images.",
            )

    def _iterations(self) -> int:
        count = counter(getattr(self.model, "optimizer", None))
        return 0 if count is None else int(self._backend.number(count))

    def _learning_rate(self) -> float | None:
        return learning_rate(getattr(self.model, "optimizer", None), self._backend.number)
