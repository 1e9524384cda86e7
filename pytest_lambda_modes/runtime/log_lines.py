"""The lines that Lambda's platform writes around an invocation, as text and as JSON. (RT-38)

Durations are microseconds, moments are microseconds since 1970.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Literal, NamedTuple

from pytest_lambda_modes import units

Status = Literal["timeout", "error"]
SystemLogLevel = Literal["DEBUG", "INFO", "WARN"]

# Memory is not measured: a fixed figure that every memory size allows.
MAX_MEMORY_USED = 38

_LEVELS: tuple[SystemLogLevel, ...] = ("DEBUG", "INFO", "WARN")


class Report(NamedTuple):
    """What the platform knows of an invocation when it has ended.

    `memory_size` is in MB. `init_duration` is there after a cold start. `status` is None unless the environment died
    or the invocation otherwise counts as failed; `error_type` goes with `"error"`.
    """

    request_id: str
    duration: int
    memory_size: int
    init_duration: int | None = None
    status: Status | None = None
    error_type: str | None = None

    @property
    def billed_milliseconds(self) -> int:
        """Every millisecond begun, of the init too. At least one: no real invocation takes no time at all. (MET-4)"""
        return max(1, -(-(self.duration + (self.init_duration or 0)) // units.MILLISECOND))


def log_stream_name(epoch: int, version: str, digits: str) -> str:
    """The log stream of an environment that begins at `epoch`; `digits` are 32 hexadecimal ones. (RT-40)"""
    return f"{_date(epoch // units.DAY)}/[{version}]{digits}"


@lru_cache(maxsize=8)
def _date(days: int) -> str:
    return f"{units.utc_datetime(days * units.DAY):%Y/%m/%d}"


def text_before(request_id: str, version: str) -> str:
    """What stands before the output of the handler, in text format."""
    return f"START RequestId: {request_id} Version: {version}\n"


def text_after(report: Report) -> str:
    """What stands after the output of the handler, in text format."""
    fields = [
        f"REPORT RequestId: {report.request_id}",
        f"Duration: {_milliseconds(report.duration):.2f} ms",
        f"Billed Duration: {report.billed_milliseconds} ms",
        f"Memory Size: {report.memory_size} MB",
        f"Max Memory Used: {MAX_MEMORY_USED} MB",
    ]
    if report.init_duration is not None:
        fields.append(f"Init Duration: {_milliseconds(report.init_duration):.2f} ms")
    # A line without a status ends in a tab, as recorded.
    fields.append(f"Status: {report.status}" if report.status else "")
    if report.error_type:
        fields.append(f"Error Type: {report.error_type}")
    return f"END RequestId: {report.request_id}\n" + "\t".join(fields) + "\n"


def json_before(request_id: str, version: str, epoch: int, level: SystemLogLevel) -> str:
    """What stands before the output of the handler, in JSON format at a system log level."""
    return _event("INFO", level, epoch, "platform.start", {"requestId": request_id, "version": version})


def json_after(report: Report, epoch: int, level: SystemLogLevel) -> str:
    """What stands after the output of the handler, in JSON format at a system log level.

    Failures are told at WARN, success at INFO and, of the runtime's part alone, at DEBUG.
    """
    done: dict[str, object] = {"requestId": report.request_id, "status": report.status or "success"}
    if report.error_type:
        done["errorType"] = report.error_type
    metrics: dict[str, float] = {
        "durationMs": _milliseconds(report.duration),
        "billedDurationMs": report.billed_milliseconds,
        "memorySizeMB": report.memory_size,
        "maxMemoryUsedMB": MAX_MEMORY_USED,
    }
    if report.init_duration is not None:
        metrics["initDurationMs"] = _milliseconds(report.init_duration)
    failed = report.status is not None
    runtime_done = _event("WARN" if failed else "DEBUG", level, epoch, "platform.runtimeDone", done)
    in_full = {"requestId": report.request_id, "metrics": metrics, **done}
    return runtime_done + _event("WARN" if failed else "INFO", level, epoch, "platform.report", in_full)


def _event(told_at: SystemLogLevel, level: SystemLogLevel, epoch: int, kind: str, record: dict[str, object]) -> str:
    if _LEVELS.index(told_at) < _LEVELS.index(level):
        return ""
    event = {"time": units.iso_milliseconds(epoch), "type": kind, "record": record}
    return json.dumps(event, separators=(",", ":")) + "\n"


def _milliseconds(duration: int) -> float:
    return round(duration / units.MILLISECOND, 2)
