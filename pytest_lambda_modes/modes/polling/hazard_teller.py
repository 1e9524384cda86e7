"""Tells the hazards of one source and its mapping, each once, when it first shows. (HAZ)"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_lambda_modes.model.facts import Hazard
from pytest_lambda_modes.runtime.platform import Platform


class HazardTeller:
    """`who` is the source's name."""

    def __init__(self, platform: Platform, who: str) -> None:
        self._platform = platform
        self._who = who
        self._told: set[str] = set()

    def say_all(self, hazards: Iterable[tuple[str, str]]) -> None:
        for hazard, text in hazards:
            self.say(hazard, text)

    def say(self, hazard: str, text: str) -> None:
        """A hazard's id, and what it is here."""
        if hazard not in self._told:
            self._told.add(hazard)
            self._platform.emit(Hazard, self._platform.hub.scheduler.now, self._who, hazard, text)
