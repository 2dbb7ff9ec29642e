"""Both of TensorBoard's loaders, the Python and the Rust one, and what they have read."""

import io
import time
import weakref

import numpy as np
import pytest
from PIL import Image
from tensorboard import context
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.data import provider, server_ingester
from tensorboard.util import grpc_util

PATIENCE = 60  # seconds
WHO = {"ctx": context.RequestContext(), "experiment_id": ""}


class Loader:
    """Reads a folder of runs, nothing sampled away.

    Attributes:
        provider: TensorBoard's data provider.
    """

    def steps(self, kind, run, tag, expected):
        """Waits until the steps of a tag are as they should be, and returns their data."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.refresh()
            data = self._read(kind, run, tag)
            if [datum.step for datum in data] == expected:
                return data
        raise AssertionError(f"{run} {tag}: {[datum.step for datum in data]}, not {expected}")

    def pictures(self, run, tag, expected):
        """Waits for the steps, and returns the pictures there."""
        found = []
        for datum in self.steps("blob_sequences", run, tag, expected):
            width, height, png = (
                self.provider.read_blob(ctx=WHO["ctx"], blob_key=value.blob_key)
                for value in datum.values
            )
            image = Image.open(io.BytesIO(png))
            assert image.size == (int(width), int(height))
            found.append(np.array(image.convert("RGB")))
        return found

    def _read(self, kind, run, tag):
        read = getattr(self.provider, f"read_{kind}")
        plugin = "images" if kind == "blob_sequences" else "scalars"
        wanted = provider.RunTagFilter(runs=[run], tags=[tag])
        found = read(**WHO, plugin_name=plugin, downsample=10_000, run_tag_filter=wanted)
        return found.get(run, {}).get(tag, [])


class PythonLoader(Loader):
    def __init__(self, logdir):
        self.logdir = str(logdir)
        self.multiplexer = plugin_event_multiplexer.EventMultiplexer(
            tensor_size_guidance={"images": 0, "scalars": 0}
        )
        self.provider = data_provider.MultiplexerDataProvider(self.multiplexer, self.logdir)

    def refresh(self):
        self.multiplexer.AddRunsFromDirectory(self.logdir)
        self.multiplexer.Reload()


class RustLoader(Loader):
    def __init__(self, logdir):
        try:
            binary = server_ingester.get_server_binary()
        except server_ingester.NoDataServerError as error:
            pytest.skip(f"no data server: {error}")
        self.ingester = server_ingester.SubprocessServerDataIngester(
            binary,
            str(logdir),
            reload_interval=1,
            channel_creds_type=grpc_util.ChannelCredsType.LOCAL,
            samples_per_plugin={"images": 0, "scalars": 0},
        )
        self.ingester.start()
        # The server ends with its input, which outlives the loader otherwise: it would read the
        # folder each second until the last test is over.
        weakref.finalize(self, self.ingester._stdin_handle.close)
        self.provider = self.ingester.data_provider

    def refresh(self):
        time.sleep(0.2)  # it does so by itself


LOADERS = [PythonLoader, RustLoader]
