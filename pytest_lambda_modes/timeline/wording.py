"""Each fact in words: what happened, and the detail that tells one such fact from another."""

from __future__ import annotations

import re
from functools import singledispatch
from typing import NamedTuple

from pytest_lambda_modes.model import facts
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.units import DAY, HOUR, MINUTE, SECOND

_LONGEST = 60
_ENDS = {
    "success": "succeeded",
    "function_error": "failed",
    "timeout": "timed out",
    "exit": "exited",
    "out_of_memory": "ran out of memory",
    "init_error": "failed in init",
    "marshal_error": "failed to marshal its response",
    "unmarshal_error": "failed to unmarshal its input",
    "response_too_large": "returned too much",
}


class Words(NamedTuple):
    what: str
    detail: str


@singledispatch
def words(fact: facts.Fact) -> Words:
    """A fact in words. A kind that is not known here is told by its class's name and its fields."""
    what = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type(fact).__name__).lower()
    fields = {name: value for name, value in fact._asdict().items() if name not in ("at", "who", "rule")}
    return Words(what, ", ".join(f"{name} {one_line(str(value))}" for name, value in fields.items()))


def rule_of(fact: facts.Fact) -> str:
    """The rule behind a fact, or nothing."""
    return str(getattr(fact, "rule", ""))


