"""The log of an invocation, and how what a handler writes gets into it."""

from __future__ import annotations

import logging
from base64 import b64encode
from threading import RLock
from typing import Any, Protocol, cast

from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.runtime import log_lines
from pytest_lambda_modes.runtime.error_payload import ErrorObject, log_json, log_text
from pytest_lambda_modes.runtime.log_records import JsonFormatter, TextFormatter, root_level
from pytest_lambda_modes.runtime.output_streams import EarlierHandlers, StreamOfTheMoment, Tee
from pytest_lambda_modes.runtime.payload import decode_response

_STDOUT, _STDERR = StreamOfTheMoment("stdout"), StreamOfTheMoment("stderr")

_FORMATTERS: dict[str, logging.Formatter] = {"Text": TextFormatter(), "JSON": JsonFormatter()}


class Writer(Protocol):
    """Whose log it is that a handler writes to. `root_level` is that of the root logger, where logs are JSON."""

    @property
    def request_id(self) -> str: ...

    @property
    def tenant_id(self) -> str | None: ...

    @property
    def config(self) -> FunctionConfig: ...

    @property
    def root_level(self) -> int | None: ...

    def write(self, text: str | bytes) -> None: ...


def root_level_of(config: FunctionConfig) -> int | None:
    """The level of the root logger while a function with JSON logs runs; of others it stays as it is."""
    return root_level("JSON", config.application_log_level) if config.log_format == "JSON" else None


class InvocationLog:
    """What one invocation wrote, from its START line to its REPORT line. Text is made when somebody looks.

    Moments are microseconds since 1970, durations microseconds. Lines of the cold start before START are in CloudWatch
    only, not here. (RT-38)
    """

    __slots__ = ("_begun", "_ended", "_written", "config", "request_id", "root_level", "tenant_id", "version")

    def __init__(
        self, request_id: str, config: FunctionConfig, version: str = "$LATEST", tenant_id: str | None = None
    ) -> None:
        self.request_id = request_id
        self.config = config
        self.version = version
        self.tenant_id = tenant_id
        self.root_level = root_level_of(config)
        self._begun = 0
        self._ended: tuple[int, int, int | None, log_lines.Status | None, str | None] | None = None
        self._written: list[str | bytes | tuple[Outcome, int]] = []

    def begin(self, epoch: int) -> None:
        self._begun = epoch

    def write(self, text: str | bytes) -> None:
        self._written.append(text)

    def write_error(self, outcome: Outcome, epoch: int) -> None:
        """The error that the runtime reports, made when somebody looks. (RT-18)"""
        self._written.append((outcome, epoch))

    def end(
        self,
        epoch: int,
        duration: int,
        init_duration: int | None = None,
        status: log_lines.Status | None = None,
        error_type: str | None = None,
    ) -> None:
        """`duration` is without the init, `init_duration` is of a cold start. `status` is None if all went well."""
        self._ended = (epoch, duration, init_duration, status, error_type)

    def text(self) -> str:
        """The whole log; of an invocation that still runs, what there is of it."""
        return self._content().decode("utf-8", "replace")

    def tail(self) -> str:
        """Base64 of the last 4,096 bytes, wherever that cuts: LogResult. (SYNC-14)"""
        return b64encode(self._content()[-limits.LOG_TAIL_BYTES :]).decode("ascii")

    def __repr__(self) -> str:
        return self.text()

    def _content(self) -> bytes:
        content = b"".join(self._encoded(piece) for piece in [self._before(), *self._written])
        if not content or content.endswith(b"\n"):
            return content + self._after().encode()
        return content + b"\n" + self._after().encode()

    def _before(self) -> str:
        if self.config.log_format == "JSON":
            return log_lines.json_before(self.request_id, self.version, self._begun, self._system_log_level())
        return log_lines.text_before(self.request_id, self.version)

    def _after(self) -> str:
        if self._ended is None:
            return ""
        epoch, duration, init_duration, status, error_type = self._ended
        memory_size = self.config.memory_size
        report = log_lines.Report(self.request_id, duration, memory_size, init_duration, status, error_type)
        if self.config.log_format == "JSON":
            return log_lines.json_after(report, epoch, self._system_log_level())
        return log_lines.text_after(report)

    def _system_log_level(self) -> log_lines.SystemLogLevel:
        return cast("log_lines.SystemLogLevel", self.config.system_log_level or "INFO")

    def _encoded(self, piece: str | bytes | tuple[Outcome, int]) -> bytes:
        if isinstance(piece, bytes):
            return piece
        return (piece if isinstance(piece, str) else self._error_text(*piece)).encode("utf-8", "replace")

    def _error_text(self, outcome: Outcome, epoch: int) -> str:
        error = cast(ErrorObject, decode_response(outcome.payload))
        text = log_json(error, epoch, self.config.runtime) if self.config.log_format == "JSON" else log_text(error)
        return text + "\n"


