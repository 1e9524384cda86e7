"""What becomes of a `logging.LogRecord` in Lambda's log: the two formats of AWS's Python runtime. (RT-39)"""

from __future__ import annotations

import json
import logging
import time
import traceback

# The same formatter class as the runtime's, with its two formats: a record's time is UTC, cut to milliseconds.
_TEXT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
_TEXT_TIME = "%Y-%m-%dT%H:%M:%S"
_JSON_TIME = "%Y-%m-%dT%H:%M:%SZ"

# Attributes of a record that are not its user's extras.
_OWN_ATTRIBUTES = frozenset(
    {
        "name",
        "msg",
        "args",
        "levelname",
        "levelno",
        "pathname",
        "filename",
        "module",
        "exc_info",
        "exc_text",
        "stack_info",
        "lineno",
        "funcName",
        "created",
        "msecs",
        "relativeCreated",
        "thread",
        "threadName",
        "processName",
        "process",
        "aws_request_id",
        "tenant_id",
    }
)
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode

# AWS's names of levels that Python does not have, or has under another name.
_LEVEL_NAMES = {"TRACE": "DEBUG"}


class TextFormatter(logging.Formatter):
    """`[LEVEL]`, UTC time, request id and message, separated by tabs."""

    # Whatever time zone the process has: Lambda's is UTC.
    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(_TEXT, _TEXT_TIME)


class JsonFormatter(logging.Formatter):
    """One JSON object a record. Extras are added to it, a dict as message stays one."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(datefmt=_JSON_TIME)

    def format(self, record: logging.LogRecord) -> str:
        message = record.msg if isinstance(record.msg, dict) and not record.args else record.getMessage()
        line: dict[str, object] = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": _level_name(record.levelno),
            "message": message,
            "logger": record.name,
            **_error_members(record),
        }
        tenant_id = getattr(record, "tenant_id", None)
        if tenant_id is not None:
            line["tenantId"] = tenant_id
        for name, value in vars(record).items():
            if name not in _OWN_ATTRIBUTES and name not in line:
                line[name] = value
        return _encode({name: value for name, value in line.items() if value is not None}) + "\n"


def _error_members(record: logging.LogRecord) -> dict[str, object]:
    request_id = getattr(record, "aws_request_id", None)
    if not record.exc_info or record.exc_info[0] is None:
        return {"stackTrace": None, "errorType": None, "errorMessage": None, "requestId": request_id, "location": None}
    error_type, error, frames = record.exc_info
    return {
        "stackTrace": traceback.format_tb(frames),
        "errorType": error_type.__name__,
        "errorMessage": str(error),
        "requestId": request_id,
        "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
    }


def _level_name(level: int) -> str:
    """A level between two of Python's counts as the lower one."""
    return logging.getLevelName(min(50, max(0, level)) // 10 * 10)


def root_level(log_format: str, application_log_level: str | None) -> int | None:
    """The level that the runtime gives the root logger, None where it leaves it alone.

    Only the JSON format has a level, and it is INFO unless configured.
    """
    if log_format != "JSON":
        return None
    name = application_log_level or "INFO"
    level = logging.getLevelName(_LEVEL_NAMES.get(name, name))
    assert isinstance(level, int)
    return level
