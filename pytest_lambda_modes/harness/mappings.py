"""The event source mappings of one test: none maps a source to the same function twice. (ESM-5)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_lambda_modes.errors import ResourceConflictException
from pytest_lambda_modes.modes.polling.event_source_mapping import EventSourceMapping
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.services.stream import Stream


class Mappings:
    """Each `refuse_...` raises ResourceConflictException for a second mapping, in the words of the source's service."""

    def __init__(self) -> None:
        self._all: list[EventSourceMapping] = []

    def add(self, mapping: EventSourceMapping) -> None:
        self._all.append(mapping)

    def refuse_second_of_queue(self, arn: str, function: Function, qualifier: str | None) -> None:
        uuid = self._find(lambda each: each.event_source_arn == arn, function, qualifier)
        if uuid is not None:
            raise ResourceConflictException(
                f'An event source mapping with SQS arn (" {arn} ") and function (" {function.function_name} ") '
                f"already exists. Please update or delete the existing mapping with UUID {uuid}"
            )

    def refuse_second_of_stream(self, arn: str, function: Function, qualifier: str | None) -> None:
        uuid = self._find(lambda each: each.event_source_arn == arn, function, qualifier)
        _refuse_provided(arn, function, uuid)

    def refuse_second_in_cluster(
        self, stream: Stream[Any], arn: str, function: Function, qualifier: str | None
    ) -> None:
        """Of a topic or collection, which has no ARN of its own: `arn` is the cluster's."""
        uuid = self._find(lambda each: isinstance(each, StreamMapping) and each.stream is stream, function, qualifier)
        _refuse_provided(arn, function, uuid)

    def _find(
        self, is_of_source: Callable[[EventSourceMapping], bool], function: Function, qualifier: str | None
    ) -> str | None:
        """The UUID of the mapping of a source to a function, version or alias; None if there is none."""
        for each in self._all:
            is_same = each.function is function and each.qualifier == qualifier and is_of_source(each)
            if is_same and each.state != "Deleted":
                return each.uuid
        return None


def _refuse_provided(arn: str, function: Function, uuid: str | None) -> None:
    if uuid is not None:
        raise ResourceConflictException(
            f'The event source arn (" {arn} ") and function (" {function.function_name} ") provided mapping '
            f"already exists. Please update or delete the existing mapping with UUID {uuid}"
        )
