"""Facts in words."""

from __future__ import annotations

from typing import NamedTuple, get_args

import pytest

from pytest_lambda_modes.model import facts
from pytest_lambda_modes.model.facts import Fact
from pytest_lambda_modes.model.outcome import OutcomeKind
from pytest_lambda_modes.timeline.wording import duration, moment, one_line, rule_of, words
from pytest_lambda_modes.units import DAY, MINUTE, SECOND

ID = "6f1c0000-0000-4000-8000-000000000000"
TOLD: list[tuple[Fact, str, str]] = [
    (facts.FunctionStarted(0, "f", ID, "sync", 1, True, None), "attempt 1 started", "cold start, request 6f1c"),
    (
        facts.FunctionStarted(0, "f", ID, "async", 2, False, 63 * SECOND),
        "attempt 2 started",
        "dwell 63.0 s, request 6f1c",
    ),
    (
        facts.FunctionEnded(0, "f", ID, 1, "function_error", SECOND, "KeyError: 'k'", "RT-14"),
        "attempt 1 failed",
        "1.00 s, KeyError: 'k', request 6f1c",
    ),
    (facts.FunctionEnded(0, "f", ID, 1, "success", 0, None, ""), "attempt 1 succeeded", "0.00 s, request 6f1c"),
    (facts.InitFailed(0, "f", "ImportError: x", "RT-3"), "init failed", "ImportError: x"),
    (facts.InitTimedOut(0, "f", "RT-24"), "init timed out", "starts over inside the invocation"),
    (facts.Throttled(0, "f", ID, "Busy", "SYNC-15"), "throttled", "Busy, request 6f1c"),
    (facts.EventAccepted(0, "f", ID), "event accepted", "request 6f1c"),
    (
        facts.RetryScheduled(0, "f", ID, 2, MINUTE, "ASYNC-9"),
        "attempt 2 scheduled",
        "due 00:01:00.000, request 6f1c",
    ),
    (facts.EventSettled(0, "f", ID, "Success", ""), "event settled", "Success, request 6f1c"),
    (facts.DeadLettered(0, "f", ID, "sqs:dlq", "ASYNC-18"), "event dead-lettered", "sqs:dlq, request 6f1c"),
    (
        facts.DestinationReached(0, "f", ID, "sns:a", "Success", "ASYNC-24"),
        "destination reached",
        "sns:a, Success, request 6f1c",
    ),
    (
        facts.DeliveryFailed(0, "f", "sqs:a.fifo", "a FIFO queue", "ASYNC-32"),
        "delivery failed",
        "sqs:a.fifo, a FIFO queue",
    ),
    (facts.ConfigurationUpdated(0, "f", ("timeout", "runtime"), "RT-22"), "configuration updated", "timeout, runtime"),
    (
        facts.CallerGaveUp(0, "f", ID, "API Gateway", 29 * SECOND, "SYNC-30"),
        "caller gave up",
        "API Gateway after 29.0 s, request 6f1c",
    ),
    (facts.Injected(0, "f", "throttle"), "injected", "throttle"),
    (facts.ServiceAnswered(0, "f", "API Gateway", "504", "SYNC-30"), "API Gateway answered", "504"),
    (
        facts.InvokeRefused(0, "f", "SNS", "TooManyRequestsException", MINUTE, "ASYNC-40"),
        "SNS was refused",
        "TooManyRequestsException, again at 00:01:00.000",
    ),
    (
        facts.InvokeRefused(0, "f", "SNS", "ResourceNotFoundException", None, "ASYNC-40"),
        "SNS was refused",
        "ResourceNotFoundException, not tried again",
    ),
    (facts.RecordsDelivered(0, "f", "clicks", "shard-0", ID, 2, None), "2 records of clicks", "shard-0, request 6f1c"),
    (facts.RecordsDelivered(0, "f", "mail", "mail", ID, 1, None), "1 record of mail", "request 6f1c"),
    (facts.NotificationSettled(0, "f", "SNS", "filtered", "ASYNC-40"), "notification filtered", "SNS"),
    (
        facts.NotificationSettled(0, "q", "SNS", "dead_lettered", "ASYNC-40", "AccessDenied"),
        "notification dead-lettered",
        "SNS, AccessDenied",
    ),
    (facts.OffsetsCommitted(0, "f", "orders", 0, 3, 2, "KAFKA-3"), "no offset committed in orders", "lag 3"),
    (facts.OffsetsCommitted(0, "f", "orders", 1, 0, 0, "KAFKA-3"), "1 offset committed in orders", ""),
    (facts.OffsetsCommitted(0, "f", "orders", 2, 0, 0, "KAFKA-3"), "2 offsets committed in orders", ""),
    (
        facts.RecordOversized(0, "f", "orders", 7_000_000, "DOCDB-1"),
        "record of orders dropped",
        "7,000,000 bytes are too many for an event",
    ),
    (facts.Hazard(0, "q", "HAZ-4", "no redrive policy"), "hazard", "no redrive policy"),
]


