"""What a failing test shows, what fails a test at its end, and what passes straight through to pytest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

HANDLERS = """
import asyncio, threading, time
import pytest
from pytest_lambda_modes import NotSettledError, faults

def fine(event, context):
    return event

def asserts(event, context):
    assert event == "right"

@pytest.fixture
def fails_at_once(sync_invoke):
    sync_invoke(fine, 1)
    raise RuntimeError("set-up")

@pytest.fixture
def fails_at_the_end(sync_invoke):
    yield
    raise RuntimeError("tear-down")

@pytest.fixture
def invokes_at_the_end(sync_invoke):
    yield
    sync_invoke(fine, 2)
    raise RuntimeError("tear-down")

"""

SECTION = "- Lambda timeline -"


def run(suite: Any, *tests: str, options: tuple[str, ...] = ()) -> pytest.RunResult:
    """Run tests, beside handlers and fixtures that are the same for all."""
    (suite.pytester.path / "test_it.py").write_text(HANDLERS + "\n\n".join(tests))
    result: pytest.RunResult = suite.run("", *options)
    return result


def named(tests: Mapping[str, str]) -> list[str]:
    """Tests with names of their own: each is written as `test_it`."""
    return [test.replace("def test_it(", f"def test_{name.replace(' ', '_')}(") for name, test in tests.items()]


def outcomes(suite: Any) -> dict[str, list[str]]:
    """How the tests of the last run have ended, by name, in words: one for each phase that did not simply pass."""
    found: dict[str, list[str]] = {}
    for report in suite.reports:
        name = report.nodeid.partition("::test_")[2].replace("_", " ")
        ended = found.setdefault(name, [])
        if hasattr(report, "wasxfail"):
            ended.append("xfailed")
        elif report.outcome != "passed" or report.when == "call":
            ended.append(report.outcome if report.when == "call" or report.skipped else f"error in {report.when}")
    return found


# Where the timeline is shown

FAILURES = {
    "in the call": "def test_it(sync_invoke):\n    sync_invoke(fine, 1)\n    assert False",
    "in the set up": "def test_it(fails_at_once): pass",
    "in the tear down": "def test_it(fails_at_the_end, sync_invoke):\n    sync_invoke(fine, 1)",
    "in both": "def test_it(fails_at_the_end, sync_invoke):\n    sync_invoke(fine, 1)\n    assert False",
    "in both with more to tell": (
        "def test_it(invokes_at_the_end, sync_invoke):\n    sync_invoke(fine, 1)\n    assert False"
    ),
    "with leftovers": "def test_it(async_invoke):\n    async_invoke(fine, 1)",
    "without a traceback": (
        "def test_it(sync_invoke):\n    sync_invoke(fine, 1)\n    pytest.fail('so', pytrace=False)"
    ),
    "by passing": "@pytest.mark.xfail(strict=True)\ndef test_it(sync_invoke):\n    sync_invoke(fine, 1)",
    "before anything happened": "def test_it(sync_invoke):\n    assert False",
    "without a fixture of ours": "def test_it():\n    assert False",
    "not at all": "def test_it(sync_invoke):\n    sync_invoke(fine, 1)",
    "as expected": "@pytest.mark.xfail\ndef test_it(sync_invoke):\n    sync_invoke(fine, 1)\n    assert False",
    "by a skip": "def test_it(sync_invoke):\n    sync_invoke(fine, 1)\n    pytest.skip('enough')",
}


def test_a_failing_test_shows_its_timeline(suite: Any) -> None:
    """Once, wherever it fails; a second time only if more has happened since."""
    run(suite, *named(FAILURES))
    shown = dict.fromkeys(FAILURES, 0)
    for report in suite.reports:
        titles = [title for title, _ in report.sections]
        shown[report.nodeid.partition("::test_")[2].replace("_", " ")] += report.longreprtext.count(
            SECTION
        ) + titles.count("Lambda timeline")
    assert shown == {
        "in the call": 1,
        "in the set up": 1,
        "in the tear down": 1,
        "in both": 1,
        "in both with more to tell": 2,
        "with leftovers": 1,
        "without a traceback": 1,
        "by passing": 1,
        "before anything happened": 0,
        "without a fixture of ours": 0,
        "not at all": 0,
        "as expected": 0,
        "by a skip": 0,
    }


def test_a_failing_subtest_shows_the_timeline(suite: Any) -> None:
    """As it is by then; the test around it has no more to tell."""
    pytest.importorskip("_pytest.subtests")
    test = """
