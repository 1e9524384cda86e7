"""What stands in the log of an invocation: the platform's lines, the handler's output between them, errors."""

from __future__ import annotations

import base64
import json
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import units
from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.runtime import log_lines
from pytest_lambda_modes.runtime.error_payload import ErrorObject
from pytest_lambda_modes.runtime.logs import InvocationLog

properties = settings(deadline=None, derandomize=True)

NEW_YEAR = 1_767_225_600 * units.SECOND
TEXT = FunctionConfig(function_name="orders")
JSON = FunctionConfig(function_name="orders", log_format="JSON")
ERROR: ErrorObject = {
    "errorMessage": "no such table",
    "errorType": "KeyError",
    "requestId": "6f1c",
    "stackTrace": ['  File "app.py", line 2, in handler\n    raise KeyError("é")\n'],
}
REPORTED = Outcome("function_error", json.dumps(ERROR).encode(), "RT-14")


def written(log: InvocationLog) -> str:
    """What stands in a text log after its START line."""
    return log.text().split("\n", 1)[1]


def ended(config: FunctionConfig, **end: object) -> InvocationLog:
    log = InvocationLog("6f1c", config)
    log.begin(NEW_YEAR)
    log.write("hello\n")
    log.end(NEW_YEAR + 2_530, 2_530, **end)  # type: ignore[arg-type]
    return log


@pytest.mark.rule("RT-38")
def test_text_log_of_a_warm_success():
    """A text log runs from START over the output to END and REPORT, whose last field ends in a tab."""
    assert ended(TEXT).text() == (
        "START RequestId: 6f1c Version: $LATEST\n"
        "hello\n"
        "END RequestId: 6f1c\n"
        "REPORT RequestId: 6f1c\tDuration: 2.53 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB"
        "\tMax Memory Used: 38 MB\t\n"
    )


@pytest.mark.rule("RT-38")
def test_text_report_of_a_cold_start():
    """After a cold start REPORT has the init's duration, which is billed too, and there is no INIT_START line."""
    log = ended(TEXT, init_duration=81_500)
    assert log.text().endswith("\tMax Memory Used: 38 MB\tInit Duration: 81.50 ms\t\n")
    assert "\tDuration: 2.53 ms\tBilled Duration: 85 ms\t" in log.text()
    assert "INIT_START" not in log.text()


@pytest.mark.rule("RT-38")
@pytest.mark.parametrize(
    "end, fields",
    [
        ({"status": "timeout"}, "\tStatus: timeout\n"),
        ({"status": "error", "error_type": "Runtime.ExitError"}, "\tStatus: error\tError Type: Runtime.ExitError\n"),
    ],
)
def test_text_report_of_a_failure(end, fields):
    """After a failure REPORT ends in the status, and in the type of an error."""
    assert ended(TEXT, **end).text().endswith("Max Memory Used: 38 MB" + fields)


@pytest.mark.rule("RT-38")
@properties
@given(st.integers(0, 900 * units.SECOND), st.one_of(st.none(), st.integers(0, 10 * units.SECOND)))
def test_every_millisecond_begun_is_billed(duration, init_duration):
    """The billed duration covers duration and init, by less than a millisecond too much, and is at least one."""
    took = duration + (init_duration or 0)
    billed = log_lines.Report("6f1c", duration, 128, init_duration).billed_milliseconds
    assert billed >= 1
    assert took <= billed * units.MILLISECOND < max(took, 1) + units.MILLISECOND


@pytest.mark.rule("RT-38")
def test_json_log_of_a_cold_success():
    """A JSON log has a platform event before the output and one after it."""
    before, output, after = ended(JSON, init_duration=81_500).text().splitlines()
    assert json.loads(before) == {
        "time": "2026-01-01T00:00:00.000Z",
        "type": "platform.start",
        "record": {"requestId": "6f1c", "version": "$LATEST"},
    }
    assert output == "hello"
    assert json.loads(after) == {
        "time": "2026-01-01T00:00:00.002Z",
        "type": "platform.report",
        "record": {
            "requestId": "6f1c",
            "metrics": {
                "durationMs": 2.53,
                "billedDurationMs": 85,
                "memorySizeMB": 128,
                "maxMemoryUsedMB": 38,
                "initDurationMs": 81.5,
            },
            "status": "success",
        },
    }


