"""Stand-ins for attributes of classes and modules: made once, put in place and taken out again."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from pytest_lambda_modes.clock.stand_ins import Place, StandIns


class Owner:
    def method(self) -> str:
        return "real"


def louder(original: Callable[[Owner], str]) -> Callable[[Owner], str]:
    return lambda owner: original(owner).upper()


def test_what_is_there_is_replaced_and_put_back() -> None:
    """In classes and in modules alike."""
    module = SimpleNamespace(clock=1)
    stand_ins = StandIns(Place(Owner, "method", louder), Place(module, "clock", lambda original: original + 1))
    real = Owner.method
    stand_ins.install()
    assert (Owner().method(), module.clock) == ("REAL", 2)
    stand_ins.uninstall()
    assert Owner.method is real
    assert module.clock == 1


def test_they_are_made_once() -> None:
    """And anew when something else is found in a place, which is what is put back then."""
    module = SimpleNamespace(clock=object())
    seen: list[object] = []

    def stand_in_for(original: object) -> object:
        seen.append(original)
        return object()

    stand_ins = StandIns(Place(module, "clock", stand_in_for))
    for _ in range(3):
        stand_ins.install()
        stand_ins.uninstall()
    assert seen == [module.clock]
    module.clock = another = object()
    stand_ins.install()
    assert module.clock is not another
    stand_ins.uninstall()
    assert module.clock is another
    assert len(seen) == 2


def test_one_that_comes_back_is_swept_out() -> None:
    """Whoever patches one, and undoes that after us, puts it back. What is somebody's own stays."""
    module = SimpleNamespace(clock=1, bell=1)
    stand_ins = StandIns(*(Place(module, name, lambda original: original + 1) for name in ("clock", "bell")))
    stand_ins.sweep()
    stand_ins.install()
    found = module.clock
    stand_ins.sweep()
    assert module.clock == found
    stand_ins.uninstall()
    module.clock, module.bell = found, 7
    stand_ins.sweep()
    assert (module.clock, module.bell) == (1, 7)


def test_none_stands_in_for_another() -> None:
    """One that has come back, and was not swept out, is taken for what it stands in for."""
    module = SimpleNamespace(clock=1)
    stand_ins = StandIns(Place(module, "clock", lambda original: original + 1))
    stand_ins.install()
    stand_ins.uninstall()
    module.clock = 2
    stand_ins.install()
    assert module.clock == 2
    stand_ins.uninstall()
    assert module.clock == 1


def test_what_is_not_in_place_is_not_taken_out() -> None:
    """So that whoever failed to install them may still uninstall them."""
    module = SimpleNamespace(clock=1)
    stand_ins = StandIns(Place(module, "clock", lambda original: original + 1))
    stand_ins.install()
    stand_ins.uninstall()
    module.clock = 7
    stand_ins.uninstall()
    assert module.clock == 7
