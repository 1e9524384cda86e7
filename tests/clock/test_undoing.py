from __future__ import annotations

import pytest

from pytest_lambda_modes.clock.undoing import Undo


def test_the_last_step_comes_first() -> None:
    """Steps are taken in the opposite order, and each once."""
    taken: list[str] = []
    undo = Undo()
    undo.add(lambda: taken.append("first"))
    undo.add(lambda: taken.append("last"))
    undo.run()
    undo.run()
    assert taken == ["last", "first"]


def test_a_step_that_fails_keeps_no_other_from_being_taken() -> None:
    """All are taken; the last error is raised, and tells of the one before."""
    taken: list[str] = []

    def fail(name: str) -> None:
        taken.append(name)
        raise KeyError(name)

    undo = Undo()
    undo.add(lambda: taken.append("one"))
    undo.add(lambda: fail("two"))
    undo.add(lambda: fail("three"))
    with pytest.raises(KeyError, match="two") as raised:
        undo.run()
    assert taken == ["three", "two", "one"]
    assert repr(raised.value.__context__) == "KeyError('three')"


def test_a_replaced_attribute_is_put_back_as_it_was() -> None:
    """What the class itself holds is what it gets back, however it is bound."""

    class Owner:
        @staticmethod
        def name() -> str:
            return "own"

    own, undo = vars(Owner)["name"], Undo()
    undo.replace(Owner, "name", lambda: "first")
    undo.replace(Owner, "name", lambda: "second")
    assert Owner.name() == "second"
    undo.run()
    assert vars(Owner)["name"] is own
