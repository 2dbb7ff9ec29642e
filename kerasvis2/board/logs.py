"""What the tab asks of TensorBoard's data, as plain JSON-able values."""

from __future__ import annotations

import contextlib
import posixpath
import re
from typing import Any

from tensorboard import errors
from tensorboard.data import provider

from kerasvis2.board import runs
from kerasvis2.board.tags import HEAD, is_map, listed, usual_first
from kerasvis2.board.told import told
from kerasvis2.record.index import SCALE_TAG, SCALES
from kerasvis2.record.maps import ANSWERS, ANSWERS_TAG, MAPS, MAPS_TAG, PROBE_TAG, is_blob

# What the stock dashboards call their data.
_IMAGES, _SCALARS, _TEXT = "images", "scalars", "text"
# Both loaders have already thinned out the series; here nothing more is dropped.
_ALL = 2**31 - 1
_POINTS = 1000
# A step of more pictures is none: the log only says so, and TensorBoard would name each of them.
_LONGEST = 10_000

# The data server cannot decode its own keys where JSON had to escape a character in them, and this
# is how it says so.
_UNREADABLE = "expected a borrowed string"

_ABOUT = "kerasvis/run"
_FINGERPRINT = re.compile(r"probe fingerprint\W*([0-9a-f]{8,64})", re.IGNORECASE)


