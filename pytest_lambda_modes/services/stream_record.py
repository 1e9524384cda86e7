"""A record as the one who put it holds it: a handle that tells what each mapping has made of it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.units import to_timedelta, utc_datetime

if TYPE_CHECKING:
    from pytest_lambda_modes.services.stream import Shard

Ending = Literal["processed", "discarded", "filtered"]
State = Literal["pending", "processed", "discarded", "filtered", "expired"]

_LONGEST_SHOWN = 60


class Progress:
    """What one mapping has done with one record. `before` is that of the mapping that read it before, if one did.

    `attempts` counts the invocations that got the record, and `in_flight` says that one of them runs. `ending` is None
    while the mapping has not done with it. `discard_reason` is the condition under which it was given up.
    """

    # A test may have a hundred thousand of these, so each is one object until its record is tried again.
    __slots__ = ("_ended_at", "_waits", "attempts", "before", "discard_reason", "ending", "in_flight", "mapping")

    def __init__(self, mapping: object, before: Progress | None) -> None:
        self.mapping = mapping
        self.before = before
        self.attempts = 0
        self.in_flight = False
        self.ending: Ending | None = None
        self.discard_reason: str | None = None
        self._waits: list[int] | None = None
        self._ended_at = 0

    def attempt_started(self, now: int) -> None:
        """An invocation with the record begins at `now` microseconds."""
        if self.attempts:
            if self._waits is None:
                self._waits = []
            self._waits.append(now - self._ended_at)
        self.attempts += 1
        self.in_flight = True

    def attempt_ended(self, now: int) -> None:
        """That invocation is over."""
        self.in_flight = False
        self._ended_at = now

    def end(self, ending: Ending, discard_reason: str | None = None) -> None:
        """The mapping has moved past the record."""
        self.ending = ending
        self.discard_reason = discard_reason

    @property
    def delays(self) -> list[dt.timedelta]:
        """From each attempt's end to the next one's start. (KIN-8)"""
        return [to_timedelta(wait) for wait in self._waits or ()]


class Record:
    """A record of a stream, live: whatever is asked is answered as of now.

    Every mapping reads every record (KIN-25), so `state`, `attempts`, `delays` and `discard_reason` tell of the only
    mapping that has touched it, and raise ConfigError when there are several: then ask `progress_for` or `state_for`.

    `index` is its position in its shard, `arrival` microseconds since the virtual start.
    """

    __slots__ = ("_progress", "arrival", "index", "partition_key", "sequence_number", "shard")

    shard: Shard[Any]
    sequence_number: str

    def __init__(self, partition_key: str) -> None:
        self.partition_key = partition_key
        # These are set when the record enters its shard, together with `shard` and `sequence_number`.
        self.index = self.arrival = 0
        self._progress: Progress | None = None

    def progress_for(self, mapping: object) -> Progress:
        """What a mapping has done with the record, for the mapping to write down."""
        progress = None if self._progress is None else self._found(mapping)
        if progress is None:
            progress = self._progress = Progress(mapping, self._progress)
        return progress

    def state_for(self, mapping: object) -> State:
        """Where the record is for one of the mappings that read its stream."""
        return self._state(self._found(mapping))

    @property
    def state(self) -> State:
        """Where the record is now; `"pending"` also if nobody has read it, until it leaves the stream. (KIN-13)

        One that leaves it while an invocation has it is pending until that ends.
        """
        return self._state(self._only())

    @property
    def attempts(self) -> int:
        """How many invocations got the record."""
        progress = self._only()
        return 0 if progress is None else progress.attempts

    @property
    def delays(self) -> list[dt.timedelta]:
        """From each attempt's end to the next one's start. (KIN-8)"""
        progress = self._only()
        return [] if progress is None else progress.delays

    @property
    def discard_reason(self) -> str | None:
        """`"RetryAttemptsExhausted"` or `"RecordAgeExceeded"` for a discarded record, else None. (KIN-18)"""
        progress = self._only()
        return None if progress is None else progress.discard_reason

    @property
    def shard_id(self) -> str:
        return self.shard.shard_id

    @property
    def arrived_at(self) -> dt.datetime:
        """When it came into the stream, in UTC."""
        return utc_datetime(self.epoch)

    @property
    def epoch(self) -> int:
        """When it came into the stream, in microseconds since 1970."""
        return self.shard.stream.scheduler.start + self.arrival

    def __repr__(self) -> str:
        line = " ".join(self._content()[: 2 * _LONGEST_SHOWN].split())
        shown = line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 3] + "..."
        stream = self.shard.stream.name
        place = stream if self.shard_id == stream else f"{stream}, {self.shard_id}"
        return f"<{type(self).__name__} {shown} in {place}: {self._told()}>"

    def _content(self) -> str:
        """The record's content as its repr shows it."""
        return self.sequence_number

    def _told(self) -> str:
        progresses = self._progresses()
        if not progresses:
            return self._state(None)
        return " and ".join(self._told_of(progress) for progress in progresses)

    def _told_of(self, progress: Progress) -> str:
        reason = f" ({progress.discard_reason})" if progress.discard_reason else ""
        attempts = f", {counted(progress.attempts, 'attempt')}" if progress.attempts else ""
        return f"{self._state(progress)}{reason}{attempts}"

    def _state(self, progress: Progress | None) -> State:
        if progress is not None:
            if progress.ending is not None:
                return progress.ending
            if progress.in_flight:
                return "pending"
        return "expired" if self.index < self.shard.trim_horizon else "pending"

    def _only(self) -> Progress | None:
        if self._progress is not None and self._progress.before is not None:
            raise ConfigError(
                f"record {self.sequence_number} of {self.shard.stream.name}: {len(self._progresses())} mappings have "
                "read it, and each has its own progress. (KIN-25)\n\n"
                "Ask for one of them: record.state_for(mapping) or record.progress_for(mapping)"
            )
        return self._progress

    def _found(self, mapping: object) -> Progress | None:
        progress = self._progress
        while progress is not None and progress.mapping != mapping:
            progress = progress.before
        return progress

    def _progresses(self) -> list[Progress]:
        """Those of all mappings, in the order in which they read the record."""
        progresses, progress = [], self._progress
        while progress is not None:
            progresses.append(progress)
            progress = progress.before
        return progresses[::-1]
