"""Which views are looked at, and when."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasvis2.monitoring.failures import Failures
from kerasvis2.monitoring.left_out import cause
from kerasvis2.observe.look import Look
from kerasvis2.schedule import Freq, due

if TYPE_CHECKING:
    from kerasvis2.observe.session import Session
    from kerasvis2.views.base import View


LONG = 30.0  # seconds of a look until somebody is told


class Watching:
    """The views of one training: what of them fits the model, who is due, and one look at those.

    Args:
        session: the model and the probe.
        views: every view by its name in the tags.
        optional: names of views that are left out where they do not fit.
        freq: how often, where a view does not say.
        unit: what a step is, likewise.
        pictures: at which steps views are looked at that leave nothing but pictures.
        failures: who is told of views that fail.

    Attributes:
        left_out: the views that do not fit, and why.

    Raises:
        ValueError: where a view that is not optional does not fit the model.
    """

    def __init__(
        self,
        session: Session,
        views: Mapping[str, View],
        optional: set[str],
        freq: Any,
        unit: str,
        failures: Failures,
        pictures: Freq = 1,
    ) -> None:
        self.session = session
        self.left_out: dict[str, str] = {}
        self._views: dict[str, View] = {}
        self._freq = freq
        self._unit = unit
        self._failures = failures
        self._pictures = pictures
        self._looked: dict[str, int] = {}
        self._captions = True
        for name, view in views.items():
            try:
                session.add(view, name)
            except Exception as error:
                if name not in optional:
                    raise _named(error, view) from error
                self.left_out[name] = cause(error, view)
                continue
            self._views[name] = view
        self._trace(optional)

    def due(self, steps: range, unit: str) -> list[str]:
        """The views that one of these steps is a step to look at."""
        names = []
        for name, view in list(self._views.items()):
            if (view.unit or self._unit) != unit:
                continue
            try:
                if any(self._wanted(view, step) for step in steps):
                    names.append(name)
            except Exception as error:
                if view.freq is None:
                    raise  # everybody's
                self._switch_off(name, "asking for the freq of", error)
        return names

    def due_at_end(self, step: int, unit: str) -> list[str]:
        """The views that show a training as a whole, unless they just did."""
        return [
            name
            for name, view in self._views.items()
            if view.at_end
            and (view.unit or self._unit) == unit
            and self._freq_of(view) != 0
            and self._looked.get(name) != step
        ]

    def look(self, names: Sequence[str], step: int) -> tuple[Look | None, dict[str, View]]:
        """One look at these views, without those that fail."""
        self.drop(self._failures.collect())
        for name, error in self.session.renew().items():
            self._switch_off(name, "tracing", error)
        names = [name for name in names if name in self._views]
        since = time.perf_counter()
        look = self._observe(names)
        seconds = time.perf_counter() - since
        if seconds > LONG:
            self._failures.tell(
                "long",
                f"a look took {seconds:.0f} seconds, for which training waited: "
                f"{', '.join(names)}. Look less often, such as with freq=5, at fewer units, layers "
                "or images.",
            )
        views = {name: self._views[name] for name in names if name in self._views}
        if look is not None:
            self._looked |= dict.fromkeys(views, step)
        return look, views

    def drop(self, names: Sequence[str]) -> None:
        """These views are not looked at any more."""
        for name in names:
            if self._views.pop(name, None) is not None:
                self.session.forget(name)

    def _wanted(self, view: View, step: int) -> bool:
        drawn = not view.only_pictures or due(self._pictures, step)
        return drawn and due(self._freq_of(view), step)

    def _freq_of(self, view: View) -> Any:
        if view.freq is not None:
            return view.freq
        # What is of an epoch, the curves, is of every one, however seldom the model is looked at.
        return 1 if view.unit is not None and self._freq != 0 else self._freq

    def _switch_off(self, name: str, doing: str, error: Exception) -> None:
        self._failures.switched_off(name, doing, error)
        self.drop(self._failures.collect())

    def _trace(self, optional: set[str]) -> None:
        """Compiles what will be looked at, now that an error can still be told as one.

        Bad input, a `ValueError`, is said before training starts, whatever `on_error` is; views
        that are optional are left out.
        """
        with contextlib.suppress(Exception):  # whose it is shows when they are tried one by one
            self.session.trace(list(self._views))
            return
        for name, view in list(self._views.items()):
            try:
                self.session.trace([name])
            except Exception as error:
                if name in optional:
                    self.left_out[name] = cause(error, view)
                    self.drop([name])
                elif isinstance(error, ValueError):
                    raise _named(error, view) from error
                else:
                    self._switch_off(name, "tracing", error)

    def _observe(self, names: Sequence[str]) -> Look | None:
        """Looks; a failure that is nobody's alone is looked for one by one."""
        if not names:
            return None
        try:
            return self.session.look(names, self._captions)
        except Exception as error:
            first = error
        if self._captions:
            # What needs no pass goes on where the model's own pass fails, as its captions do then.
            try:
                self.session.look([], remember=False, alone=True)
            except Exception:
                self._captions = False
        for name in names:
            try:
                self.session.look([name], self._captions, remember=False, alone=True)
            except Exception as error:
                self._switch_off(name, "observing", error)
        good = [name for name in names if name in self._views]
        if len(good) == len(names) and self._captions:
            self._failures.report("observing the views together", first)
            return None
        return self.session.look(good, self._captions) if good else None


def _named(error: Exception, view: View) -> Exception:
    """What a user is told of bad input: a `ValueError` that begins with the view's name."""
    name, words = type(view).__name__, str(error)
    if not isinstance(error, ValueError) or words.startswith(name):
        return error
    return ValueError(f"{name}: {words}")
