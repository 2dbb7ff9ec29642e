"""Functions replaced while a model is looked at: for the thread that looks, and nothing is left."""

import threading
import types

from kerasvis2.observe.backend.shadow import now, replaced


class Parent:
    @classmethod
    def named(cls):
        return cls.__name__


class Child(Parent):
    pass


def in_turns(*acts):
    """Acts of threads, by their numbers, one after the other."""
    steps = {number: [] for number, _ in acts}
    turns = [threading.Event() for _ in range(len(acts) + 1)]
    for turn, (number, act) in enumerate(acts):
        steps[number].append((turn, act))

    def run(own):
        for turn, act in own:
            turns[turn].wait(20)
            act()
            turns[turn + 1].set()

    threads = [threading.Thread(target=run, args=(own,)) for own in steps.values()]
    for thread in threads:
        thread.start()
    turns[0].set()
    for thread in threads:
        thread.join(20)


def test_two_threads_each_see_their_own_and_leave_in_any_order():
    module = types.ModuleType("theirs")
    plain = module.f = lambda x: x
    found = []
    one = replaced(module, "f", lambda x: 10 * x)
    two = replaced(module, "f", lambda x: 100 * x)

    def note():
        found.append(module.f(1))

    in_turns(
        (1, one.__enter__),
        (3, note),
        (2, two.__enter__),
        (1, note),
        (2, note),
        (1, lambda: one.__exit__(None, None, None)),
        (1, note),
        (2, note),
        (3, note),
        (2, lambda: two.__exit__(None, None, None)),
        (2, note),
    )
    assert found == [1, 10, 100, 1, 100, 1, 1]
    assert module.f is plain


def test_one_inside_another_calls_what_was_before():
    module = types.ModuleType("theirs")
    plain = module.f = lambda x: x + 1
    before = now(module, "f")
    with replaced(module, "f", lambda x: 10 * before(x)):
        within = now(module, "f")
        with replaced(module, "f", lambda x: -within(x)):
            assert module.f(1) == -20
        assert module.f(1) == 20
        seen = []
        thread = threading.Thread(target=lambda: seen.append(now(module, "f")))
        thread.start()
        thread.join()
        assert seen == [plain]
    assert module.f is plain


def test_what_a_class_has_from_another_is_its_own_no_longer():
    with replaced(Child, "named", lambda: "other"):
        assert Child.named() == "other"
        assert Parent.named() == "Parent"
    assert "named" not in vars(Child)
    assert type("Grandchild", (Child,), {}).named() == "Grandchild"
