"""What happened, kept in order. Nothing is built or formatted until somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.facts import Fact


class Journal:
    """Remembers what it is told: iterate it for the facts, `str` it for the timeline as text.

    `tell(kind, *values)` is told of one more fact, by its kind and what stands in it; a fact itself by a call.
    """

    __slots__ = ("_facts", "_told", "tell")

    def __init__(self) -> None:
        # Each fact's kind, and its values: a tuple of plain values costs the garbage collector nothing, and most facts
        # are never looked at.
        self._told: list[Any] = []
        self._facts: list[Fact] = []
        self.tell = _teller(self._told.extend)

    def __call__(self, fact: Fact, /) -> None:
        self.tell(lambda: fact)

    @property
    def facts(self) -> list[Fact]:
        """All facts so far, the latest last."""
        told = self._told
        self._facts += [told[at](*told[at + 1]) for at in range(0, len(told), 2)]
        told.clear()
        return self._facts

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self._facts) + len(self._told) // 2

    def __str__(self) -> str:
        # Most tests pass, and their timelines are never read.
        from pytest_lambda_modes.timeline import text_report

        return text_report.render(self.facts)

    def __repr__(self) -> str:
        return f"<timeline of {counted(len(self), 'fact')}>\n{self}"


def _teller(keep: Callable[[tuple[object, object]], None]) -> Callable[..., None]:
    """A closure, since it is called a dozen times for each event: a method would look the list up anew."""

    def tell(kind: Callable[..., Fact], /, *values: Any) -> None:
        keep((kind, values))

    return tell
