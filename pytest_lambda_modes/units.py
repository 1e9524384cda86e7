"""Time as the core counts it: whole microseconds since the virtual start. Floats and datetimes live at the edges."""

from __future__ import annotations

import datetime as _dt

# Bound once, at import: readers of time may be frozen while these run, and a frozen class builds frozen values.
_datetime = _dt.datetime
_timedelta = _dt.timedelta

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

EPOCH = _datetime(1970, 1, 1, tzinfo=_dt.timezone.utc)
_ONE_MICROSECOND = _timedelta(microseconds=1)


def from_seconds(seconds: float) -> int:
    """Microseconds in a number of seconds, to the nearest."""
    return round(seconds * SECOND)


def to_seconds(microseconds: int) -> float:
    """Seconds in a number of microseconds."""
    return microseconds / SECOND


def from_timedelta(duration: _dt.timedelta) -> int:
    """Microseconds in a timedelta, exactly."""
    return duration // _ONE_MICROSECOND


def to_timedelta(microseconds: int) -> _dt.timedelta:
    """A timedelta of so many microseconds, exactly."""
    return _timedelta(microseconds=microseconds)


def epoch_microseconds(moment: _dt.datetime) -> int:
    """Microseconds from 1970 to an aware datetime."""
    return (moment - EPOCH) // _ONE_MICROSECOND


def utc_datetime(epoch: int) -> _dt.datetime:
    """The UTC datetime so many microseconds after 1970."""
    return EPOCH + _timedelta(microseconds=epoch)


def iso_milliseconds(epoch: int) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`, as AWS writes most timestamps. `epoch` is in microseconds since 1970."""
    moment = utc_datetime(epoch)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def iso_seconds(epoch: int) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ`. `epoch` is in microseconds since 1970."""
    return f"{utc_datetime(epoch):%Y-%m-%dT%H:%M:%S}Z"
