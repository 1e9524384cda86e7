"""The event of a batch of stream records, from the texts of the records. (KIN-1, DDB-1, KIN-22)"""

from __future__ import annotations

import json
from collections.abc import Iterable

from pytest_lambda_modes.units import iso_seconds

_encode = json.JSONEncoder().encode


def payload(record_texts: Iterable[str], window: str = "") -> bytes:
    """The event for records in their order. `window` is what `window_members` gives, for a mapping with windows."""
    return f'{{"Records":[{",".join(record_texts)}]{window}}}'.encode()


def window_members(
    *,
    start: int,
    end: int,
    state: str,
    shard_id: str,
    event_source_arn: str,
    is_final_invoke_for_window: bool = False,
    is_window_terminated_early: bool = False,
) -> str:
    """What an event has beside its records when the mapping has tumbling windows. (KIN-22)

    `start` and `end` are in microseconds since 1970. `state` is the JSON of the object that the previous invocation of
    the window returned, `{}` at first.
    """
    return (
        f',"window":{{"start":"{iso_seconds(start)}","end":"{iso_seconds(end)}"}},"state":{state},'
        f'"shardId":"{shard_id}","eventSourceARN":"{event_source_arn}",'
        f'"isFinalInvokeForWindow":{_encode(is_final_invoke_for_window)},'
        f'"isWindowTerminatedEarly":{_encode(is_window_terminated_early)}'
    )
