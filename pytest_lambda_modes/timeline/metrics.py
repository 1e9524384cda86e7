"""CloudWatch metrics of a test, worked out from its facts when somebody looks. (MET-1 to MET-14, MET-17)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from pytest_lambda_modes import units
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import facts
from pytest_lambda_modes.model.facts import Fact

# Names and units, as CloudWatch has them.
UNITS = {
    "Invocations": "Count",
    "Errors": "Count",
    "Throttles": "Count",
    "Duration": "Milliseconds",
    "ConcurrentExecutions": "Count",
    "AsyncEventsReceived": "Count",
    "AsyncEventAge": "Milliseconds",
    "AsyncEventsDropped": "Count",
    "DestinationDeliveryFailures": "Count",
    "DeadLetterErrors": "Count",
    "RecursiveInvocationsDropped": "Count",
    "PolledEventCount": "Count",
    "FilteredOutEventCount": "Count",
    "InvokedEventCount": "Count",
    "FailedInvokeEventCount": "Count",
    "DeletedEventCount": "Count",
    "DroppedEventCount": "Count",
    "OnFailureDestinationDeliveredEventCount": "Count",
    "IteratorAge": "Milliseconds",
    "OffsetLag": "Count",
    "SumOffsetLag": "Count",
    "MaxOffsetLag": "Count",
    "CommittedEventCount": "Count",
    "OversizedRecordCount": "Count",
    "NumberOfMessagesSent": "Count",
    "NumberOfMessagesReceived": "Count",
    "NumberOfMessagesDeleted": "Count",
    "ApproximateNumberOfMessagesVisible": "Count",
    "ApproximateNumberOfMessagesNotVisible": "Count",
    "ApproximateNumberOfMessagesDelayed": "Count",
    "ApproximateAgeOfOldestMessage": "Seconds",
}


class Datapoint(NamedTuple):
    """One emitted value. `at` is microseconds since the virtual start; `who` is the function or queue it is about.

    `source` is what a mapping reads, for the metrics of mappings.
    """

    at: int
    who: str
    value: float
    source: str = ""


class Metric:
    """The datapoints of one metric, and CloudWatch's statistics of them. `unit` is CloudWatch's word for it."""

    def __init__(self, name: str, datapoints: list[Datapoint], start: int) -> None:
        self.name = name
        self.unit = UNITS[name]
        self._points = datapoints
        self._start = start

    @property
    def datapoints(self) -> list[tuple[dt.datetime, float]]:
        """Each emitted value with its timestamp, an aware datetime."""
        return [(units.utc_datetime(self._start + point.at), point.value) for point in self._points]

    @property
    def sum(self) -> float:
        return sum(point.value for point in self._points)

    @property
    def sample_count(self) -> int:
        return len(self._points)

    @property
    def minimum(self) -> float | None:
        """The least value; None without a datapoint."""
        return min((point.value for point in self._points), default=None)

    @property
    def maximum(self) -> float | None:
        """The greatest value; None without a datapoint."""
        return max((point.value for point in self._points), default=None)

    @property
    def average(self) -> float | None:
        """The mean; None without a datapoint."""
        return self.sum / len(self._points) if self._points else None

    def of(self, name: str) -> Metric:
        """The same metric in the dimension of one function, of one queue, or of the mappings that read one source."""
        points = [point for point in self._points if name in (point.who, point.source)]
        return Metric(self.name, points, self._start)

    def __repr__(self) -> str:
        return f"<Metric {self.name}: sum {self.sum:g} {self.unit}, {self.sample_count} datapoints>"


class Metrics:
    """All metrics by name. `metrics["Errors"].sum`, `metrics["Duration"].of("orders").maximum`.

    `measured` gives what other services emit, by the name of the metric.
    """

    def __init__(
        self, happened: Iterable[Fact], start: int, measured: Callable[[str], Iterable[Datapoint]] = lambda name: ()
    ) -> None:
        self._facts = tuple(happened)
        self._start = start
        self._measured = measured

    def __getitem__(self, name: str) -> Metric:
        if name not in UNITS:
            raise ConfigError(f"There is no metric {name!r} here.\n\nThere are {', '.join(UNITS)}.")
        points = [point for metric, point in emitted(self._facts) if metric == name]
        return Metric(name, [*points, *self._measured(name)], self._start)

    def __iter__(self) -> Iterator[str]:
        return iter(UNITS)

    def __repr__(self) -> str:
        return "\n".join(repr(self[name]) for name in self if self[name].sample_count) or "<no metrics yet>"


def emitted(happened: Iterable[Fact]) -> Iterator[tuple[str, Datapoint]]:
    """What Lambda emits for each fact: the metric's name and the value."""
    running: dict[str, int] = {}
    for fact in happened:
        at, who = fact.at, fact.who
        if isinstance(fact, facts.FunctionStarted):
            running[who] = running.get(who, 0) + 1
            yield "Invocations", Datapoint(at, who, 1)
            yield "ConcurrentExecutions", Datapoint(at, who, running[who])
            if fact.dwell is not None:
                yield "AsyncEventAge", Datapoint(at, who, fact.dwell / units.MILLISECOND)
        elif isinstance(fact, facts.FunctionEnded):
            running[who] = running.get(who, 0) - 1
            # The timestamp of an error is the start of its invocation. (MET-2)
            yield "Errors", Datapoint(at - fact.duration, who, 0 if fact.outcome == "success" else 1)
            yield "Duration", Datapoint(at, who, fact.duration / units.MILLISECOND)
        elif isinstance(fact, facts.Throttled):
            yield "Throttles", Datapoint(at, who, 1)
        elif isinstance(fact, facts.EventAccepted):
            yield "AsyncEventsReceived", Datapoint(at, who, 1)
        elif isinstance(fact, facts.EventSettled):
            yield "AsyncEventsDropped", Datapoint(at, who, 0 if fact.condition == "Success" else 1)
        elif isinstance(fact, facts.DeliveryFailed):
            yield "DeadLetterErrors" if fact.dead_letter else "DestinationDeliveryFailures", Datapoint(at, who, 1)
        elif isinstance(fact, facts.MessagesPolled):
            yield "PolledEventCount", Datapoint(at, who, fact.size, fact.source)
            yield "FilteredOutEventCount", Datapoint(at, who, fact.filtered, fact.source)
        elif isinstance(fact, facts.BatchSettled):
            if fact.invoked:
                yield "InvokedEventCount", Datapoint(at, who, fact.size, fact.source)
                yield "FailedInvokeEventCount", Datapoint(at, who, fact.failed, fact.source)
                yield "DeletedEventCount", Datapoint(at, who, fact.deleted, fact.source)
        elif isinstance(fact, facts.RecordsDelivered):
            if fact.iterator_age is not None:
                yield "IteratorAge", Datapoint(at, who, fact.iterator_age / units.MILLISECOND, fact.source)
            yield "InvokedEventCount", Datapoint(at, who, fact.size, fact.source)
        elif isinstance(fact, facts.StreamBatchSettled):
            yield "FailedInvokeEventCount", Datapoint(at, who, fact.size - fact.processed, fact.source)
        elif isinstance(fact, facts.RecordsDiscarded):
            if fact.size:
                # A record counts as one or the other. (MET-14)
                name = "OnFailureDestinationDeliveredEventCount" if fact.delivered else "DroppedEventCount"
                yield name, Datapoint(at, who, fact.size, fact.source)
        elif isinstance(fact, facts.OffsetsCommitted):
            yield "CommittedEventCount", Datapoint(at, who, fact.size, fact.source)
            yield "OffsetLag", Datapoint(at, who, fact.lag, fact.source)
            yield "SumOffsetLag", Datapoint(at, who, fact.lag, fact.source)
            yield "MaxOffsetLag", Datapoint(at, who, fact.most, fact.source)
        elif isinstance(fact, facts.RecordOversized):
            yield "OversizedRecordCount", Datapoint(at, who, 1, fact.source)
        elif isinstance(fact, facts.RecursionStopped):
            yield "RecursiveInvocationsDropped", Datapoint(at, who, 1)
