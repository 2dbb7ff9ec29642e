"""Monitor, the Keras callback that wires the rooms together."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from kerasvis2.observe.observer import OUTPUTS, Observation, Observer, Plan
from kerasvis2.record.card import CARD, run_card, run_info
from kerasvis2.record.entries import VIS, answered, entries, probed
from kerasvis2.record.events import Value, text
from kerasvis2.record.files import place, write_json
from kerasvis2.record.hparams import session_end, session_start
from kerasvis2.record.recorder import Recorder
from kerasvis2.record.writer import foreign_writers
from kerasvis2.schedule import check_freq, due
from kerasvis2.version import versions
from kerasvis2.views.alone import describe
from kerasvis2.views.base import View
from kerasvis2.views.defaults import default_views

if TYPE_CHECKING:
    from kerasvis2.probe import Probe

FOLDERS = ("train", "validation", VIS)
CHECKS = 3  # epochs of a fit: callbacks do not change within it
PATIENCE = 10.0  # seconds that training waits for the drawing before somebody is told
SESSION = ""  # HParams looks for a run's metrics in the folders below its session's


class Monitor(keras.callbacks.Callback):
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
    counting.

    Args:
        log_dir: the run's folder; its parent is what TensorBoard is pointed at.
        probe: the images to look at, a `Probe`. Without one, only views that need none are used.
        views: a list of views; `kerasvis2.default_views()` by default.
        freq: how often to look: every so many steps, 0 for never, or a callable `step -> bool`
            such as `kerasvis2.log_spaced(10)`. A view's own `freq` goes before.
        unit: what a step is: "epoch", or "batch" for the optimizer's iterations.
        batch_size: look at so many probe images at a time; by default all at once, in turns only
            where the layers that the views read are so large that memory matters.
        on_error: "warn" reports a view that fails once, with its traceback, and switches it off;
            "raise" stops the training.
        hparams: name → number, string or bool, shown in TensorBoard's HParams tab.
        maps: whether attributions are kept as numbers too, in 8 bits, which the tab draws anew and
            compares and `kv.read` gives back; 16 for 16 bits.

    Raises:
        ValueError: on a bad argument, when it is given; on a probe, labels or layers that do not
            fit the model, when training starts.
        OSError: where `log_dir` cannot be written, when training starts.
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
    ) -> None:
        super().__init__()
        _check_arguments(log_dir, probe, views, unit, on_error)
        if maps not in (True, False, 8, 16):
            raise ValueError(f"maps={maps!r}: give True (8 bits), False, 8 or 16.")
        check_freq(freq)
        self.log_dir = place(log_dir)
        self.probe = probe
        self.freq = freq
        self.unit = unit
        self.batch_size = batch_size
        self.on_error = on_error
        self.hparams = None if hparams is None else dict(hparams)
        given = default_views() if views is None else views
        self.views = _named(given)
        self._drop_probeless = views is None and probe is None
        self._bits = int(maps) if maps not in (True, False) else 8 * int(maps)
        self._recorder = Recorder(self.log_dir, on_error=self._report)
        self._observer: Observer | None = None
        self._plans: dict[str, Plan] = {}
        self._history: dict[str, list[tuple[int, float]]] = {}
        self._frozen: dict[str, dict[str, float]] = {}
        self._kept: dict[str, dict[str, Any]] = {}
        self._reported: set[str] = set()
        self._card: str | None = None
        self._session_open = False
        self._last_epoch = 0
        self._started = 0.0
        self._iteration = 0
        self._epoch_start = 0
        self._looked: dict[str, int] = {}
        self._checks = 0
        self._begun = False

    # Keras calls these.

    def on_train_begin(self, logs: Any = None) -> None:
        self._started = time.time()
        self._checks = CHECKS
        self._begun = False
        self._iteration = self._iterations()
        if self._observer is None or not self._observer.fits(self.model):
            self._begin_model()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if not self._begun:  # only now is it known where counting begins
            self._begun = True
            self._recorder.begin(epoch)
        if self.unit == "batch":
            self._epoch_start = self._iterations()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.unit != "batch":
            return
        # Counted here, as reading the optimizer's own count would wait for the device each time.
        before, self._iteration = self._iteration, self._epoch_start + batch + 1
        # Several steps at once, where the model was compiled with steps_per_execution.
        self._look(range(before + 1, self._iteration + 1), "batch")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._remember(epoch, logs or {})
        self._open_session(epoch)
        self._look(range(epoch, epoch + 1), "epoch")
        if self._checks:
            self._checks -= 1
            self._warn_of_company()

    def on_train_end(self, logs: Any = None) -> None:
        self._look_again()
        if self.hparams is not None and self._session_open:
            self._session_open = False
            end = session_end("success", time.time())
            self._recorder.submit(self._last_epoch, lambda: {SESSION: [end]}, 0)
        self._recorder.end()
        self._warn_of_company()

    def _iterations(self) -> int:
        return int(self.model.optimizer.iterations)

    # The way through: look, then draw and write in the background.

    def _begin_model(self) -> None:
        """Finds everything the views ask for, and says so now if it is not there."""
        observer = Observer(self.model, self.probe, self.batch_size)
        plans = {}
        for name, view in self.views.items():
            if self._drop_probeless and view.needs(self.model, None).probe:
                continue
            plans[name] = observer.plan(view, name)
        self._observer, self._plans = observer, plans
        layers, used = observer.survey.layers, versions(keras.backend.backend())
        info = run_info(self.model, self.probe, self.views, layers, self.hparams, versions=used)
        try:
            write_json(self.log_dir / VIS, CARD, info)
        except OSError as error:
            raise OSError(
                f"log_dir={str(self.log_dir)!r} cannot be written: {error}. Give a folder that "
                "exists or can be made."
            ) from error
        self._card = run_card(info)
        try:
            observer.trace(list(plans.values()))
        except ValueError:
            raise  # bad input: said before training starts, whatever on_error is
        except Exception:
            self._trace_one_by_one(observer)

    def _trace_one_by_one(self, observer: Observer) -> None:
        """Finds out which views cannot be traced, and goes on without them."""
        for plan in list(self._plans.values()):
            try:
                observer.trace([plan])
            except Exception as error:
                self._switch_off(plan.name, "tracing", error)

    def _look(self, steps: range, unit: str) -> None:
        observer = self._observer
        assert observer is not None, "on_train_begin comes first"
        plans = [
            plan
            for plan in self._plans.values()
            if (plan.view.unit or self.unit) == unit
            and any(due(_freq(plan.view, self.freq), step) for step in steps)
        ]
        self._look_at(observer, plans, steps[-1], unit)

    def _look_again(self) -> None:
        """Training ends: views that show it as a whole look once more, unless they just did."""
        observer = self._observer
        if observer is None or not self._history:
            return
        ends = {"epoch": self._last_epoch, "batch": self._iteration}
        for unit, step in ends.items():
            plans = [
                plan
                for name, plan in self._plans.items()
                if plan.view.at_end
                and (plan.view.unit or self.unit) == unit
                and _freq(plan.view, self.freq) != 0
                and self._looked.get(name) != step
            ]
            self._look_at(observer, plans, step, unit)

    def _look_at(self, observer: Observer, plans: list[Plan], step: int, unit: str) -> None:
        if not plans:
            return
        observation, plans = self._observe(observer, plans)
        if observation is None:
            return
        self._looked.update({plan.name: step for plan in plans})
        history = {name: list(points) for name, points in self._history.items()}
        card, self._card = self._card, None

        def draw() -> dict[str, list[Value]]:
            return self._draw(observer, observation, plans, step, unit, history, card)

        self._recorder.submit(step, draw, observation.nbytes)
        if self._recorder.waited > PATIENCE:
            self._warn_once(
                "slow",
                "pictures are asked for faster than they can be drawn, so that training waits for "
                f"them: {self._recorder.waited:.0f} seconds so far. Look less often, such as with "
                "freq=5, at fewer layers or at fewer images.",
            )

    def _observe(
        self, observer: Observer, plans: list[Plan]
    ) -> tuple[Observation | None, list[Plan]]:
        """Looks, without what fails; a failure that is nobody's alone is looked for one by one."""
        try:
            return observer.look(plans), plans
        except Exception as error:
            if len(plans) == 1:
                self._switch_off(plans[0].name, "observing", error)
                return None, []
        for plan in plans:
            try:
                observer.look([plan], remember=False)
            except Exception as error:
                self._switch_off(plan.name, "observing", error)
        good = [plan for plan in plans if plan.name in self._plans]
        return (observer.look(good), good) if 0 < len(good) < len(plans) else (None, [])

    def _draw(
        self,
        observer: Observer,
        observation: Observation,
        plans: list[Plan],
        step: int,
        unit: str,
        history: dict[str, list[tuple[int, float]]],
        card: str | None,
    ) -> dict[str, list[Value]]:
        """Runs on the background thread."""
        outputs = observation.arrays(OUTPUTS)
        found: dict[str, list[Value]] = {folder: [] for folder in FOLDERS}
        if card is not None:
            found[VIS].append(text("kerasvis/run", card))
        for plan in plans:
            frozen = self._frozen.setdefault(plan.name, {})
            about = describe(
                self.probe,
                observer.survey.layers,
                outputs,
                observer.truth,
                step=step,
                unit=unit,
                history=history,
                frozen=dict(frozen),
                kept=self._kept.get(plan.name, {}),
                wiring=observer.survey.wiring,
            )
            try:
                drawing = plan.view.draw(observation.arrays(plan.name), about)
                values = entries(drawing, plan.name, about.layers, maps=self._bits)
            except Exception as error:
                self._switch_off(plan.name, "drawing", error)
                continue
            self._kept[plan.name] = drawing.keep
            for key, picture in drawing.pictures.items():
                if picture.top:
                    frozen.setdefault(key, picture.top)
            for folder, listed in values.items():
                found[folder] += listed
        if plans and self._bits:
            found[VIS] += answered(about)
            if card is not None:
                found[VIS] += probed(about, self.probe)
        return found

    def _open_session(self, epoch: int) -> None:
        """Tells the HParams tab of this run, once its metrics are known by name."""
        self._last_epoch = epoch
        if self.hparams is None or self._session_open:
            return
        self._session_open = True
        begin = [session_start(self.hparams, time.time())]
        self._recorder.submit(epoch, lambda: {SESSION: begin}, 0)

    def _remember(self, epoch: int, logs: Mapping[str, Any]) -> None:
        values = {name: float(value) for name, value in logs.items()}
        rate = getattr(self.model.optimizer, "learning_rate", None)
        if rate is not None:
            values.setdefault("learning_rate", float(keras.ops.convert_to_numpy(rate)))
        for name, value in values.items():
            points = self._history.setdefault(name, [])
            if points and points[-1][0] >= epoch:
                points[:] = [point for point in points if point[0] < epoch]
            points.append((epoch, value))

    # What goes wrong.

    def _switch_off(self, name: str, doing: str, error: BaseException) -> None:
        if self._plans.pop(name, None) is None:
            return
        if self.on_error == "raise":
            raise error
        self._report(f"{doing} the view {name!r}, which is switched off now", error)

    def _report(self, doing: str, error: BaseException) -> None:
        if self.on_error == "raise":
            raise error
        trace = "".join(traceback.format_exception(error))
        warnings.warn(
            f"kerasvis2: an error while {doing}; training goes on.\n{trace}", stacklevel=2
        )

    def _warn_once(self, key: str, words: str) -> None:
        if key not in self._reported:
            self._reported.add(key)
            warnings.warn(f"kerasvis2: {words}", stacklevel=2)

    def _warn_of_company(self) -> None:
        """Says so where another callback writes curves into the same folders."""
        for folder in FOLDERS:
            seen = foreign_writers(self.log_dir / folder, self._started)
            # Listed after: the recorder may begin a file at any moment.
            own = {path.name for path in self._recorder.event_files()}
            others = [name for name in seen if name not in own]
            if others:
                self._warn_once(
                    "company",
                    f"something else, such as keras.callbacks.TensorBoard, writes to "
                    f"{str(self.log_dir / folder)!r} too ({others[0]}). TensorBoard reads only one "
                    "writer of a folder at a time and would hide some of the data. Give the other "
                    f"callback a folder of its own, such as {str(self.log_dir / 'keras')!r}; the "
                    "monitor writes the curves under the same tags already.",
                )


