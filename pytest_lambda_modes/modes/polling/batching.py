"""When the records that a poller has collected are a batch. Pure. (ESM-7)"""

from __future__ import annotations

from pytest_lambda_modes.model.limits import SYNC_REQUEST_BYTES


def fits(collected: int, record: int, most: int = SYNC_REQUEST_BYTES) -> bool:
    """Whether one more record has room in an event, given what is collected and what the record adds, in bytes."""
    return collected + record <= most


def complete_at(now: int, *, count: int, batch_size: int, is_full: bool, since: int, window: int) -> int:
    """The instant at which what is collected goes to the function if nothing else comes; `now` if it is complete.

    It is when there are `batch_size` records, or the next one has no room (`is_full`), or the window has passed since
    the first of them. Instants and the window are microseconds.
    """
    if count >= batch_size or is_full:
        return now
    return max(now, since + window)
