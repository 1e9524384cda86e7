"""A record as the one who put it holds it: a handle that tells what each mapping has made of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Literal

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.units import to_timedelta, utc_datetime

if TYPE_CHECKING:
    from pytest_lambda_modes.services.stream import Shard

Ending = Literal["processed", "discarded", "filtered"]
State = Literal["pending", "processed", "discarded", "filtered", "expired"]

_LONGEST_SHOWN = 60


class Progress:
    """What one mapping has done with one record.

    `attempts` counts the invocations that got the record. `ending` is None while the mapping has not done with it.
    `discard_reason` is the condition under which it was given up.
    """

    __slots__ = ("_ended_at", "_waits", "attempts", "discard_reason", "ending")

    def __init__(self) -> None:
        self.attempts = 0
        self.ending: Ending | None = None
        self.discard_reason: str | None = None
        self._waits: list[int] = []
        self._ended_at = 0

    def attempt_started(self, now: int) -> None:
        """An invocation with the record begins at `now` microseconds."""
        if self.attempts:
            self._waits.append(now - self._ended_at)
        self.attempts += 1

    def attempt_ended(self, now: int) -> None:
        """That invocation is over."""
        self._ended_at = now

    def end(self, ending: Ending, discard_reason: str | None = None) -> None:
        """The mapping has moved past the record."""
        self.ending = ending
        self.discard_reason = discard_reason

    @property
    def delays(self) -> list[dt.timedelta]:
        """From each attempt's end to the next one's start. (KIN-8)"""
        return [to_timedelta(wait) for wait in self._waits]


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
        self._progress: dict[Hashable, Progress] | None = None

    def progress_for(self, mapping: Hashable) -> Progress:
        """What a mapping has done with the record, for the mapping to write down."""
        if self._progress is None:
            self._progress = {}
        progress = self._progress.get(mapping)
        if progress is None:
            progress = self._progress[mapping] = Progress()
        return progress

    def state_for(self, mapping: Hashable) -> State:
        """Where the record is for one of the mappings that read its stream."""
        return self._state((self._progress or {}).get(mapping))

    @property
    def state(self) -> State:
        """Where the record is now; `"pending"` also if nobody has read it, until it leaves the stream. (KIN-13)"""
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
        return f"<{type(self).__name__} {shown} in {self.shard.stream.name}, {self.shard_id}: {self._told()}>"

    def _content(self) -> str:
        """The record's content as its repr shows it."""
        return self.sequence_number

    def _told(self) -> str:
        progresses = list((self._progress or {}).values())
        if not progresses:
            return self._state(None)
        return " and ".join(self._told_of(progress) for progress in progresses)

    def _told_of(self, progress: Progress) -> str:
        reason = f" ({progress.discard_reason})" if progress.discard_reason else ""
        attempts = f", {progress.attempts} attempt{'' if progress.attempts == 1 else 's'}" if progress.attempts else ""
        return f"{self._state(progress)}{reason}{attempts}"

    def _state(self, progress: Progress | None) -> State:
        if progress is not None and progress.ending is not None:
            return progress.ending
        return "expired" if self.index < self.shard.trim_horizon else "pending"

    def _only(self) -> Progress | None:
        if not self._progress:
            return None
        if len(self._progress) > 1:
            raise ConfigError(
                f"record {self.sequence_number} of {self.shard.stream.name}: {len(self._progress)} mappings have read "
                "it, and each has its own progress. (KIN-25)\n\n"
                "Ask for one of them: record.state_for(mapping) or record.progress_for(mapping)"
            )
        return next(iter(self._progress.values()))
