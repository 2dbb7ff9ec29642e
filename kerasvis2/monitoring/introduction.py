"""What a run says of itself before it begins: its card, and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasvis2.record.card import CARD, run_card, run_info
from kerasvis2.record.entries import VIS
from kerasvis2.record.files import Place, write_json
from kerasvis2.version import versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasvis2.monitoring.watching import Watching
    from kerasvis2.views.base import View


def introduce(
    log_dir: Place,
    watching: Watching,
    views: Mapping[str, View],
    hparams: Mapping[str, Any] | None,
    backend: str,
) -> str:
    """Writes `about.json`; returns the same as Markdown.

    Raises:
        OSError: where `log_dir` cannot be written.
    """
    session = watching.session
    tasks = [output.task for output in session.survey.outputs]
    info = run_info(
        session.model.name,
        session.probe,
        views,
        session.survey.facts,
        hparams,
        versions=versions(backend),
        task=[
            f"output {task.name or i}: {task.kind}, as it has {task.why}"
            for i, task in enumerate(tasks)
        ],
        left_out=[f"{name}: {why}" for name, why in watching.left_out.items()],
    )
    try:
        write_json(log_dir / VIS, CARD, info)
    except OSError as error:
        raise OSError(
            f"log_dir={str(log_dir)!r} cannot be written: {error}. Give a folder that exists or "
            "can be made."
        ) from error
    return run_card(info)
