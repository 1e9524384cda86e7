"""How many event pollers read a topic. Pure. (KAFKA-2, KAFKA-4)"""

from __future__ import annotations

from pytest_lambda_modes.units import MINUTE

LOOKS_EVERY = MINUTE


def bounds(provisioned: tuple[int, int] | None, partitions: int) -> tuple[int, int]:
    """The least and the most pollers: never more than partitions. On demand there is one at first."""
    least, most = provisioned or (1, partitions)
    return min(least, partitions), min(most, partitions)


def pollers_after_look(pollers: int, *, lag: int, lag_before: int, most: int) -> int:
    """How many there are after a look at the offset lag, which is taken each minute: one more if it has not shrunk.

    AWS documents the look, and not how many pollers it adds.
    """
    return min(pollers + 1, most) if lag and lag >= lag_before else pollers
