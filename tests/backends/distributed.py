"""A training of several processes or devices, run as a script: see the tests of distribution.

    python distributed.py HOW RANK PORT LOG_DIR WHO

HOW: "data" and "model" over four devices of one process, "moved" from one of them to another in
mid-training; "processes" over two processes, "spread" the same with weights that no process has
whole. WHO has a monitor: "none", "both", "first" or "second". Prints what the training left, as
JSON.
"""

import json
import os
import sys
import warnings

HOW, RANK, PORT, LOG_DIR, WHO = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
BACKEND = os.environ["KERAS_BACKEND"]
KEPT: list[object] = []
SPREAD = HOW == "spread"
SEVERAL = HOW == "processes" or SPREAD
MINE = WHO == "both" or ("first", "second")[RANK] == WHO

if BACKEND == "jax":
    devices = 2 if SEVERAL else 4
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={devices}"
    import jax

    if SEVERAL:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(f"localhost:{PORT}", num_processes=2, process_id=RANK)

import keras  # noqa: E402 - after the devices were made
import numpy as np  # noqa: E402

import kerasvis2 as kv  # noqa: E402

rng = np.random.default_rng(0)
x = rng.normal(size=(32, 8, 8, 1)).astype("float32")
y = rng.integers(0, 4, 32)
if HOW == "processes":
    half = slice(RANK * 16, RANK * 16 + 16)
    mine_x, mine_y = x[half], y[half]
else:
    mine_x, mine_y = x, y


def distribute():
    if BACKEND != "jax" or HOW == "moved":
        return
    found = keras.distribution.list_devices("cpu")
    assert len(found) == 4
    if HOW == "model" or SPREAD:
        # Where there are two processes, each has half of the weights and all of the data.
        grid = np.array(found).reshape(2, 2).T if SPREAD else found
        mesh = keras.distribution.DeviceMesh((2, 2), ["batch", "model"], grid)
        layout = keras.distribution.LayoutMap(mesh)
        layout[".*scores/kernel"] = ("model", None)
        layout[".*conv/kernel"] = (None, None, None, "model")
        whole = keras.distribution.ModelParallel(
            layout_map=layout, batch_dim_name="batch", auto_shard_dataset=HOW == "model"
        )
    else:
        more = {"auto_shard_dataset": False} if HOW == "processes" else {}
        whole = keras.distribution.DataParallel(devices=found, **more)
    keras.distribution.set_distribution(whole)


def small_model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
            keras.layers.GlobalAveragePooling2D(name="pool"),
            keras.layers.Dense(4, activation="softmax", name="scores"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def by_keras(model, monitors):
    def fit(epochs, initial_epoch=0):
        given = {"batch_size": 8, "verbose": 0, "shuffle": False, "callbacks": monitors}
        fitted = model.fit(mine_x, mine_y, epochs=epochs, initial_epoch=initial_epoch, **given)
        return fitted.history["loss"]

    if HOW != "moved":
        return fit(3)
    before = fit(1)
    for variable in [*model.variables, *model.optimizer.variables]:
        variable.assign(jax.device_put(variable.value, jax.devices()[-1]))
    return before + fit(3, initial_epoch=1)


def by_torch(model, monitors):
    """PyTorch's own loop: Keras has no `fit` over several processes there."""
    import torch

    meeting = f"file://{LOG_DIR}.meeting"  # a port may be taken meanwhile
    torch.distributed.init_process_group("gloo", meeting, rank=RANK, world_size=2)
    spread = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(spread.parameters(), 0.1)
    losses = []
    for monitor in monitors:
        monitor.begin(model)
    for epoch in range(3):
        for i in range(2):
            part = slice(i * 8, i * 8 + 8)
            optimizer.zero_grad()
            given, truth = torch.tensor(mine_x[part]), torch.tensor(mine_y[part])
            loss = torch.nn.functional.nll_loss(torch.log(spread(given)), truth)
            loss.backward()
            optimizer.step()
        left = [parameter.grad.clone() for parameter in spread.parameters()]
        for monitor in monitors:
            monitor.look(epoch, {"loss": float(loss)})
        for parameter, gradient in zip(spread.parameters(), left):
            assert torch.equal(parameter.grad, gradient)
        losses.append(float(loss))
    for monitor in monitors:
        monitor.end()
    torch.distributed.barrier()
    KEPT.append(spread)
    return losses


def values(model):
    def local(variable):
        value = variable.value
        spread = BACKEND == "jax" and value.is_fully_replicated
        if SPREAD and not spread:
            return np.stack([np.asarray(part.data) for part in value.addressable_shards])
        return np.asarray(
            value.addressable_data(0) if spread else keras.ops.convert_to_numpy(value)
        )

    return [local(variable) for variable in model.weights]


distribute()
model = small_model()
probe = kv.Probe(x[:4], y[:4], display=(-4, 4))
views = [*kv.default_views(), kv.Saliency(), kv.LayerHealth(gradients=True), kv.Drift()]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    monitors = [kv.Monitor(LOG_DIR, probe, views)] if MINE else []
    losses = (by_torch if BACKEND == "torch" else by_keras)(model, monitors)
spread = BACKEND == "jax" and not all(v.value.is_fully_replicated for v in model.weights)
assert spread == (HOW == "model" or SPREAD)
report = {
    "losses": losses,
    "said": [str(w.message) for w in caught if "kerasvis2" in str(w.message)],
    "weights": [value.tobytes().hex() for value in values(model)],
}
for monitor in monitors if BACKEND == "jax" and not SEVERAL else ():
    session = monitor._watching.session
    looked = session.look(["grad_cam"])
    arrays = [each for each in keras.tree.flatten(looked.chunks) if isinstance(each, jax.Array)]
    report["devices"] = max(len(array.devices()) for array in arrays)
    report["traces"] = session.traces
if SPREAD and MINE:
    try:
        kv.GradCAM(layers="conv").compute(model, probe)
    except ValueError as error:
        report["refused"] = str(error)
if not SEVERAL:
    report["maps"] = kv.GradCAM(layers="conv").compute(model, probe)["conv"].tolist()
np.savez(f"{LOG_DIR}-{RANK}.npz", *values(model))
print(json.dumps(report))  # noqa: T201
sys.stdout.flush()
if BACKEND == "torch":
    # PyTorch may wait for itself where these are freed: one thread holds Python's lock and joins
    # another that asks for it.
    os._exit(0)
