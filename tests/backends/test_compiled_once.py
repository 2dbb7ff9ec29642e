"""Sets of views that are due at different times do not multiply what is compiled."""

import networks
import numpy as np

import kerasvis2 as kv
from kerasvis2.observe.backend import backend

VIEWS = {
    "grad_cam": (kv.GradCAM(), 1),
    "saliency": (kv.Saliency(), 2),
    "activations": (kv.Activations(), 3),
    "other": (kv.GradCAM(target="predicted"), 5),
}


def session(model, *names):
    own = kv.Session(model, kv.Probe(networks.images(), networks.labels(), display=(0, 1)))
    for name in names:
        own.add(VIEWS[name][0], name)
    return own


def test_a_part_of_what_was_compiled_is_not_compiled_again():
    due = [[name for name, (_, freq) in VIEWS.items() if step % freq == 0] for step in range(30)]
    assert len({tuple(each) for each in due}) == 8
    model = networks.functional()
    own = session(model, *VIEWS)
    own.trace(list(VIEWS))  # as a `Monitor` does before training
    found = [own.look(names) for names in due]
    assert own.traces == (8 if backend().eager else 1)
    assert [set(look.chunks[0]) - {"outputs"} for look in found] == [set(each) for each in due]
    for name in ("grad_cam", "activations"):
        expected = session(model, name).compute(VIEWS[name][0])
        alone = session(model, name).look([name]).arrays(name)
        for look, names in zip(found, due, strict=True):
            for key in alone if name in names else ():
                np.testing.assert_allclose(look.arrays(name)[key], alone[key], atol=1e-6)
        assert list(expected) == list(alone)


def test_what_costs_much_less_is_compiled_by_itself():
    own = session(networks.functional(), "activations", "grad_cam")
    own.look(["activations", "grad_cam"])
    for _ in range(2):  # no gradients are taken for nothing
        own.look(["activations"])
    assert own.traces == 2


def test_what_a_view_remembers_moves_only_when_it_is_due():
    model = networks.functional()
    together, apart = session(model, "grad_cam"), session(model)
    for own in (together, apart):
        own.add(kv.Drift(), "drift")
    kernel = model.get_layer("conv2").kernel
    for step in range(4):
        kernel.assign(kernel * 1.5)
        often = step % 2 == 1
        look = together.look(["grad_cam"] if often else ["drift", "grad_cam"])
        assert ("drift" in look.chunks[0]) is not often
        if often:
            continue
        expected = apart.look(["drift"]).arrays("drift")
        for key, array in look.arrays("drift").items():
            np.testing.assert_allclose(array, expected[key], atol=1e-5)
