"""What both of TensorBoard's loaders, the Python and the Rust one, make of our files."""

import io
import time

import numpy as np
import pytest
from PIL import Image
from runs_on_disk import picture
from tensorboard import context
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.data import provider, server_ingester
from tensorboard.util import grpc_util

from kerasvis2.record import events
from kerasvis2.record.recorder import Recorder
from kerasvis2.record.writer import EventFile

PATIENCE = 60  # seconds
WHO = {"ctx": context.RequestContext(), "experiment_id": ""}


class PythonLoader:
    def __init__(self, logdir):
        self.logdir = str(logdir)
        self.multiplexer = plugin_event_multiplexer.EventMultiplexer(
            tensor_size_guidance={"images": 0, "scalars": 0}
        )
        self.provider = data_provider.MultiplexerDataProvider(self.multiplexer, self.logdir)

    def refresh(self):
        self.multiplexer.AddRunsFromDirectory(self.logdir)
        self.multiplexer.Reload()


class RustLoader:
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
        self.provider = self.ingester.data_provider

    def refresh(self):
        time.sleep(0.2)  # it does so by itself


@pytest.fixture(params=[PythonLoader, RustLoader])
def load(request, tmp_path):
    """Waits until a loader has read the steps of a tag as they should be."""
    loader = request.param(tmp_path)

    def steps(kind, run, tag):
        read = getattr(loader.provider, f"read_{kind}")
        plugin = "images" if kind == "blob_sequences" else "scalars"
        wanted = provider.RunTagFilter(runs=[run], tags=[tag])
        found = read(**WHO, plugin_name=plugin, downsample=10_000, run_tag_filter=wanted)
        return found.get(run, {}).get(tag, [])

    def wait(kind, run, tag, expected):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            loader.refresh()
            data = steps(kind, run, tag)
            if [datum.step for datum in data] == expected:
                return data
        raise AssertionError(f"{run} {tag}: {[datum.step for datum in data]}, not {expected}")

    wait.provider = loader.provider
    return wait


def test_pictures_and_curves_while_they_are_written(load, tmp_path):
    recorder = Recorder(tmp_path / "run", on_error=print)
    for last in (3, 6):
        for step in range(last - 3, last):
            values = {
                "vis": [events.image("grad_cam/03_conv", picture(step))],
                "train": [events.scalar("epoch_loss", step / 4)],
            }
            recorder.submit(step, lambda values=values: values, 0)
        recorder.drain()
        loss = load("scalars", "run/train", "epoch_loss", list(range(last)))
        assert [datum.value for datum in loss] == [step / 4 for step in range(last)]
        pictures = load("blob_sequences", "run/vis", "grad_cam/03_conv", list(range(last)))
        for datum in pictures:
            width, height, png = (
                load.provider.read_blob(ctx=WHO["ctx"], blob_key=value.blob_key)
                for value in datum.values
            )
            assert (width, height) == (b"64", b"40")
            assert np.array_equal(np.array(Image.open(io.BytesIO(png))), picture(datum.step))


def test_a_cut_last_record_hides_nothing_else(load, tmp_path):
    """As after a kill in the middle of a write, and a training that goes on from a checkpoint."""
    first = EventFile(tmp_path / "run")
    for step in range(3):
        first.append(step, 100.0 + step, [events.image("x", picture(step))])
    data = first.path.read_bytes()
    first.path.write_bytes(data[:-1000])
    load("blob_sequences", "run", "x", [0, 1])

    second = EventFile(tmp_path / "run")
    for step in range(2, 5):
        second.append(step, 200.0 + step, [events.image("x", picture(step))])
    load("blob_sequences", "run", "x", [0, 1, 2, 3, 4])
