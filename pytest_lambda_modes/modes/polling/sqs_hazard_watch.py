"""Tells the hazards of a queue and its mapping, each once, when it first shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_lambda_modes.filtering import hazards as filter_hazards
from pytest_lambda_modes.model.facts import Hazard
from pytest_lambda_modes.modes.polling import sqs_hazards
from pytest_lambda_modes.modes.polling.sqs_hazards import SqsSetup

if TYPE_CHECKING:
    from pytest_lambda_modes.modes.polling.sqs_mapping import SqsMapping


class HazardWatch:
    """For one mapping."""

    def __init__(self, mapping: SqsMapping) -> None:
        self._mapping = mapping
        self._told: set[str] = set()
        self._examined: tuple[object, object] = (None, None)

    def examine(self) -> None:
        """Look at the set-up, if the mapping or the function has another configuration than at the last look."""
        config, function = self._mapping.config, self._mapping.function.config
        if self._examined[0] is config and self._examined[1] is function:
            return
        self._examined = (config, function)
        queue, letters = self._mapping.queue, self._mapping.queue.dead_letter_queue
        setup = SqsSetup(
            config,
            function.timeout,
            function.reserved_concurrent_executions,
            queue.visibility_timeout,
            queue.message_retention_period,
            queue.max_receive_count,
            None if letters is None else letters.message_retention_period,
        )
        self.say_all(sqs_hazards.of_setup(setup))
        for hazard in filter_hazards.hazards(self._mapping.filters):
            self.say(hazard.rule, f"filter {hazard.path}: {hazard.sentence}")

    def say_all(self, hazards: Iterable[tuple[str, str]]) -> None:
        for hazard, text in hazards:
            self.say(hazard, text)

    def say(self, hazard: str, text: str) -> None:
        """A hazard's id, and what it is here."""
        if hazard not in self._told:
            self._told.add(hazard)
            platform = self._mapping.platform
            platform.emit(Hazard(platform.hub.scheduler.now, self._mapping.queue.name, hazard, text))