class LogCapture:
    """Brings what a handler prints and logs into the log of its invocation. One for each test.

    `stdout` and `stderr` are for the time in which a handler runs; whoever puts them in place sets their `target`.
    `current` is the log of who is running; with None nothing is captured. It is changed with `switch`: a function with
    JSON logs has a level for the root logger, which is set then, and put back when it is another's turn. What the
    handler itself does to that level lasts until then.
    """

    def __init__(self) -> None:
        self.current: Writer | None = None
        self._level: int | None = None
        self._displaced_level = self._level_before = logging.WARNING
        self._root_handler: _RootHandler | None = None
        self._earlier_handlers = EarlierHandlers()
        self.stdout = Tee(self, _STDOUT)
        self.stderr = Tee(self, _STDERR)

    def install(self) -> None:
        """Listen to the root logger."""
        # First, as it is in Lambda: code that says `getLogger().handlers[0].setFormatter(...)` means this one.
        self._root_handler = _RootHandler(self)
        logging.root.handlers.insert(0, self._root_handler)
        self._level_before = logging.root.level
        self._earlier_handlers.note_streams()

    def listen(self) -> None:
        """Listen to logging handlers that were made earlier, too. To be called before the first handler runs."""
        if self._root_handler is not None:
            self._earlier_handlers.install(self)

    def uninstall(self) -> None:
        """Undo it. A tee that somebody kept writes from now on to the stream of the moment."""
        self.switch(None)
        self._earlier_handlers.uninstall()
        # No circle is left, for which the garbage collector would have to come.
        handler, self._root_handler = self._root_handler, None
        if handler is not None:
            handler.filters.clear()
            if handler in logging.root.handlers:
                logging.root.handlers.remove(handler)
            if logging.root.level != self._level_before:
                logging.root.setLevel(self._level_before)
        self.stdout.let_go(_STDOUT)
        self.stderr.let_go(_STDERR)

    def sweep(self) -> None:
        """To be called when patches are undone that others made meanwhile."""
        self._earlier_handlers.sweep()

    def switch(self, log: Writer | None) -> None:
        """What is written from now on goes to another log."""
        self.current = log
        level = None if log is None else log.root_level
        if level != self._level:
            self._change_level(level)

    def _change_level(self, level: int | None) -> None:
        if self._level is None:
            self._displaced_level = logging.root.level
        self._level = level
        logging.root.setLevel(self._displaced_level if level is None else level)


class _RootHandler(logging.Handler):
    """The runtime's handler on the root logger. It writes to the log only: caplog has a handler of its own. (RT-39)

    It needs no lock, so all have the same one, for who takes it as that of any handler. And it is not of those that
    logging flushes at the end of the process: to be enlisted by `logging.Handler` takes ten times as long as the rest.
    """

    _name = None
    level = logging.NOTSET
    formatter = None
    lock: Any = RLock()

    def __init__(self, capture: LogCapture) -> None:
        self._capture = capture
        self.filters = [self._stamp]

    def handle(self, record: logging.LogRecord) -> bool:
        """As `logging.Handler` does it, without the lock."""
        passed: object = self.filter(record)
        if isinstance(passed, logging.LogRecord):
            record = passed
        if passed:
            self.emit(record)
        return bool(passed)

    def _stamp(self, record: logging.LogRecord) -> bool:
        """Formatters of the user's may name these attributes, on this handler and on those after it."""
        log = self._capture.current
        record.aws_request_id = "" if log is None else log.request_id
        record.tenant_id = None if log is None else log.tenant_id
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """A record that cannot be formatted raises in the code that logged it, as it does in Lambda."""
        log = self._capture.current
        if log is None or _has_a_powertools_handler(record.name):
            return
        formatter = self.formatter or _FORMATTERS[log.config.log_format]
        text = formatter.format(record)
        log.write(text if text.endswith("\n") else text + "\n")


def _has_a_powertools_handler(name: str) -> bool:
    """Powertools' Logger writes by itself, and keeps its records from the root handlers that it finds when it is made.

    In Lambda the runtime's is there by then; here the Logger may be older.
    """
    logger = logging.root.manager.loggerDict.get(name)
    while isinstance(logger, logging.Logger):
        if hasattr(logger, "powertools_handler"):
            return True
        logger = logger.parent
    return False
