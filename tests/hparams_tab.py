"""Asks TensorBoard's HParams tab."""

import json

from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import hparams_plugin
from werkzeug.test import Client


def ask(logdir, route, **request):
    """Its answer to a request, for the runs below a folder."""
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(logdir)).Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(logdir))
    context = base_plugin.TBContext(data_provider=provider, logdir=str(logdir))
    app = hparams_plugin.HParamsPlugin(context).get_plugin_apps()[route]
    response = Client(app).post("/", data=json.dumps(request))
    assert response.status_code == 200, response.text
    return json.loads(response.text)
