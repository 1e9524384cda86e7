"""Where a handler's output goes: to the stream that would have had it, and to the log of the invocation as well."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from typing import Any, ClassVar, Literal, Protocol


class Sink(Protocol):
    """What takes a copy of the output."""

    def write(self, text: str | bytes) -> None: ...


class Capture(Protocol):
    """Who knows where copies go at the moment, if anywhere."""

    @property
    def current(self) -> Sink | None: ...


class _Nobody:
    """A capture that takes nothing."""

    current = None


_NOBODY = _Nobody()


class Tee:
    """`sys.stdout` or `sys.stderr` while a handler runs.

    It writes to `target`, which whoever puts the tee in place sets to the stream it displaces, and to the current log.
    All that it does not do itself (isatty, fileno, encoding, name, ...) the target does. So capsys, capfd and -s see
    what they always see.
    """

    # So that a copy in the making, which has nothing yet, does not ask itself for ever.
    target: Any = None

    def __init__(self, capture: Capture, target: Any) -> None:
        self._capture = capture
        self.target = target

    def write(self, text: str) -> int:
        written: int = self.target.write(text)
        log = self._capture.current
        if log is not None:
            log.write(text)
        return written

    def let_go(self, stream: StreamOfTheMoment) -> None:
        """Copy nothing any more: whoever has kept it writes to a stream of the process."""
        self._capture, self.target = _NOBODY, stream

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self.target.flush()

    @property
    def buffer(self) -> BufferTee:
        return BufferTee(self._capture, self.target.buffer)

    def close(self) -> None:
        """The process's stream is not the handler's to close: others write to it afterwards."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)

    def __repr__(self) -> str:
        return f"<copies to the invocation's log: {self.target!r}>"


class BufferTee:
    """The binary side of a Tee: `sys.stdout.buffer`."""

    def __init__(self, capture: Capture, target: Any) -> None:
        self._capture = capture
        self._target = target

    def write(self, data: Any) -> int:
        written: int = self._target.write(data)
        log = self._capture.current
        if log is not None:
            log.write(bytes(data))
        return written

    def writelines(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            self.write(line)

    def close(self) -> None:
        """As with the text stream: not the handler's to close."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


class StreamOfTheMoment:
    """Stands for whatever `sys.stdout` or `sys.stderr` is when it is used: the target of a tee that somebody kept."""

    def __init__(self, name: Literal["stdout", "stderr"]) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        stream = getattr(sys, self._name)
        if isinstance(stream, Tee) and stream.target is self:
            stream = getattr(sys, f"__{self._name}__")
        return getattr(stream, name)


# By id, since streams need not be hashable. The values keep the ids their own.
_remembered: dict[int, object] = {}


def remember_stream(stream: object) -> None:
    """Have logging handlers on this stream copied to the invocation's log, for the rest of the process.

    For streams that were `sys.stdout` or `sys.stderr` when modules were imported, and are not when a fixture begins.
    """
    _remembered[id(stream)] = stream


class EarlierHandlers:
    """Logging handlers that took `sys.stdout` or `sys.stderr` before a tee was there, as Powertools' Logger does.

    While installed, what such a handler writes to a stream of the process is copied to the current log too. Handlers
    on other streams (pytest's own, files) and on a tee are left alone.
    """

    installed: ClassVar[EarlierHandlers | None] = None

    def __init__(self) -> None:
        self._displaced: Callable[..., None] | None = None
        self._emit: Callable[..., None] | None = None
        self._outer: EarlierHandlers | None = None
        self._capture: Capture | None = None
        self._streams: tuple[object, ...] = ()

    def note_streams(self) -> None:
        """What the streams of the process are now."""
        self._streams = (sys.__stdout__, sys.__stderr__, sys.stdout, sys.stderr)

    def install(self, capture: Capture) -> None:
        """It changes a class whose methods pytest calls in each test: whoever needs no copies should not."""
        self._capture = capture
        self._displaced = logging.StreamHandler.emit
        self._emit = _copying(self._displaced)
        self._outer, EarlierHandlers.installed = EarlierHandlers.installed, self
        logging.StreamHandler.emit = self._emit  # type: ignore[method-assign]

    def uninstall(self) -> None:
        """Whoever patched on top of us keeps calling us, and we copy nothing any more."""
        if self._capture is None:
            return
        self._capture = None
        EarlierHandlers.installed, self._outer = self._outer, None
        self.sweep()

    def sweep(self) -> None:
        """Take ours out, if it is there. Whoever patched it, and undoes that after us, puts it there again."""
        if self._capture is None and self._displaced is not None and logging.StreamHandler.emit is self._emit:
            logging.StreamHandler.emit = self._displaced  # type: ignore[method-assign]

    def capture_of(self, stream: object) -> Capture | None:
        """Who takes a copy of what a handler writes to a stream now."""
        capture = self._capture
        if capture is None or capture.current is None or not self._belongs_to_the_process(stream):
            return None
        return capture

    def _belongs_to_the_process(self, stream: object) -> bool:
        if isinstance(stream, Tee):
            return False
        if id(stream) in _remembered or any(stream is each for each in self._streams):
            return True
        return any(isinstance(tee, Tee) and stream is tee.target for tee in (sys.stdout, sys.stderr))


# Made once, since a test that logs nothing should not pay for it.
@lru_cache(maxsize=1)
def _copying(displaced: Callable[..., None]) -> Callable[..., None]:
    @wraps(displaced)
    def emit(handler: logging.StreamHandler[Any], record: logging.LogRecord) -> None:
        stream, installed = handler.stream, EarlierHandlers.installed
        capture = None if installed is None else installed.capture_of(stream)
        if capture is None:
            displaced(handler, record)
            return
        # Formatting twice could have effects twice, so the handler writes once, through a tee. It holds its lock.
        handler.stream = Tee(capture, stream)
        try:
            displaced(handler, record)
        finally:
            handler.stream = stream

    return emit