@pytest.mark.rule("RT-38")
@pytest.mark.parametrize(
    "level, status, types",
    [
        ("DEBUG", None, ["platform.start", "platform.runtimeDone", "platform.report"]),
        ("INFO", None, ["platform.start", "platform.report"]),
        ("WARN", None, []),
        ("INFO", "error", ["platform.start", "platform.runtimeDone", "platform.report"]),
        ("WARN", "error", ["platform.runtimeDone", "platform.report"]),
    ],
)
def test_system_log_level_chooses_platform_events(level, status, types):
    """The system log level leaves out platform events below it; those of a failure are warnings."""
    log = InvocationLog("6f1c", FunctionConfig(function_name="f", log_format="JSON", system_log_level=level))
    log.end(0, 0, status=status, error_type="Runtime.ExitError" if status else None)
    events = [json.loads(line) for line in log.text().splitlines()]
    assert [event["type"] for event in events] == types
    assert all(event["record"]["errorType"] == "Runtime.ExitError" for event in events[-2:] if status)


@pytest.mark.rule("RT-38")
def test_log_of_an_invocation_that_still_runs():
    """Until it ends, a log has neither END nor REPORT."""
    log = InvocationLog("6f1c", TEXT, version="7")
    log.write("so far")
    assert log.text() == "START RequestId: 6f1c Version: 7\nso far\n"
    assert repr(log) == log.text()


@pytest.mark.rule("RT-38")
def test_platform_lines_begin_on_a_line_of_their_own():
    """Output without a line end does not run into END."""
    log = InvocationLog("6f1c", TEXT)
    log.write("no line end")
    log.end(0, 0)
    assert "no line end\nEND RequestId" in log.text()


@pytest.mark.rule("SYNC-14")
def test_tail_cuts_bytes():
    """The tail is the last 4,096 bytes in base64, even if that splits a character."""
    log = InvocationLog("6f1c", TEXT)
    log.write("é" * 5_000)
    log.end(0, 0)
    whole = log.text().encode()
    ends = base64.b64decode(log.tail())
    assert len(ends) == 4_096
    assert whole.endswith(ends)
    assert ends.decode("utf-8", "replace").startswith("\ufffdé") == (whole[-4_096] & 0xC0 == 0x80)


@pytest.mark.rule("SYNC-14")
@properties
@given(st.lists(st.one_of(st.text(), st.binary()), max_size=5))
def test_tail_is_the_end_of_what_was_written(pieces):
    """A short log's tail is all of it, whatever was written, text or bytes."""
    log = InvocationLog("6f1c", TEXT)
    for piece in pieces:
        log.write(piece)
    log.end(0, 0)
    content = b"".join(piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace") for piece in pieces)
    assert content[-2_000:] in base64.b64decode(log.tail())


@pytest.mark.rule("RT-40")
def test_name_of_a_log_stream():
    """A log stream is named after its day, its version and 32 digits."""
    assert log_lines.log_stream_name(NEW_YEAR, "$LATEST", "0a" * 16) == "2026/01/01/[$LATEST]" + "0a" * 16


# Errors


@pytest.mark.rule("RT-18")
def test_error_text_is_awslambdarics():
    """In text format an error is written as AWS's runtime writes it, and ends its line."""
    bootstrap = pytest.importorskip("awslambdaric.bootstrap")
    lines: list[str] = []
    bootstrap.log_error(ERROR, types.SimpleNamespace(log_error=lines.extend))
    log = InvocationLog("6f1c", TEXT)
    log.write_error(REPORTED, NEW_YEAR)
    assert written(log) == "\n".join(lines) + "\n"
    assert "\u00a0\u00a0File" in log.text()


@pytest.mark.rule("RT-18")
def test_error_in_json():
    """In JSON format an error is one object that begins with time and level."""
    log = InvocationLog("6f1c", JSON)
    log.write_error(REPORTED, NEW_YEAR)
    assert json.loads(log.text().splitlines()[1]) == {"timestamp": "2026-01-01T00:00:00Z", "level": "ERROR", **ERROR}


@pytest.mark.rule("RT-18")
def test_error_text_is_made_when_somebody_looks():
    """An error whose log nobody reads is never formatted, and stands where it was written."""
    asked: list[str] = []

    class Lazy(Outcome):
        def _make_payload(self) -> bytes:
            asked.append("error")
            return json.dumps(ERROR).encode()

    log = InvocationLog("6f1c", TEXT)
    log.write("before\n")
    log.write_error(Lazy("function_error", None, "RT-14"), NEW_YEAR)
    log.write("after\n")
    assert asked == []
    assert written(log).startswith("before\n[ERROR] KeyError: no such table\nTraceback")
    assert written(log).endswith("after\n")
