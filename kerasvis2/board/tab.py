"""The tab's web server: what it answers to which address."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

from tensorboard import plugin_util
from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from werkzeug import wrappers

from kerasvis2.board.logs import Logs
from kerasvis2.record.maps import MAPS

_DAY = 24 * 60 * 60
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_NUMBERS = "application/octet-stream"
# Only what a browser draws and never runs; SVG, which can hold a script, is not among them.
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}

Route = Callable[[wrappers.Request], wrappers.Response]


class KerasvisTab(base_plugin.TBPlugin):
    """Shows image summaries of many runs next to each other, step by step.

    Args:
        context: What TensorBoard gives to its plugins.
    """

    plugin_name = "kerasvis"

    def __init__(self, context: base_plugin.TBContext) -> None:
        self._data = context.data_provider

    def get_plugin_apps(self) -> dict[str, Any]:
        """Returns an application for each address below `data/plugin/kerasvis`."""
        routes: dict[str, Route] = {
            "/index": self._index,
            "/series": self._series,
            "/curves": self._curves,
            "/picture": self._picture,
            "/maps": self._maps,
            "/answers": self._answers,
            "/numbers": self._numbers,
        }
        # One address a file, known beforehand: no request can name another file.
        routes |= {f"/static/{name}": _file(name, data) for name, data in static_files().items()}
        return {address: _application(route) for address, route in routes.items()}

    def is_active(self) -> bool:
        """Returns False: there being image summaries (`data_plugin_names`) is what counts."""
        return False

    def data_plugin_names(self) -> tuple[str, ...]:
        """Returns the names under which the data that makes the tab appear is logged."""
        return ("images", MAPS)

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """Returns the tab's name and its first script."""
        return base_plugin.FrontendMetadata(es_module_path="/static/index.js", tab_name="Kerasvis")

    def _logs(self, request: wrappers.Request) -> Logs:
        environ = request.environ
        return Logs(self._data, plugin_util.context(environ), plugin_util.experiment_id(environ))

    def _index(self, request: wrappers.Request) -> wrappers.Response:
        return _json(request, self._logs(request).index())

    def _series(self, request: wrappers.Request) -> wrappers.Response:
        sample = int(request.args.get("sample", "0"))
        if sample < 0:
            raise ValueError(f"sample must be 0 or more, got {sample}")
        return _json(request, self._logs(request).series(_argument(request, "tag"), sample))

    def _curves(self, request: wrappers.Request) -> wrappers.Response:
        return _json(request, self._logs(request).curves(_argument(request, "tag")))

    def _maps(self, request: wrappers.Request) -> wrappers.Response:
        return _json(request, self._logs(request).maps(_argument(request, "tag")))

    def _answers(self, request: wrappers.Request) -> wrappers.Response:
        return http_util.Respond(request, self._logs(request).answers(), _NUMBERS)

    def _numbers(self, request: wrappers.Request) -> wrappers.Response:
        data = self._logs(request).numbers(_argument(request, "key"))
        return http_util.Respond(request, data, _NUMBERS, expires=_DAY)

    def _picture(self, request: wrappers.Request) -> wrappers.Response:
        data = self._logs(request).picture(_argument(request, "key"))
        kind = _kind(data)
        if kind is None:
            return http_util.Respond(request, "Not a picture", "text/plain", code=415)
        return http_util.Respond(request, data, kind, expires=_DAY)


def static_files() -> dict[str, bytes]:
    """Returns the tab's own files, and those it shares with the pages of `compare`, by name."""
    folders = [resources.files("kerasvis2") / "compare" / "js"]
    folders.append(resources.files("kerasvis2.board") / "static")
    files = [path for folder in folders for path in folder.iterdir()]
    return {path.name: path.read_bytes() for path in files if path.name.endswith(tuple(_TYPES))}


def _application(route: Route) -> Any:
    @wrappers.Request.application
    def application(request: wrappers.Request) -> wrappers.Response:
        if request.method not in ("GET", "HEAD"):
            return http_util.Respond(request, "Only GET", "text/plain", code=405)
        try:
            return route(request)
        except ValueError as error:
            return http_util.Respond(request, str(error), "text/plain", code=400)

    return application


def _argument(request: wrappers.Request, name: str) -> str:
    value = request.args.get(name)
    if value is None:
        raise ValueError(f"{name} is missing")
    return value


def _json(request: wrappers.Request, content: Any) -> wrappers.Response:
    return http_util.Respond(request, content, "application/json")


def _kind(data: bytes) -> str | None:
    return next((kind for start, kind in _PICTURES.items() if data.startswith(start)), None)


def _file(name: str, data: bytes) -> Route:
    kind = _TYPES[name[name.rindex(".") :]]
    return lambda request: http_util.Respond(request, data, kind)
