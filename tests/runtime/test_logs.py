"""How what a handler writes gets into the log of its invocation, and stays where the test looks for it."""

from __future__ import annotations

import copy
import io
import json
import logging
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aws_lambda_powertools import Logger
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.runtime.logs import InvocationLog, LogCapture, _RootHandler
from pytest_lambda_modes.runtime.output_streams import remember_stream

properties = settings(deadline=None, derandomize=True)

TEXT = FunctionConfig(function_name="orders")
JSON = FunctionConfig(function_name="orders", log_format="JSON")

# As a user's module has them: made at import, on the stream of that moment.
powertools_logger = Logger(service="orders-service", level="INFO")
stdout_at_import = sys.stdout


@pytest.fixture
def capture() -> Iterator[LogCapture]:
    capture = LogCapture()
    capture.install()
    capture.listen()
    yield capture
    capture.uninstall()


@contextmanager
def running(capture: LogCapture, log: InvocationLog) -> Iterator[None]:
    """What the runtime does around a handler."""
    streams = sys.stdout, sys.stderr
    capture.stdout.target, capture.stderr.target = streams
    sys.stdout, sys.stderr = capture.stdout, capture.stderr  # type: ignore[assignment]
    capture.switch(log)
    try:
        yield
    finally:
        capture.switch(None)
        sys.stdout, sys.stderr = streams


def written(log: InvocationLog) -> str:
    """What stands in a text log after its START line."""
    return log.text().split("\n", 1)[1]


# Output


@pytest.mark.rule("RT-39")
def test_prints_are_unprefixed_and_not_stolen(capture, capsys):
    """What a handler prints is in its log as it is, in order, and capsys sees it too."""
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        print("out")
        print("err", file=sys.stderr)
        sys.stdout.writelines(["a", "b\n"])
        sys.stdout.flush()
    print("the test's own")
    assert written(log) == "out\nerr\nab\n"
    assert capsys.readouterr() == ("out\nab\nthe test's own\n", "err\n")


def test_capfd_sees_what_is_printed(capture, capfd):
    """What a handler prints reaches the file descriptor."""
    with running(capture, InvocationLog("6f1c", TEXT)):
        print("out", flush=True)
    assert capfd.readouterr().out == "out\n"


def test_bytes_are_captured(capture, capsys):
    """Bytes written to sys.stdout.buffer are in the log, in order with text."""
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        print("text")
        sys.stdout.flush()
        assert sys.stdout.buffer.write("é\n".encode()) == 3
        sys.stdout.buffer.writelines([memoryview(b"x\n")])
        sys.stdout.buffer.flush()
    assert written(log) == "text\né\nx\n"
    assert capsys.readouterr().out == "text\né\nx\n"


def test_tee_is_a_text_stream(capture, capfd):
    """Whatever a tee does not do itself, the stream behind it does."""
    with running(capture, InvocationLog("6f1c", TEXT)):
        tee, behind = sys.stdout, capture.stdout.target
        assert tee.write("four") == 4
        assert (tee.encoding, tee.errors, tee.isatty()) == (behind.encoding, behind.errors, False)
        assert tee.fileno() == behind.fileno()
        assert (tee.writable(), tee.closed, tee.name) == (True, False, behind.name)
        subprocess.run([sys.executable, "-c", "print('child')"], stdout=tee, check=True)
        with pytest.raises(AttributeError):
            _ = tee.no_such_thing
        with pytest.raises(TypeError):
            tee.write(b"bytes")  # type: ignore[arg-type]
    assert "child" in capfd.readouterr().out


def test_a_write_that_fails_is_not_logged(capture, capsys):
    """Only what the stream took is in the log."""
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log), pytest.raises(TypeError):
        sys.stdout.write(1)  # type: ignore[arg-type]
    assert written(log) == ""


def test_a_handler_cannot_close_the_process_stream(capture, capsys):
    """Closing sys.stdout, or a wrapper around its buffer, leaves the stream of the test open."""
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        wrapper = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")
        wrapper.write("wrapped\n")
        wrapper.close()
        sys.stdout.close()
    print("still open")
    assert written(log) == "wrapped\n"
    assert capsys.readouterr().out == "wrapped\nstill open\n"


def test_a_tee_in_the_making_does_not_recurse(capture):
    """A copy of an object that holds a tee fails or works as with another stream, and never recurses for ever."""
    assert not hasattr(copy.copy(capture.stdout), "no_such_thing")
    assert "copies to the invocation's log" in repr(capture.stdout)