class Logs:
    """Reads one experiment through TensorBoard's data provider, and through nothing else.

    Args:
        data: TensorBoard's data provider.
        context: The request's context.
        experiment: The experiment's id.
    """

    def __init__(self, data: provider.DataProvider, context: Any, experiment: str) -> None:
        self._data = data
        self._context = context
        self._experiment = experiment

    def index(self) -> dict[str, Any]:
        """Names of everything there is: runs, image tags, curves. No data.

        Returns:
            `folder`: where TensorBoard reads. `runs`: a list of `id`, `label`, `fingerprint` (of
            the probe, or None) and `curves` (role to run). `tags`: a list of `name`, `description`,
            `samples` (pictures a step), `runs` (ids) and `maps` (ids of those that kept its maps as
            numbers). `probes`: by run id, the key of its probe. `scalars`: the curves' names.
        """
        folder = self._ask("experiment_metadata").data_location
        images = self._listed(_IMAGES)
        scalars = self._ask("list_scalars", plugin_name=_SCALARS)
        blobs = self._listed(MAPS)
        shown = {*images, *(run for run, tags in blobs.items() if any(map(is_map, tags)))}
        grouped = runs.group(shown, {*shown, *scalars}, root=_last_part(folder))
        prints = self._fingerprints()
        curves = {name for run in grouped for name in run.curves.values()}
        return {
            "folder": folder,
            "runs": [
                {
                    "id": run.id,
                    "label": run.label,
                    "fingerprint": prints.get(run.id),
                    "curves": run.curves,
                }
                for run in grouped
            ],
            "tags": listed(images, blobs, [run.id for run in grouped]),
            "probes": self._probes(),
            "scalars": sorted(
                {tag for name, tags in scalars.items() if name in curves for tag in tags},
                key=usual_first,
            ),
        }

    def series(self, tag: str, sample: int = 0) -> dict[str, Any]:
        """When each run logged `tag`, and under which keys its pictures can be had.

        Args:
            tag: An image tag.
            sample: Which picture, where a step has several.

        Returns:
            By run id: `steps` and `times` (seconds since 1970), ascending; `keys` for `picture`;
            `scales`, the display scale at each step or None; `size`, the last picture's (width,
            height) or None.
        """
        images = self._sequences(_IMAGES, tag)
        scales = self._ask(
            "read_tensors",
            plugin_name=SCALES,
            downsample=_ALL,
            run_tag_filter=provider.RunTagFilter(tags=[SCALE_TAG + tag]),
        )
        found = {}
        for run, tags in images.items():
            data = [d for d in tags.get(tag, ()) if len(d.values) > HEAD + sample]
            if data:
                scale = _by_event(scales.get(run, {}).get(SCALE_TAG + tag, ()))
                found[run] = {
                    "steps": [d.step for d in data],
                    "times": [d.wall_time for d in data],
                    "keys": [d.values[HEAD + sample].blob_key for d in data],
                    "scales": [
                        scale.get((d.step, d.wall_time), scale.get((d.step, None))) for d in data
                    ],
                    "size": self._size(data[-1].values),
                }
        return found

    def maps(self, tag: str) -> dict[str, Any]:
        """When each run kept the maps of an image tag: `steps`, `times`, `keys` by run id."""
        return self._blobs(MAPS_TAG + tag)

    def answers(self) -> bytes:
        """What each run's network answered to its probe, as `told` has it."""
        read = self._ask(
            "read_tensors",
            plugin_name=ANSWERS,
            downsample=_ALL,
            run_tag_filter=provider.RunTagFilter(tags=[ANSWERS_TAG]),
        )
        return told(
            {
                run: [(d.step, _only(d.numpy)) for d in tags.get(ANSWERS_TAG, ())]
                for run, tags in read.items()
            }
        )

    def curves(self, tag: str) -> dict[str, Any]:
        """The points of a curve, by TensorBoard's run: `steps` and `values`."""
        wanted = provider.RunTagFilter(tags=[tag])
        read = self._ask(
            "read_scalars", plugin_name=_SCALARS, downsample=_POINTS, run_tag_filter=wanted
        )
        return {
            run: {"steps": [d.step for d in tags[tag]], "values": [d.value for d in tags[tag]]}
            for run, tags in read.items()
            if tag in tags
        }

    def picture(self, key: str) -> bytes:
        """The picture that `series` gave `key` for, as it was logged.

        Raises:
            ValueError: If `key` is none of TensorBoard's.
            tensorboard.errors.PublicError: If TensorBoard no longer holds the picture.
        """
        try:
            data = self._data.read_blob(self._context, blob_key=key)
        except errors.PublicError as error:
            if _UNREADABLE in str(error):
                raise ValueError(
                    "TensorBoard's fast loader reads no pictures of runs or tags with a quotation "
                    "mark or a backslash in their names; start it with --load_fast=false"
                ) from error
            raise
        except Exception as error:  # whatever TensorBoard raises at keys and logs of any kind
            raise ValueError("key must be one that the series listed") from error
        return bytes(data)

    def numbers(self, key: str) -> bytes:
        """The blob that `maps` or `index` gave `key` for.

        Raises:
            ValueError: If `key` is none of TensorBoard's, or there is something else behind it.
            tensorboard.errors.PublicError: If TensorBoard no longer holds it.
        """
        data = self.picture(key)
        if not is_blob(data):
            raise ValueError("there are no numbers behind this key")
        return data

    def _probes(self) -> dict[str, str]:
        return {run: found["keys"][-1] for run, found in self._blobs(PROBE_TAG).items()}

    def _blobs(self, tag: str) -> dict[str, Any]:
        found = {}
        for run, tags in self._sequences(MAPS, tag).items():
            data = [d for d in tags.get(tag, ()) if d.values]
            if data:
                found[run] = {
                    "steps": [d.step for d in data],
                    "times": [d.wall_time for d in data],
                    "keys": [d.values[0].blob_key for d in data],
                }
        return found

    def _listed(
        self, plugin: str, wanted: provider.RunTagFilter | None = None
    ) -> dict[str, dict[str, Any]]:
        """By run and tag what is known of a plugin's pictures or blobs, without reading any."""
        found = self._ask("list_blob_sequences", plugin_name=plugin, run_tag_filter=wanted)
        whole = {
            run: {tag: one for tag, one in tags.items() if (one.max_length or 0) <= _LONGEST}
            for run, tags in found.items()
        }
        return {run: tags for run, tags in whole.items() if tags}

    def _sequences(self, plugin: str, tag: str) -> dict[str, Any]:
        """The same with all steps, of one tag."""
        listed = self._listed(plugin, provider.RunTagFilter(tags=[tag]))
        wanted = provider.RunTagFilter(runs=list(listed), tags=[tag])
        found: dict[str, Any] = self._ask(
            "read_blob_sequences", plugin_name=plugin, downsample=_ALL, run_tag_filter=wanted
        )
        return found

    def _ask(self, what: str, **arguments: Any) -> Any:
        ask = getattr(self._data, what)
        try:
            return ask(self._context, experiment_id=self._experiment, **arguments)
        except errors.PublicError:
            raise
        except Exception:
            if "plugin_name" not in arguments:
                raise
        # A damaged log names a type that there is not, or a size that no memory has, and of a log
        # that TensorBoard's Python loader is reading not all is there yet: it costs that run, and
        # no other.
        found: dict[str, Any] = {}
        every = arguments.pop("run_tag_filter", None) or provider.RunTagFilter()
        names = every.runs or [run.run_name for run in self._ask("list_runs")]
        for run in names:
            wanted = provider.RunTagFilter(runs=[run], tags=every.tags)
            with contextlib.suppress(Exception):
                found |= ask(
                    self._context,
                    experiment_id=self._experiment,
                    run_tag_filter=wanted,
                    **arguments,
                )
        return found

    def _fingerprints(self) -> dict[str, str]:
        read = self._ask(
            "read_tensors",
            plugin_name=_TEXT,
            downsample=1,
            run_tag_filter=provider.RunTagFilter(tags=[_ABOUT]),
        )
        found = {}
        for run, tags in read.items():
            for datum in tags.get(_ABOUT, ()):
                text = b"\n".join(map(_bytes, datum.numpy.flat)).decode("utf-8", "replace")
                if match := _FINGERPRINT.search(text):
                    found[run] = match[1].lower()
        return found

    def _size(self, values: Any) -> list[int] | None:
        try:
            return [int(self.picture(value.blob_key)) for value in values[:HEAD]]
        except (ValueError, errors.PublicError):
            return None


def _by_event(data: Any) -> dict[tuple[int, float | None], float]:
    # A resumed run may have logged a step twice; a picture and its scale share one event's time.
    found: dict[tuple[int, float | None], float] = {}
    for datum in data:
        value = float(datum.numpy)
        found[datum.step, datum.wall_time] = found[datum.step, None] = value
    return found


def _only(tensor: Any) -> bytes:
    return _bytes(tensor.item()) if tensor.size == 1 else b""


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _last_part(folder: str) -> str:
    return posixpath.basename(folder.replace("\\", "/").rstrip("/")) or "."