def test_it(sync_invoke, subtests):
    with subtests.test("first"):
        sync_invoke(fine, 1)
        assert False
    with subtests.test("second"):
        sync_invoke(fine, 2)
"""
    result = run(suite, test)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.stdout.str().count(SECTION) == 1


FAILING = """
def test_it(sync_invoke):
    sync_invoke(fine, 1)
    assert False, "the reason"
"""


@pytest.mark.parametrize("options", [(), ("--tb=short",), ("--tb=native",), ("--show-capture=no",), ("-n2",)])
def test_the_timeline_stands_below_the_traceback(suite: Any, options: tuple[str, ...]) -> None:
    """However that is shown, and from wherever it comes."""
    (suite.pytester.path / "test_it.py").write_text(HANDLERS + FAILING)
    result = suite.run_apart("", *options)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the reason*", f"*{SECTION}*", "00:00:00.000*fine*attempt 1 started*cold start*"])
    assert result.stdout.str().count(SECTION) == 1


def test_junit_files_have_the_timeline(suite: Any) -> None:
    """It is part of the failure's text."""
    run(suite, FAILING, options=("--junitxml=junit.xml",))
    text = (suite.pytester.path / "junit.xml").read_text()
    assert text.index("<failure") < text.index("attempt 1 succeeded") < text.index("</failure>")


# Asserts in handlers


def test_an_assert_that_fails_in_a_handler_fails_the_test(suite: Any) -> None:
    """At its end, with the handler's own lines and nothing of ours, though to Lambda it is a function error."""
    body = """
def test_it(async_invoke):
    assert async_invoke(asserts, "wrong").wait().condition == "RetriesExhausted"
"""
    result = run(suite, body)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "    def asserts(event, context):",
            '>       assert event == "right"',
            "E       AssertionError: assert 'wrong' == 'right'",
            "test_it.py:*: AssertionError",
            f"*{SECTION}*",
            "*attempt 3 failed*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_lambda_modes/runtime*")
    assert result.stdout.str().count("def asserts(event, context):") == 1


ASSERTS = {
    "when a handler is taken off": (
        "def cleans_up(event, context):\n    try:\n        time.sleep(600)\n    finally:\n        assert not event\n\n"
        "def test_it(sync_invoke, async_invoke):\n    sync_invoke(cleans_up, 1)\n"
        "    async_invoke(cleans_up, 1, timeout=900)\n    time.sleep(1)"
    ),
    "in another module": "def test_it(sync_invoke):\n    sync_invoke(app.asserts, 'wrong')",
    "as the test says": (
        "@pytest.mark.lambda_modes(handler_assertions='error')\n"
        "def test_it(sync_invoke):\n    assert sync_invoke(asserts, 'wrong').error.type == 'AssertionError'"
    ),
    "though a retry went well": (
        "def test_it(async_invoke):\n    answers = ['right', 'wrong']\n"
        "    async_invoke(lambda event, context: asserts(answers.pop(), context), {}).wait()"
    ),
    "in a test that fails by itself": "def test_it(sync_invoke):\n    sync_invoke(asserts, 'wrong').unwrap()",
    "in a test that is expected to fail": (
        "@pytest.mark.xfail(raises=AssertionError, strict=True)\n"
        "def test_it(sync_invoke):\n    sync_invoke(asserts, 'wrong')"
    ),
    "in a test that skips": "def test_it(sync_invoke):\n    sync_invoke(asserts, 'wrong')\n    pytest.skip('enough')",
    "in a tear down": (
        "@pytest.fixture\ndef late(sync_invoke):\n    yield\n    sync_invoke(asserts, 'wrong')\n\n"
        "def test_it(late): pass"
    ),
    "in an async test": (
        "@pytest.mark.asyncio\nasync def test_it(async_invoke):\n    await async_invoke(asserts, 'wrong')"
    ),
}


