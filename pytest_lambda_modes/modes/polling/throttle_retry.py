"""When a poller tries a batch again that the function could not take. Pure. (SQS-27)"""

from __future__ import annotations

from pytest_lambda_modes.units import SECOND


def next_try(now: int, tries: int, hidden_until: int) -> int | None:
    """The instant of the next try after so many, 1, 2, 4, ... seconds on; None if the messages are visible by then.

    AWS documents that the poller retries until the visibility timeout expires, not how often: the spacing is inferred.
    """
    due = now + (SECOND << (tries - 1))
    return due if due < hidden_until else None
