"""What happened, kept in order. Nothing is formatted until somebody looks."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.facts import Fact


class Journal:
    """An observer that remembers: iterate it for the facts, `str` it for the timeline as text."""

    __slots__ = ("facts",)

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def __call__(self, fact: Fact, /) -> None:
        self.facts.append(fact)

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)

    def __str__(self) -> str:
        # Most tests pass, and their timelines are never read.
        from pytest_lambda_modes.timeline import text_report

        return text_report.render(self.facts)

    def __repr__(self) -> str:
        return f"<timeline of {counted(len(self.facts), 'fact')}>\n{self}"
