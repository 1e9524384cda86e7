"""An event source mapping as AWS keeps it: which source, which function, in which state. (ESM-4, ESM-6)"""

from __future__ import annotations

from typing import Literal

from pytest_lambda_modes.errors import ResourceNotFoundException
from pytest_lambda_modes.model.facts import MappingChanged
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform

State = Literal["Enabled", "Disabled", "Deleted"]


class EventSourceMapping:
    """What all mappings have in common, whatever their source.

    A change takes effect at once; in AWS it takes up to minutes (ESM-8). What is in flight goes on, and its result is
    still applied (ESM-9).
    """

    def __init__(self, platform: Platform, function: Function, qualifier: str | None, event_source_arn: str) -> None:
        self.platform = platform
        self.function = function
        self.qualifier = qualifier
        self.event_source_arn = event_source_arn
        self.uuid = platform.identifiers.uuid("event source mapping")
        self.state: State = "Enabled"

    @property
    def function_arn(self) -> str:
        """The function's ARN, with the qualifier if the mapping was given one. (ESM-6)"""
        return self.function.arn if self.qualifier is None else f"{self.function.arn}:{self.qualifier}"

    def check_existence(self) -> None:
        """Raise ResourceNotFoundException for a deleted mapping. (ESM-4)"""
        if self.state == "Deleted":
            raise ResourceNotFoundException("The resource you requested does not exist.")

    def put_state(self, state: State) -> None:
        """Change the state and say so. Raises ResourceNotFoundException for a deleted mapping. (ESM-4)"""
        self.check_existence()
        if state != self.state:
            self.state = state
            now = self.platform.hub.scheduler.now
            self.platform.emit(MappingChanged, now, self.function.function_name, self.event_source_arn, state, "ESM-4")

    def retarget(self, function: Function, qualifier: str | None) -> None:
        """Send the next batches to another function, version or alias. (ESM-6)"""
        function.check(qualifier)
        self.function = function
        self.qualifier = qualifier