def test_a_kept_tee_follows_the_stream_of_the_moment(capsys):
    """A tee that outlives its fixture writes to whatever sys.stdout is then, even if it is itself left there."""
    capture = LogCapture()
    capture.install()
    capture.listen()
    with running(capture, InvocationLog("6f1c", TEXT)):
        kept = sys.stdout
    capture.uninstall()
    print("later", file=kept)
    assert capsys.readouterr().out == "later\n"
    stream, sys.stdout = sys.stdout, kept
    try:
        assert kept.encoding == sys.__stdout__.encoding
    finally:
        sys.stdout = stream


def test_nothing_is_captured_without_a_current_log(capture, capsys):
    """A tee that nobody runs under only passes on."""
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        capture.switch(None)
        print("hub")
        sys.stdout.buffer.write(b"bytes")
    assert written(log) == ""


# Logging


@contextmanager
def awslambdaric_logging(log_format: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What AWS's own runtime writes for records of the same time."""
    bootstrap = pytest.importorskip("awslambdaric.bootstrap")
    monkeypatch.setattr(logging.Formatter, "converter", logging.Formatter.converter)
    monkeypatch.setattr(bootstrap, "_GLOBAL_AWS_REQUEST_ID", "6f1c")
    monkeypatch.setattr(bootstrap, "_GLOBAL_TENANT_ID", "blue")
    lines: list[str] = []
    handlers = list(logging.root.handlers)
    sink = types.SimpleNamespace(log=lambda message, frame_type=None: lines.append(message))
    bootstrap._setup_logging(bootstrap.LogFormat.from_str(log_format), "", sink)
    yield lines
    logging.root.handlers[:] = [handler for handler in logging.root.handlers if handler in handlers]


@pytest.mark.rule("RT-39")
@pytest.mark.parametrize("config", [TEXT, JSON])
def test_records_are_written_as_awslambdaric_writes_them(capture, config, monkeypatch):
    """A record has the text, or the JSON, of AWS's runtime: message, arguments, extras, errors, levels."""
    log = InvocationLog("6f1c", config, tenant_id="blue")
    logger = logging.getLogger("app.orders")
    with awslambdaric_logging(config.log_format, monkeypatch) as lines, running(capture, log):
        logger.warning("plain")
        logger.error("%s of %d, é", "some", 2)
        logger.critical({"order": 7, "at": object}, extra={"table": "orders", "level": "mine", "none": None})
        logger.log(35, "between two levels", stack_info=True)
        try:
            raise KeyError("k")
        except KeyError:
            logger.exception("failed")
    assert len(lines) == 5
    # A record with a traceback does not end its line. In AWS it is a log event of its own.
    assert written(log) == "".join(line if line.endswith("\n") else line + "\n" for line in lines)


@pytest.mark.rule("RT-39")
@properties
@given(
    message=st.text(),
    level=st.integers(1, 60),
    extra=st.dictionaries(st.from_regex("x_[a-z]{1,5}", fullmatch=True), st.one_of(st.none(), st.text(), st.floats())),
)
def test_any_record_is_awslambdarics_json(message, level, extra):
    """Whatever is logged, the JSON is what AWS's formatter makes of it."""
    oracle = pytest.importorskip("awslambdaric.lambda_runtime_log_utils").JsonFormatter()
    oracle.converter = time.gmtime
    record = logging.getLogger("app").makeRecord("app", level, "app.py", 3, message, (), None, "f", extra)
    ours = LogCapture()
    log = InvocationLog("6f1c", JSON)
    ours.switch(log)
    _RootHandler(ours).handle(record)
    ours.switch(None)
    assert log.text().split("\n", 1)[1] == oracle.format(copy.copy(record))


@pytest.mark.rule("RT-39")
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of the process cannot be set here")
@pytest.mark.parametrize("config, moment", [(TEXT, "\t1970-01-01T00:00:00.250Z\t"), (JSON, '"1970-01-01T00:00:00Z"')])
def test_times_are_utc(capture, monkeypatch, config, moment):
    """Whatever the time zone of the machine, a record's time is UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        log = InvocationLog("6f1c", config)
        with running(capture, log):
            record = {"name": "app", "msg": "x", "levelno": 30, "created": 0.25, "msecs": 250.0}
            logging.root.handle(logging.makeLogRecord(record))
    time.tzset()
    assert moment in written(log)


def test_logging_does_not_print(capture, capsys):
    """What a handler logs goes to its log and to caplog, and not to the test's output."""
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        logging.getLogger("app").warning("logged")
    assert written(log).startswith("[WARNING]\t")
    assert written(log).endswith("Z\t6f1c\tlogged\n")
    assert capsys.readouterr() == ("", "")


@pytest.mark.rule("RT-39")
def test_the_handler_is_the_first_of_the_root_logger(capture):
    """Code that gives the root's first handler a format of its own means the runtime's, and may name the request."""
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        logging.getLogger().handlers[0].setFormatter(logging.Formatter("%(aws_request_id)s|%(message)s"))
        logging.getLogger("app").warning("mine")
    assert written(log) == "6f1c|mine\n"


def test_records_outside_of_handlers_have_an_empty_request_id(capture, caplog):
    """A test's own record goes to no log, and has the attributes that formatters may name."""
    logging.getLogger("app").warning("in the test")
    assert (caplog.records[0].aws_request_id, caplog.records[0].tenant_id) == ("", None)


@pytest.mark.rule("RT-39")
def test_root_level_is_left_alone_in_text_format(capture):
    """With text logs the level of the root logger is nobody's business."""
    before = logging.root.level
    with running(capture, InvocationLog("6f1c", TEXT)):
        logging.getLogger("app").info("below the level")
        logging.root.setLevel(logging.INFO)
    assert logging.root.level == logging.INFO
    logging.root.setLevel(before)


@pytest.mark.rule("RT-39")
@pytest.mark.parametrize(
    "configured, level", [(None, 20), ("TRACE", 10), ("DEBUG", 10), ("WARN", 30), ("ERROR", 40), ("FATAL", 50)]
)
def test_json_logs_have_a_level(capture, configured, level):
    """With JSON logs the root logger has the configured level, by default INFO, while the invocation runs."""
    before = logging.root.level
    config = FunctionConfig(function_name="f", log_format="JSON", application_log_level=configured)
    with running(capture, InvocationLog("6f1c", config)):
        assert logging.root.level == level
    assert logging.root.level == before


def test_levels_of_handlers_that_overlap(capture):
    """Each switch sets the level of who runs, and the last one puts back the test's."""
    before = logging.root.level
    debug = FunctionConfig(function_name="f", log_format="JSON", application_log_level="DEBUG")
    for config, level in ((debug, 10), (JSON, 20), (TEXT, before), (debug, 10)):
        capture.switch(InvocationLog("6f1c", config))
        assert logging.root.level == level
    capture.uninstall()
    assert logging.root.level == before
    capture.install()
    capture.listen()


def test_install_leaves_nothing_behind():
    """After uninstall logging is as it was, and uninstalling what user code removed does no harm."""
    handlers, emit = list(logging.root.handlers), logging.StreamHandler.emit
    capture = LogCapture()
    capture.install()
    capture.listen()
    assert logging.root.handlers != handlers
    assert logging.StreamHandler.emit is not emit
    logging.root.removeHandler(logging.root.handlers[0])
    capture.uninstall()
    assert logging.root.handlers == handlers
    assert logging.StreamHandler.emit is emit


def test_the_root_handler_has_what_every_handler_has(capture):
    """Code that takes a handler's lock, closes it or gives it a name meets nothing unusual."""
    handler = logging.root.handlers[0]
    assert isinstance(handler, _RootHandler)
    assert handler.lock is not None
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        with handler.lock:
            handler.acquire()
            logging.getLogger("app").warning("in the lock")
            handler.release()
        handler.set_name("root")
        handler.flush()
        handler.close()
        logging.getLogger("app").warning("closed")
    assert handler.get_name() == "root"
    assert [line.rpartition("\t")[2] for line in written(log).splitlines() if "WARNING" in line] == [
        "in the lock",
        "closed",
    ]


def test_install_inside_an_install(capture):
    """A fixture within another's life, as in an in-process pytester run, leaves the outer one working."""
    inner = LogCapture()
    inner.install()
    inner.listen()
    inner.uninstall()
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        logging.getLogger("app").warning("once")
    assert written(log).count("once") == 1


def test_a_patch_on_top_survives(monkeypatch):
    """Whoever patched StreamHandler after us keeps the patch, and through it we copy nothing any more."""
    capture = LogCapture()
    before = logging.StreamHandler.emit
    capture.install()
    capture.listen()
    ours = logging.StreamHandler.emit

    def patched(handler: logging.StreamHandler[io.StringIO], record: logging.LogRecord) -> None:
        ours(handler, record)

    logging.StreamHandler.emit = patched  # type: ignore[method-assign]
    capture.uninstall()
    try:
        assert logging.StreamHandler.emit is patched
        stream = io.StringIO()
        logging.StreamHandler(stream).handle(logging.makeLogRecord({"msg": "passed on"}))
        assert stream.getvalue() == "passed on\n"
    finally:
        logging.StreamHandler.emit = before  # type: ignore[method-assign]


# Logging handlers that are older than the tee


def record_of(text: str) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": text, "levelno": 30})


@pytest.mark.parametrize("stream", ["sys.stdout now", "sys.stderr now", "sys.__stderr__"])
def test_earlier_handlers_are_in_the_log_once(capture, stream):
    """A StreamHandler on a stream of the process, made before, is in the log once, and its stream gets it as well."""
    streams = {"sys.stdout now": sys.stdout, "sys.stderr now": sys.stderr, "sys.__stderr__": sys.__stderr__}
    handler = logging.StreamHandler(streams[stream])
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        handler.handle(record_of("from an earlier handler"))
    assert written(log) == "from an earlier handler\n"
    assert handler.stream is streams[stream]


def test_a_handler_made_on_the_tee_is_in_the_log_once(capture, capsys):
    """A StreamHandler that a handler makes for itself writes through the tee, and only through it."""
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        logging.StreamHandler().handle(record_of("on stderr"))
    assert written(log) == "on stderr\n"
    assert capsys.readouterr().err == "on stderr\n"


def test_handlers_on_other_streams_are_left_alone(capture, tmp_path, caplog):
    """Files, pytest's own handlers and streams of a user's own are not the invocation's output."""
    log = InvocationLog("6f1c", TEXT)
    elsewhere = [logging.StreamHandler(io.StringIO()), logging.FileHandler(tmp_path / "app.log"), caplog.handler]
    with running(capture, log):
        for handler in elsewhere:
            handler.handle(record_of("elsewhere"))
    elsewhere[1].close()
    assert written(log) == ""
    assert elsewhere[0].stream.getvalue() == "elsewhere\n"
    assert (tmp_path / "app.log").read_text() == "elsewhere\n"
    assert caplog.messages == ["elsewhere"]


def test_a_remembered_stream_belongs_to_the_process(capture):
    """A stream that was sys.stdout when modules were imported can be made known."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    before, after = InvocationLog("6f1c", TEXT), InvocationLog("6f1c", TEXT)
    with running(capture, before):
        handler.handle(record_of("unknown"))
    remember_stream(stream)
    with running(capture, after):
        handler.handle(record_of("known"))
    assert (written(before), written(after)) == ("", "known\n")
    assert stream.getvalue() == "unknown\nknown\n"


def test_a_failing_handler_keeps_its_stream(capture, monkeypatch):
    """A record that cannot be formatted leaves the earlier handler as it was."""
    handler = logging.StreamHandler(sys.stdout)
    monkeypatch.setattr(handler, "handleError", lambda record: None)
    with running(capture, InvocationLog("6f1c", TEXT)):
        handler.handle(logging.makeLogRecord({"msg": "%d", "args": ("x",)}))
    assert handler.stream is sys.stdout


def test_a_handler_of_an_earlier_fixture_is_in_the_log_once(capsys):
    """A StreamHandler kept from an earlier test writes to a tee of then, which finds the one of now."""
    first = LogCapture()
    first.install()
    first.listen()
    with running(first, InvocationLog("6f1c", TEXT)):
        handler = logging.StreamHandler(sys.stdout)
    first.uninstall()
    second = LogCapture()
    second.install()
    second.listen()
    log = InvocationLog("6f1c", TEXT)
    with running(second, log):
        handler.handle(record_of("kept"))
    second.uninstall()
    assert written(log) == "kept\n"
    assert capsys.readouterr().out == "kept\n"


@pytest.mark.parametrize("with_capsys", [False, True])
def test_powertools_logger_made_at_import(with_capsys, request):
    """Powertools' Logger, made when its module was imported, is in the log once: not by the root handler as well."""
    if with_capsys:
        request.getfixturevalue("capsys")
    remember_stream(stdout_at_import)
    capture = LogCapture()
    capture.install()
    capture.listen()
    log = InvocationLog("6f1c", TEXT)
    with running(capture, log):
        powertools_logger.info("order taken", extra={"order": 7})
        Logger(service="orders-service", child=True).warning("from a child")
        Logger(service="made-in-the-handler").info("cold")
    capture.uninstall()
    lines = [json.loads(line) for line in written(log).splitlines()]
    assert [line["message"] for line in lines] == ["order taken", "from a child", "cold"]
    assert lines[0]["order"] == 7


def test_a_record_that_cannot_be_formatted_raises_where_it_was_logged(capture):
    """As in Lambda, whose handler catches nothing."""
    logger = logging.getLogger("app")
    with running(capture, InvocationLog("6f1c", TEXT)), pytest.raises(TypeError):
        logger.warning("%d", "x")


@pytest.mark.rule("RT-39")
def test_the_filter_of_the_runtimes_handler_can_be_shared(capture: LogCapture) -> None:
    """Code that gives it to a handler of its own has the request id there, too."""
    [stamp] = logging.root.handlers[0].filters
    stream = io.StringIO()
    own = logging.StreamHandler(stream)
    own.addFilter(stamp)
    own.setFormatter(logging.Formatter("%(aws_request_id)s %(message)s"))
    with running(capture, InvocationLog("6f1c", TEXT)):
        own.handle(logging.LogRecord("app", logging.INFO, __file__, 1, "hello", None, None))
    assert stream.getvalue() == "6f1c hello\n"
