"""What SQS tells CloudWatch of a queue, minute by minute, worked out from its messages when somebody looks. (MET-17)"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import MINUTE, SECOND


class Sample(NamedTuple):
    """A value of a queue at a whole minute since the virtual start, in microseconds."""

    at: int
    queue: str
    value: float


def samples(metric: str, queues: Iterable[SqsQueue]) -> Iterator[Sample]:
    """The values of one metric for each minute in which a queue has, or had, messages. None for another metric."""
    measure = _MEASURES.get(metric)
    if measure is None:
        return
    for queue in queues:
        queue.store.refresh()
        messages = queue.store.all
        if messages:
            now = queue.scheduler.now
            first = messages[0]._arrived_at // MINUTE
            last = -(-max(_end(message, now) for message in messages) // MINUTE)
            for minute, value in enumerate(measure(messages, now, first, last), first):
                yield Sample(minute * MINUTE, queue.name, value)


Measure = Callable[[Sequence[Message], int, int, int], Iterable[float]]


def _end(message: Message, now: int) -> int:
    return now if message._ended_at is None else message._ended_at


def _in_each_minute(instants: Callable[[Message, int], Iterable[int]]) -> Measure:
    """How often something happened in each minute: the minute is that of its beginning."""

    def measure(messages: Sequence[Message], now: int, first: int, last: int) -> Iterable[float]:
        counts = Counter(instant // MINUTE for message in messages for instant in instants(message, now))
        return [counts[minute] for minute in range(first, last + 1)]

    return measure


def _at_each_minute(intervals: Callable[[Message, int], Iterable[tuple[int, int]]]) -> Measure:
    """How many intervals (from, until) lie across each whole minute."""

    def measure(messages: Sequence[Message], now: int, first: int, last: int) -> Iterable[float]:
        changes = [0] * (last - first + 2)
        for message in messages:
            for begin, until in intervals(message, now):
                # From the first whole minute at or after `begin`, to the last one before `until`.
                changes[max(-(-begin // MINUTE), first) - first] += 1
                changes[max(-(-until // MINUTE), first) - first] -= 1
        return list(accumulate(changes[:-1]))

    return measure


def _delayed(message: Message, now: int) -> Iterator[tuple[int, int]]:
    yield message._arrived_at, min(message._shown_at, _end(message, now))


def _in_flight(message: Message, now: int) -> Iterator[tuple[int, int]]:
    end = _end(message, now)
    return ((at, min(hidden_until, end)) for at, hidden_until in message._receives if at < end)


def _visible(message: Message, now: int) -> Iterator[tuple[int, int]]:
    """The time between those in which it is hidden."""
    end = _end(message, now)
    since = min(message._shown_at, end)
    for at, hidden_until in _in_flight(message, now):
        yield since, at
        since = hidden_until
    yield since, end


def _oldest(messages: Sequence[Message], now: int, first: int, last: int) -> Iterable[float]:
    """Whole seconds since the oldest message came, which is the first that has not ended yet."""
    ages: list[float] = []
    oldest = 0
    for minute in range(first, last + 1):
        at = min(minute * MINUTE, now)
        while oldest < len(messages) and _end(messages[oldest], now + 1) <= at:
            oldest += 1
        arrived = messages[oldest]._arrived_at if oldest < len(messages) else at
        ages.append(max(0, at - arrived) // SECOND)
    return ages


def _receives(message: Message, now: int) -> Iterable[int]:
    return (at for at, _ in message._receives)


def _deletions(message: Message, now: int) -> Iterable[int]:
    return (_end(message, now),) if message._ending in ("deleted", "filtered") else ()


def _sends(message: Message, now: int) -> Iterable[int]:
    # A move to a dead-letter queue is no send.
    return () if message.source_message is not None else (message._arrived_at,)


_MEASURES: dict[str, Measure] = {
    "NumberOfMessagesSent": _in_each_minute(_sends),
    "NumberOfMessagesReceived": _in_each_minute(_receives),
    "NumberOfMessagesDeleted": _in_each_minute(_deletions),
    "ApproximateNumberOfMessagesVisible": _at_each_minute(_visible),
    "ApproximateNumberOfMessagesNotVisible": _at_each_minute(_in_flight),
    "ApproximateNumberOfMessagesDelayed": _at_each_minute(_delayed),
    "ApproximateAgeOfOldestMessage": _oldest,
}
