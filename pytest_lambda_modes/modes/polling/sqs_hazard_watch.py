"""Tells the hazards of a queue and its mapping, each once, when it first shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_lambda_modes.filtering import hazards as filter_hazards
from pytest_lambda_modes.modes.polling import sqs_hazards
from pytest_lambda_modes.modes.polling.hazard_teller import HazardTeller
from pytest_lambda_modes.modes.polling.sqs_hazards import SqsSetup

if TYPE_CHECKING:
    from pytest_lambda_modes.modes.polling.sqs_mapping import SqsMapping


class HazardWatch(HazardTeller):
    """For one mapping."""

    def __init__(self, mapping: SqsMapping) -> None:
        super().__init__(mapping.platform, mapping.queue.name)
        self._mapping = mapping
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
            f"sqs:{queue.name}",
            self._targets(),
        )
        self.say_all(sqs_hazards.of_setup(setup))
        for hazard in filter_hazards.hazards(self._mapping.filters):
            self.say(hazard.rule, f"filter {hazard.path}: {hazard.sentence}")

    def _targets(self) -> dict[str, str]:
        """Where the function's asynchronous events go, by setting."""
        function = self._mapping.function
        events = function.event_invoke_config(self._mapping.qualifier)
        targets = {
            "on_success": events.on_success,
            "on_failure": events.on_failure,
            "dead_letter_target": events.dead_letter_target or function.config.dead_letter_target,
        }
        return {name: str(target) for name, target in targets.items() if target is not None}
