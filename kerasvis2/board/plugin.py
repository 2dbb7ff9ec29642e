"""The entry point by which TensorBoard finds the tab."""

from __future__ import annotations

import argparse

from tensorboard.plugins import base_plugin

from kerasvis2.board.tab import KerasvisTab
from kerasvis2.record.index import SCALES
from kerasvis2.record.maps import ANSWERS, MAPS

_KEPT = 500
_PLUGIN = "images"


class KerasvisPlugin(base_plugin.TBLoader):
    """Adds the tab to TensorBoard, and has TensorBoard keep more than ten pictures a tag.

    TensorBoard's own limit is ten, drawn at random, for each tag of each run. The limit set here
    holds for the built-in tabs too; `--samples_per_plugin images=N` goes before it.
    """

    def define_flags(self, parser: argparse.ArgumentParser) -> None:
        """Adds `--kerasvis_images`."""
        group = parser.add_argument_group("kerasvis")
        group.add_argument(
            "--kerasvis_images",
            metavar="N",
            type=int,
            default=_KEPT,
            help="""\
How many pictures TensorBoard keeps in memory for each image tag of each run, in all its tabs, where
--samples_per_plugin does not say how many. Each picture costs the size of its file: 20 tags of 100
kB over 500 steps cost 1 GB a run. A series that is longer is thinned out at random. (default:
%(default)s)\
""",
        )

    def fix_flags(self, flags: argparse.Namespace) -> None:
        """Sets TensorBoard's limit, unless the user has.

        Raises:
            tensorboard.plugins.base_plugin.FlagsError: If the flag is not positive.
        """
        if flags.kerasvis_images < 1:
            raise base_plugin.FlagsError(
                f"--kerasvis_images must be 1 or more, got {flags.kerasvis_images}"
            )
        flags.samples_per_plugin = {
            _PLUGIN: flags.kerasvis_images,
            MAPS: flags.kerasvis_images,
            SCALES: 0,  # all of them, as they are but a number a picture
            ANSWERS: 0,
            **(flags.samples_per_plugin or {}),
        }

    def load(self, context: base_plugin.TBContext) -> KerasvisTab:
        """Returns the tab."""
        return KerasvisTab(context)
