"""A notification that a bucket is configured for: which changes of which objects, and who is told. (EVT-2, ASYNC-43)"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from pytest_lambda_modes.errors import ConfigError, InvalidArgument
from pytest_lambda_modes.model import s3_event_types
from pytest_lambda_modes.services.notification import Notification, ObjectChange, Outside, Route

SUBJECT = "Amazon S3 Notification"  # of a message to a topic


class ChangeFilter(NamedTuple):
    """The event types, and what a key must begin and end with."""

    events: frozenset[str]
    prefix: str
    suffix: str

    def admits(self, change: ObjectChange) -> bool:
        key = change.key
        return change.event_type in self.events and key.startswith(self.prefix) and key.endswith(self.suffix)

    def overlaps(self, other: ChangeFilter) -> bool:
        """Whether there can be a change that both admit, as S3 sees it: it compares prefixes, then suffixes."""
        return (
            not self.events.isdisjoint(other.events)
            and _one_begins_the_other(self.prefix, other.prefix)
            and _one_begins_the_other(self.suffix[::-1], other.suffix[::-1])
        )


def _one_begins_the_other(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


class BucketNotification:
    """One configured notification. `deliveries` are what each change has become there."""

    def __init__(self, id: str, filter: ChangeFilter | None, route: Route, outside: Outside) -> None:
        self.id = id
        self._filter = filter
        self._route = route
        self._outside = outside

    @property
    def deliveries(self) -> list[Any]:
        return self._route.deliveries

    def check_beside(self, others: Iterable[BucketNotification]) -> None:
        """Raise InvalidArgument for a filter that overlaps with another one of the bucket."""
        for other in others:
            if self._filter is not None and other._filter is not None and self._filter.overlaps(other._filter):
                raise InvalidArgument(
                    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the "
                    "prefixes are overlapping for the same event type."
                )

    def send_test_event(self, bucket: str) -> None:
        """What a queue or a topic gets when the notification is configured. (EVT-5)"""
        if self._route.endpoint.kind in ("sqs", "sns"):
            self._hand_over(self._outside.s3_test_event(bucket))

    def offer(self, change: ObjectChange) -> None:
        if self._filter is None or self._filter.admits(change):
            self._hand_over(self._outside.s3_event(change, self.id))

    def _hand_over(self, event: Any) -> None:
        body = json.dumps(event, separators=(",", ":"))
        self._route.hand_over(Notification("S3", "ASYNC-43", body=body, event=event, subject=SUBJECT))

    def __repr__(self) -> str:
        return f"<BucketNotification {self.id} to {self._route.endpoint.kind}:{self._route.endpoint.name}>"


def change_filter(where: str, events: object, prefix: object, suffix: object) -> ChangeFilter:
    """Raises ConfigError for what names no events, and for a prefix or suffix that is no text."""
    if isinstance(events, str) or not isinstance(events, Iterable):
        events = (events,)
    names = [s3_event_types.configured(where, name) for name in events]
    if not names:
        raise ConfigError(f'{where}: events is empty.\n\nName some: events=["s3:ObjectCreated:*"]')
    if not isinstance(prefix, str) or not isinstance(suffix, str):
        raise ConfigError(f"{where}: prefix is {prefix!r} and suffix is {suffix!r}, and both must be strings.")
    return ChangeFilter(frozenset().union(*names), prefix, suffix)