def moment(microseconds: int) -> str:
    """`HH:MM:SS.mmm` since the start, with `1d ` before it from the second day on."""
    days, rest = divmod(microseconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    text = f"{hours:02d}:{minutes:02d}:{rest // SECOND:02d}.{rest % SECOND // 1000:03d}"
    return f"{days}d {text}" if days else text


def duration(microseconds: int) -> str:
    """A length of time in seconds: `3.00 s`, `63.0 s`, `3,600 s`."""
    seconds = microseconds / SECOND
    if seconds < 10:
        return f"{seconds:.2f} s" if microseconds % 10_000 == 0 else f"{seconds:g} s"
    return f"{seconds:.1f} s" if seconds < 1000 else f"{seconds:,.0f} s"


def one_line(text: str) -> str:
    """A text without line breaks, and cut where it gets long."""
    text = " ".join(text[: 4 * _LONGEST].split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _listed(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _request(request_id: str) -> str:
    return f"request {request_id[:4]}"


@words.register
def _(fact: facts.FunctionStarted) -> Words:
    cold_start = "cold start" if fact.cold_start else None
    dwell = f"dwell {duration(fact.dwell)}" if fact.dwell else None
    return Words(f"attempt {fact.attempt} started", _listed(cold_start, dwell, _request(fact.request_id)))


@words.register
def _(fact: facts.FunctionEnded) -> Words:
    end = _ENDS.get(fact.outcome, f"ended: {fact.outcome}")
    error = one_line(fact.error) if fact.error else None
    return Words(f"attempt {fact.attempt} {end}", _listed(duration(fact.duration), error, _request(fact.request_id)))


@words.register
def _(fact: facts.InitFailed) -> Words:
    return Words("init failed", one_line(fact.error))


@words.register
def _(fact: facts.InitTimedOut) -> Words:
    return Words("init timed out", "starts over inside the invocation")


@words.register
def _(fact: facts.Throttled) -> Words:
    return Words("throttled", _listed(fact.reason, _request(fact.request_id)))


@words.register
def _(fact: facts.EventAccepted) -> Words:
    return Words("event accepted", _request(fact.request_id))


@words.register
def _(fact: facts.RetryScheduled) -> Words:
    return Words(f"attempt {fact.attempt} scheduled", _listed(f"due {moment(fact.due)}", _request(fact.request_id)))


@words.register
def _(fact: facts.EventSettled) -> Words:
    return Words("event settled", _listed(fact.condition, _request(fact.request_id)))


@words.register
def _(fact: facts.DeadLettered) -> Words:
    return Words("event dead-lettered", _listed(fact.target, _request(fact.request_id)))


@words.register
def _(fact: facts.DestinationReached) -> Words:
    return Words("destination reached", _listed(fact.target, fact.condition, _request(fact.request_id)))


@words.register
def _(fact: facts.DeliveryFailed) -> Words:
    return Words("delivery failed", _listed(fact.target, one_line(fact.reason)))


@words.register
def _(fact: facts.RecursionStopped) -> Words:
    return Words("recursive loop stopped", _request(fact.request_id))


@words.register
def _(fact: facts.MessagesPolled) -> Words:
    filtered = f"{fact.filtered} filtered out" if fact.filtered else None
    return Words(f"polled {fact.size} from {fact.source}", _listed(filtered))


@words.register
def _(fact: facts.BatchSettled) -> Words:
    deleted = f"{fact.deleted} deleted" if fact.deleted else None
    failed = f"{fact.failed} {'comes' if fact.failed == 1 else 'come'} back" if fact.failed else None
    outcome = None if fact.outcome == "success" else fact.outcome.replace("_", " ")
    return Words(f"batch of {fact.size} settled", _listed(outcome, deleted, failed, _request(fact.request_id)))


@words.register
def _(fact: facts.RecordsDelivered) -> Words:
    age = f"iterator age {duration(fact.iterator_age)}" if fact.iterator_age else None
    shard_id = None if fact.shard_id == fact.source else fact.shard_id
    records = counted(fact.size, "record")
    return Words(f"{records} of {fact.source}", _listed(shard_id, age, _request(fact.request_id)))


@words.register
def _(fact: facts.StreamBatchSettled) -> Words:
    outcome = None if fact.outcome == "success" else fact.outcome.replace("_", " ")
    processed = f"{fact.processed} processed"
    return Words(f"batch of {fact.size} settled", _listed(outcome, processed, _request(fact.request_id)))


@words.register
def _(fact: facts.BatchBisected) -> Words:
    return Words(
        "batch bisected", _listed(f"{fact.left} and {counted(fact.right, 'record')}", _request(fact.request_id))
    )


@words.register
def _(fact: facts.RecordsDiscarded) -> Words:
    what = f"{counted(fact.size, 'record')} discarded" if fact.size else "window given up"
    return Words(what, _listed(fact.condition, fact.shard_id, _request(fact.request_id)))


@words.register
def _(fact: facts.OffsetsCommitted) -> Words:
    lag = f"lag {fact.lag}" if fact.lag else ""
    if fact.size == 0:
        return Words(f"no offset committed in {fact.source}", lag)
    return Words(f"{counted(fact.size, 'offset')} committed in {fact.source}", lag)


@words.register
def _(fact: facts.RecordOversized) -> Words:
    return Words(f"record of {fact.source} dropped", f"{fact.size:,} bytes are too many for an event")


@words.register
def _(fact: facts.MessageDeadLettered) -> Words:
    times = f"after {fact.receive_count} receives"
    return Words("message dead-lettered", _listed(f"to {fact.target}", times, f"message {fact.message_id[:4]}"))


@words.register
def _(fact: facts.MappingChanged) -> Words:
    return Words(f"mapping {fact.state.lower()}", fact.source.rpartition(":")[2])


@words.register
def _(fact: facts.ConfigurationUpdated) -> Words:
    return Words("configuration updated", _listed(*fact.changed))


@words.register
def _(fact: facts.CallerGaveUp) -> Words:
    return Words("caller gave up", _listed(f"{fact.caller} after {duration(fact.waited)}", _request(fact.request_id)))


@words.register
def _(fact: facts.ServiceAnswered) -> Words:
    return Words(f"{fact.service} answered", one_line(fact.answer))


@words.register
def _(fact: facts.InvokeRefused) -> Words:
    again = "not tried again" if fact.due is None else f"again at {moment(fact.due)}"
    return Words(f"{fact.service} was refused", f"{one_line(fact.error)}, {again}")


@words.register
def _(fact: facts.NotificationSettled) -> Words:
    return Words(f"notification {fact.state.replace('_', '-')}", _listed(fact.service, fact.error))


@words.register
def _(fact: facts.Injected) -> Words:
    return Words("injected", one_line(fact.what))


@words.register
def _(fact: facts.Hazard) -> Words:
    return Words("hazard", fact.text)