@pytest.mark.parametrize("fact, what, detail", TOLD, ids=lambda value: type(value).__name__)
def test_each_fact_has_its_words(fact: Fact, what: str, detail: str) -> None:
    """Each kind of fact says what happened and how it differs from others of its kind."""
    assert words(fact) == (what, detail)


def test_no_kind_of_fact_is_left_to_chance() -> None:
    """Every kind of fact in the model has words of its own."""
    kinds = {value for value in vars(facts).values() if isinstance(value, type) and issubclass(value, tuple)}
    assert kinds <= set(words.registry)


def test_every_end_has_its_words() -> None:
    """No kind of outcome is told by its bare name."""
    ends = [words(facts.FunctionEnded(0, "f", ID, 1, kind, 0, None, "")).what for kind in get_args(OutcomeKind)]
    assert len(set(ends)) == len(ends)
    assert not [end for end in ends if "ended" in end]


class ShardSplit(NamedTuple):
    at: int
    who: str
    shard: str
    parts: int
    rule: str = "KIN-20"


def test_an_unknown_fact_is_told_by_its_fields() -> None:
    """A fact of somebody else's kind is told by its class's name and its fields."""
    fact = ShardSplit(0, "orders", "shard-0", 2)
    assert words(fact) == ("shard split", "shard shard-0, parts 2")
    assert rule_of(fact) == "KIN-20"


def test_a_fact_need_not_have_a_rule() -> None:
    """A fact that nobody decided has no rule, and a hazard's is the hazard."""
    assert rule_of(facts.EventAccepted(0, "f", ID)) == ""
    assert rule_of(facts.Hazard(0, "q", "HAZ-4", "")) == "HAZ-4"


@pytest.mark.parametrize(
    "microseconds, text",
    [
        (0, "00:00:00.000"),
        (3_000_999, "00:00:03.000"),
        (DAY - 1, "23:59:59.999"),
        (DAY + 2 * 60 * MINUTE + 3 * MINUTE + 4 * SECOND, "1d 02:03:04.000"),
    ],
)
def test_a_moment_is_a_clock_reading(microseconds: int, text: str) -> None:
    """A moment counts from the start in hours to milliseconds, and days before them when there are any."""
    assert moment(microseconds) == text


@pytest.mark.parametrize(
    "microseconds, text",
    [(0, "0.00 s"), (1_234, "0.001234 s"), (3 * SECOND, "3.00 s"), (63 * SECOND, "63.0 s"), (DAY, "86,400 s")],
)
def test_a_duration_is_in_seconds(microseconds: int, text: str) -> None:
    """A length of time is told in seconds, the finer the shorter."""
    assert duration(microseconds) == text


def test_a_text_fits_on_its_line() -> None:
    """Line breaks become spaces, and what is too long is cut."""
    assert one_line("a\n  b") == "a b"
    assert one_line("x" * 1_000_000) == "x" * 57 + "..."