def _freq(view: View, common: Any) -> Any:
    return common if view.freq is None else view.freq


def _check_arguments(log_dir: Any, probe: Any, views: Any, unit: Any, on_error: Any) -> None:
    from kerasvis2.probe import Probe

    if not isinstance(log_dir, (str, Path)) or not str(log_dir):
        raise ValueError(f"log_dir={log_dir!r}: give the folder to write to.")
    if probe is not None and not isinstance(probe, Probe):
        raise ValueError(
            f"probe is a {type(probe).__name__}; wrap the images: kerasvis2.Probe(images, labels)."
        )
    for view in views or ():
        if isinstance(view, type) or not callable(getattr(view, "needs", None)):
            raise ValueError(
                f"views: {view!r} is not a view; give views such as kerasvis2.GradCAM()."
            )
    if unit not in ("epoch", "batch"):
        raise ValueError(f'unit={unit!r}: give "epoch" or "batch".')
    if on_error not in ("warn", "raise"):
        raise ValueError(f'on_error={on_error!r}: give "warn" or "raise".')


def _named(views: Sequence[View]) -> dict[str, View]:
    """Each view under its name in the tags; a second one of a kind is `name_2`."""
    named: dict[str, View] = {}
    for view in views:
        count = sum(1 for other in named.values() if other.name == view.name)
        named[f"{view.name}_{count + 1}" if count else view.name] = view
    return named
