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


def test_what_is_not_in_place_is_not_taken_out() -> None:
    """So that whoever failed to install them may still uninstall them."""
    module = SimpleNamespace(clock=1)
    stand_ins = StandIns(Place(module, "clock", lambda original: original + 1))
    stand_ins.install()
    stand_ins.uninstall()
    module.clock = 7
    stand_ins.uninstall()
    assert module.clock == 7