def test_an_assert_that_fails_in_a_handler_counts_once(suite: Any) -> None:
    """It fails the test, however often it is retried, where nothing else does and the test does not expect it."""
    suite.write(app="def asserts(event, context):\n    assert event == 'right'")
    result = run(suite, "import app", *named(ASSERTS))
    result.stdout.no_fnmatch_line("*pytest_lambda_modes*.py:*")
    assert outcomes(suite) == {
        "when a handler is taken off": ["passed"],
        "in another module": ["failed"],
        "as the test says": ["passed"],
        "though a retry went well": ["failed"],
        "in a test that fails by itself": ["failed"],
        "in a test that is expected to fail": ["xfailed"],
        "in a test that skips": ["skipped"],
        "in a tear down": ["passed", "error in teardown"],
        "in an async test": ["failed"],
    }


# Leftovers

LEFTOVERS = {
    "an event": ("async_invoke(fine, {'id': 1})", 'an event for fine, accepted at 00:00:00: {"id": 1}'),
    "an event of a handler": (
        "sync_invoke(lambda event, context: async_invoke(fine, event) and None, 7)",
        "an event for fine, accepted at 00:00:00: 7",
    ),
    "a message": (
        "time.sleep(60); event_source.sqs(fine, queue_name='orders').send('no 1')",
        "a message in orders, sent at 00:01:00: no 1",
    ),
    "a delayed message": (
        "event_source.sqs(fine, queue_name='orders').send('no 1', delay_seconds=60); time.sleep(59)",
        "a message in orders, sent at 00:00:00: no 1",
    ),
}


def test_work_that_never_ran_fails_the_test(suite: Any) -> None:
    """The failure says what was left, and what to do; the marker lifts it."""
    bodies = {name: f"    {body}" for name, (body, _) in LEFTOVERS.items()}
    start = "def test_it(sync_invoke, async_invoke, event_source):\n"
    tests = named({name: start + body for name, body in bodies.items()})
    result = run(suite, *tests)
    assert outcomes(suite) == {name: ["passed", "error in teardown"] for name in LEFTOVERS}
    for name, (_, line) in LEFTOVERS.items():
        result.stdout.fnmatch_lines(
            [
                f"*ERROR at teardown of test_{name.replace(' ', '_')} *",
                "LeftoverError: The test has ended, and work that Lambda accepted never ran:",
                f"  {line}",
                "",
                "Let it happen: *",
                "Or say that it does not matter: *",
                f"*{SECTION}*",
            ],
            consecutive=True,
        )
    run(suite, "pytestmark = pytest.mark.lambda_modes(leftovers='ignore')", *tests).assert_outcomes(passed=4)


NO_LEFTOVERS = {
    "waits for its retry": "async_invoke(lambda event, context: 1 / 0, 1); time.sleep(1)",
    "was throttled": "async_invoke(fine, 1, faults={1: faults.Throttle()}); time.sleep(0.5)",
    "will never run": "async_invoke(fine, 1, reserved_concurrent_executions=0); time.sleep(1)",
    "nobody reads": "lambda_modes.queue('orders').send('1')",
    "is held back": "source = event_source.sqs(fine); source.disable(); source.send('1')",
    "is in a dead letter queue": ("async_invoke(lambda event, context: 1 / 0, 1, dead_letter_target='sqs:dlq').wait()"),
    "is of a test that failed": "async_invoke(fine, 1); assert False",
    "is of a test that skipped": "async_invoke(fine, 1); pytest.skip('enough')",
    "is of a test that was expected to fail": "async_invoke(fine, 1); pytest.xfail('so')",
    "is of a world that does not settle": (
        "event_source.sqs(fine).send('1')\n"
        "    with pytest.raises(NotSettledError):\n        lambda_modes.queue('orders').send('1').wait()\n"
        "    async_invoke(fine, 1)"
    ),
    "is of a set up that failed": "pass",
    "is of a tear down that failed": "pass",
}
BROKEN = """
@pytest.fixture
def broken(async_invoke):
    async_invoke(fine, 1)
    raise RuntimeError("set-up")

def test_is_of_a_set_up_that_failed(broken): pass

def test_is_of_a_tear_down_that_failed(fails_at_the_end, async_invoke):
    async_invoke(fine, 1)
"""


