"""What happened, kept in order. Nothing is built or formatted until somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.facts import Fact


class Journal:
    """Remembers what it is told: iterate it for the facts, `str` it for the timeline as text.

    `tell(kind, *values)` is told of one more fact, by its kind and what stands in it.
    """

    __slots__ = ("_facts", "_kinds", "_values", "tell")

    def __init__(self) -> None:
        # Tuples of plain values cost the garbage collector nothing, and most facts are never looked at.
        self._kinds: list[Callable[..., Fact]] = []
        self._values: list[tuple[Any, ...]] = []
        self._facts: list[Fact] = []
        self.tell = _teller(self._kinds.append, self._values.append)

    @property
    def facts(self) -> list[Fact]:
        """All facts so far, the latest last."""
        facts = self._facts
        new = slice(len(facts), None)
        facts += [kind(*values) for kind, values in zip(self._kinds[new], self._values[new], strict=True)]
        return facts

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self._kinds)

    def __str__(self) -> str:
        # Most tests pass, and their timelines are never read.
        from pytest_lambda_modes.timeline import text_report

        return text_report.render(self.facts)

    def __repr__(self) -> str:
        return f"<timeline of {counted(len(self), 'fact')}>\n{self}"


def _teller(
    keep_kind: Callable[[Callable[..., Fact]], None], keep_values: Callable[[tuple[Any, ...]], None]
) -> Callable[..., None]:
    """A closure, since it is called a dozen times for each event: a method would look up both lists anew."""

    def tell(kind: Callable[..., Fact], /, *values: Any) -> None:
        keep_kind(kind)
        keep_values(values)

    return tell