def test_nothing_is_said_of_work_that(suite: Any) -> None:
    """Was attempted, or cannot be, or belongs to a test that has told its story already."""
    start = "def test_it(lambda_modes, async_invoke, event_source):\n    "
    tests = named({name: start + body for name, body in NO_LEFTOVERS.items() if body != "pass"})
    run(suite, *tests, BROKEN).stdout.no_fnmatch_line("*LeftoverError*")
    assert outcomes(suite) == {
        **{name: ["passed"] for name in NO_LEFTOVERS},
        "is of a test that failed": ["failed"],
        "is of a test that skipped": ["skipped"],
        "is of a test that was expected to fail": ["xfailed"],
        "is of a set up that failed": ["error in setup"],
        "is of a tear down that failed": ["passed", "error in teardown"],
    }


# What passes straight through

WAYS = {
    "inline": "def test_it(sync_invoke):\n    sync_invoke(handler, {})",
    "when it is delivered": "def test_it(async_invoke):\n    async_invoke(handler, {}).wait()",
    "in the import": "def test_it(sync_invoke):\n    sync_invoke('app.handler', {})",
    "overlapping": (
        "def test_it(async_invoke, lambda_clock):\n"
        "    async_invoke(lambda event, context: time.sleep(2), {})\n"
        "    async_invoke(later, {})\n"
        "    lambda_clock.run_until_idle()"
    ),
    "while another handler sleeps": (
        "def test_it(sync_invoke, async_invoke):\n"
        "    async_invoke(later, {})\n"
        "    sync_invoke(lambda event, context: time.sleep(2), {})"
    ),
    "while the test sleeps": "def test_it(async_invoke):\n    async_invoke(later, {})\n    time.sleep(2)",
    "of a message": (
        "def test_it(event_source):\n    source = event_source.sqs(handler)\n    source.send('1')\n    source.drain()"
    ),
    "in an async test": (
        "@pytest.mark.asyncio\n"
        "async def test_it(async_invoke):\n    async_invoke(later, {})\n    await asyncio.sleep(2)"
    ),
    "that is awaited": "@pytest.mark.asyncio\nasync def test_it(async_invoke):\n    await async_invoke(handler, {})",
    "in a coroutine of the handler": (
        "async def work():\n    await asyncio.sleep(1)\n    handler(None, None)\n\n"
        "def test_it(sync_invoke):\n    sync_invoke(lambda event, context: asyncio.run(work()), {})"
    ),
}
THROUGH = """
def handler(event, context):
    try:
        {0}
    except {1}:
        pass
    return "not reached"

def later(event, context):
    time.sleep(1)
    handler(event, context)
"""
OUTCOMES = {
    "pytest.skip('straight through')": "skipped",
    "pytest.fail('straight through')": "failed",
    "pytest.xfail('straight through')": "xfailed",
    "pytest.importorskip('no_such_module')": "skipped",
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_of_pytest_passes_through_a_handler(suite: Any, outcome: str) -> None:
    """It is the test's, wherever the handler runs; Lambda knows nothing of it, and no retry is made."""
    suite.write(app=f"import pytest\n{outcome}\ndef handler(event, context): pass")
    run(suite, THROUGH.format(outcome, "Exception"), *named(WAYS))
    assert outcomes(suite) == {way: [OUTCOMES[outcome]] for way in WAYS}


@pytest.mark.parametrize(
    "interrupt, way",
    [
        *(("raise KeyboardInterrupt", way) for way in WAYS),
        *(("pytest.exit('straight through')", way) for way in ("inline", "in the import", "overlapping")),
    ],
)
def test_an_interrupt_passes_through_a_handler(suite: Any, interrupt: str, way: str) -> None:
    """Ctrl-C and pytest.exit end the session at once, and nothing is judged."""
    suite.write(app=f"import pytest\n{interrupt}\ndef handler(event, context): pass")
    result = run(suite, THROUGH.format(interrupt, "ValueError"), WAYS[way])
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert [report.when for report in suite.reports] == ["setup"]
    text = result.stdout.str() + result.stderr.str()
    assert "LeftoverError" not in text
    assert "INTERNALERROR" not in text
