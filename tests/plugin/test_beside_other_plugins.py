"""Beside the plugins and libraries that a suite has already."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

IDS = """
    import time
    import pytest

    def handler(event, context):
        time.sleep(event)
        return context.aws_request_id

    @pytest.mark.parametrize("number", range(12))
    def test_it(async_invoke, number):
        async_invoke(handler, number % 4).wait()

    class TestClass:
        def test_it(self, sync_invoke, lambda_modes):
            sync_invoke(handler, 1)
            lambda_modes.queue("orders").send("1")
    """


def facts(suite: Any, *options: str) -> Any:
    """The timelines of all tests of a run that passes."""
    suite.write(test_it=IDS)
    suite.pytester.runpytest_subprocess("--lambda-report=lambda.json", *options).assert_outcomes(passed=13)
    return json.loads((suite.pytester.path / "lambda.json").read_text())


def test_xdist_and_random_order_change_nothing(suite: Any) -> None:
    """The same ids and the same timelines on two workers, and in whatever order pytest-randomly runs the tests."""
    alone = facts(suite, "-pno:randomly")
    assert len(alone["tests"]) == 13
    assert facts(suite, "-pno:randomly", "-n2") == alone
    assert facts(suite, "--randomly-seed=1") == facts(suite, "--randomly-seed=2", "-n2") == alone


COVERED = """
import time


def handler(event, context):
    before = event
    time.sleep(event)
    after = before + 1
    if after > 1000:
        never = True
    return after
"""
OVERLAP = """
    from app import handler

    def test_it(async_invoke, lambda_clock):
        events = [async_invoke(handler, seconds, timeout=60) for seconds in (3, 2, 1)]
        lambda_clock.run_until_idle()
        assert {event.condition for event in events} == {"Success"}
    """


@pytest.fixture
def ctrace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coverage keeps a stack of its own. From Python 3.14 on it does so only when it is asked to."""
    monkeypatch.setenv("COVERAGE_CORE", "ctrace")


@pytest.mark.parametrize("core", ["ctrace", "sysmon"])
def test_coverage_sees_handlers_that_overlap(suite: Any, core: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line of theirs, when it is told of greenlets; nobody is warned then."""
    if core == "sysmon" and sys.version_info < (3, 12):
        pytest.skip("sys.monitoring came with Python 3.12")
    monkeypatch.setenv("COVERAGE_CORE", core)
    if core != "sysmon":
        (suite.pytester.path / ".coveragerc").write_text("[run]\nconcurrency = greenlet, thread\n")
    (suite.pytester.path / "app.py").write_text(COVERED)
    result = suite.run_apart(OVERLAP, "--cov=app", "--cov-report=json", "-W", "error")
    result.assert_outcomes(passed=1)
    covered = json.loads((suite.pytester.path / "coverage.json").read_text())["files"]["app.py"]
    assert covered["missing_lines"] == [10]


def test_coverage_that_is_not_told_of_greenlets_is_mentioned_once(suite: Any, ctrace: None) -> None:
    """In a warning that says what to add, and not for tests in which nothing overlaps."""
    suite.write(app=COVERED)
    tests = OVERLAP + "\n" + OVERLAP.replace("test_it", "test_again")
    result = suite.run_apart(tests, "--cov=app", "--cov-report=")
    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(
        ["*PytestWarning: Handlers overlap here, in greenlets*", '*concurrency = [[]"greenlet", "thread"[]]*']
    )
    inline = "from app import handler\ndef test_it(sync_invoke):\n    sync_invoke(handler, 1)"
    suite.run_apart(inline, "--cov=app", "--cov-report=", "-W", "error").assert_outcomes(passed=1)


def test_the_warning_can_be_an_error(suite: Any, ctrace: None) -> None:
    """Of the test that overlapped, at its end, when nothing is frozen any more."""
    suite.write(app=COVERED)
    source = f"{OVERLAP}\n    def test_after():\n        import time\n        assert time.time() > 1_000_000_000"
    result = suite.run_apart(source, "--cov=app", "--cov-report=", "-W", "error")
    result.assert_outcomes(passed=2, errors=1)


FREEZER = """
    import datetime, time
    import pytest
    from freezegun import freeze_time

    def now(event=None, context=None):
        return datetime.datetime.now(datetime.timezone.utc).isoformat()

    def sleepy(event, context):
        began = now()
        time.sleep(event)
        return [began, now()]

    def test_freezer_first(freezer, sync_invoke, lambda_clock):
        lambda_clock.advance(hours=1)
        freezer.move_to("2026-07-01T00:00:00Z")
        assert sync_invoke(now, {}).payload == "2026-07-01T00:00:00+00:00"
        lambda_clock.advance(minutes=1)
        assert now() == lambda_clock.now.isoformat() == "2026-07-01T00:01:00+00:00"
        freezer.tick(30)
        assert sync_invoke(sleepy, 2).payload == ["2026-07-01T00:01:30+00:00", "2026-07-01T00:01:32+00:00"]

    def test_freezer_last(sync_invoke, freezer, lambda_clock):
        freezer.move_to("2026-07-01T00:00:00Z")
        assert sync_invoke(sleepy, 2).payload == ["2026-07-01T00:00:00+00:00", "2026-07-01T00:00:02+00:00"]
        freezer.tick()
        assert now() == "2026-07-01T00:00:03+00:00"

    @pytest.mark.freeze_time("2026-07-01")
    def test_marker(freezer, sync_invoke):
        assert sync_invoke(sleepy, 2).payload == ["2026-07-01T00:00:00+00:00", "2026-07-01T00:00:02+00:00"]

    @pytest.mark.freeze_time("2026-07-01")
    def test_marker_alone(sync_invoke):
        assert sync_invoke(sleepy, 2).payload == ["2026-07-01T00:00:00+00:00", "2026-07-01T00:00:02+00:00"]

    @freeze_time("2026-07-01")
    def test_decorator(sync_invoke, lambda_clock):
        assert now() == "2026-07-01T00:00:00+00:00"
        assert sync_invoke(sleepy, 2).payload == ["2026-07-01T00:00:00+00:00", "2026-07-01T00:00:02+00:00"]
        lambda_clock.advance(minutes=1)
        assert now() == "2026-07-01T00:01:02+00:00"

    def test_context_manager(sync_invoke, async_invoke):
        with freeze_time("2026-07-01") as frozen:
            assert sync_invoke(now, {}).payload == "2026-07-01T00:00:00+00:00"
            frozen.tick(60)
            assert sync_invoke(now, {}).payload == "2026-07-01T00:01:00+00:00"
        assert now() == "2026-01-01T00:00:00+00:00"
    """


def test_freezegun_and_pytest_freezer_may_freeze_too(suite: Any) -> None:
    """Before our fixture or after it, by fixture, marker, decorator or hand: handlers see their time, and it moves."""
    suite.run(FREEZER, "-p", "freezer").assert_outcomes(passed=6)


def test_each_test_begins_where_an_outer_freeze_stands(suite: Any) -> None:
    """A freeze of the module or the session moves along with a test, and is back where it was for the next."""
    source = """
        import datetime, time
        import pytest
        from freezegun import freeze_time

        @pytest.fixture(scope="session", autouse=True)
        def frozen():
            with freeze_time("2026-07-01"):
                yield

        @pytest.mark.parametrize("number", [1, 2])
        def test_it(lambda_clock, number):
            assert lambda_clock.now == datetime.datetime(2026, 7, 1, tzinfo=datetime.timezone.utc)
            time.sleep(3600)
            assert datetime.datetime.now() == datetime.datetime(2026, 7, 1, 1)

        def test_after():
            assert datetime.datetime.now() == datetime.datetime(2026, 7, 1)
        """
    suite.run_apart(source).assert_outcomes(passed=3)


TRULY_STUCK = """
    import threading
    import pytest

    def handler(event, context):
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()

    @pytest.mark.lambda_modes(real_time_limit={limit})
    def test_it(sync_invoke):
        sync_invoke(handler, {{}}).unwrap()
    """


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_pytest_timeout_ends_a_test_that_is_truly_stuck(suite: Any, method: str) -> None:
    """Its limit being the lower one, it works as ever."""
    if method == "signal" and sys.platform == "win32":
        pytest.skip("no SIGALRM")
    result = suite.run_apart(TRULY_STUCK.format(limit=60), "--timeout=1", f"--timeout-method={method}")
    assert result.ret != pytest.ExitCode.OK
    assert "Timeout" in result.stdout.str() + result.stderr.str()
    assert "StuckHandlerError" not in result.stdout.str()
    assert result.duration < 30


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_our_guard_reports_first_if_its_limit_is_lower(suite: Any, method: str) -> None:
    """With the handler's stack and the timeline, and the session goes on."""
    if method == "signal" and sys.platform == "win32":
        pytest.skip("no SIGALRM")
    source = TRULY_STUCK.format(limit=0.3) + "\n    def test_after(): pass"
    result = suite.run_apart(source, "--timeout=30", f"--timeout-method={method}")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*StuckHandlerError*", "*lock.acquire()*", "*Lambda timeline*"])


@pytest.mark.parametrize("where", ["func_only=False", "func_only=True"])
@pytest.mark.parametrize("method", ["signal", "thread"])
def test_the_limit_of_pytest_timeout_is_one_of_real_time(suite: Any, method: str, where: str) -> None:
    """An hour that a test sleeps in virtual time does not count, also where its timer starts after our fixtures."""
    if method == "signal" and sys.platform == "win32":
        pytest.skip("no SIGALRM")
    source = f"""
        import time
        import pytest

        @pytest.mark.timeout(30, method="{method}", {where})
        def test_it(lambda_clock):
            time.sleep(3600)
            assert lambda_clock.elapsed.total_seconds() == 3600
        """
    suite.run_apart(source).assert_outcomes(passed=1)


ASYNC = """
    import asyncio, time
    import pytest
    import pytest_asyncio

    pytestmark = pytest.mark.asyncio(loop_scope="{scope}")
    runs = []

    def flaky(event, context):
        runs.append(event)
        asyncio.run(asyncio.sleep(1))
        if len(runs) % 2:
            raise RuntimeError("every other time")

    @pytest_asyncio.fixture(loop_scope="{scope}")
    async def warmed_up(async_invoke):
        await asyncio.sleep(10)
        yield await async_invoke(flaky, "warm up")
        await asyncio.sleep(10)

    async def test_before():
        began = time.monotonic()
        await asyncio.sleep(0.01)
        assert 0.005 < time.monotonic() - began < 10

    @pytest.mark.parametrize("number", [1, 2])
    async def test_async(async_invoke, lambda_clock, number):
        began = asyncio.get_running_loop().time()
        invocation = await async_invoke(flaky, number)
        assert len(invocation.attempts) == 2
        assert asyncio.get_running_loop().time() - began == pytest.approx(62)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 3600)
        assert lambda_clock.elapsed.total_seconds() == pytest.approx(3662)

    async def test_fixture(warmed_up, lambda_clock):
        assert warmed_up.condition == "Success"
        assert lambda_clock.elapsed.total_seconds() == pytest.approx(72)

    async def test_sync(sync_invoke):
        assert sync_invoke(lambda event, context: asyncio.run(asyncio.sleep(1, event)), 7).payload == 7

    async def test_after():
        began = time.monotonic()
        await asyncio.gather(*(asyncio.sleep(0.01) for _ in range(3)))
        assert 0.005 < time.monotonic() - began < 10
    """


@pytest.mark.parametrize("scope", ["function", "class", "module", "session"])
def test_pytest_asyncio_with_loops_of_any_scope(suite: Any, scope: str) -> None:
    """Tests and fixtures run in virtual time while our fixture is there; the loop's other tests in real time."""
    for mode in ("strict", "auto"):
        suite.run(ASYNC.format(scope=scope), f"--asyncio-mode={mode}").assert_outcomes(passed=6)


def test_pytest_asyncio_in_debug_mode(suite: Any) -> None:
    """A loop that measures its callbacks measures them in virtual time, and complains of nothing."""
    source = ASYNC.format(scope="function")
    suite.run(source, "--asyncio-mode=auto", "-W", "error", "-o", "asyncio_debug=true").assert_outcomes(passed=6)


MOTO = """
    import datetime, json, time
    import boto3
    import pytest
    from moto import mock_aws

    @pytest.fixture
    def aws():
        with mock_aws():
            dynamodb = boto3.client("dynamodb", region_name="eu-west-1")
            dynamodb.create_table(
                TableName="orders",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            sqs = boto3.client("sqs", region_name="eu-west-1")
            yield dynamodb, sqs, sqs.create_queue(QueueName="orders")["QueueUrl"]

    def handler(event, context):
        dynamodb = boto3.client("dynamodb", region_name="eu-west-1")
        sqs = boto3.client("sqs", region_name="eu-west-1")
        dynamodb.put_item(TableName="orders", Item={"id": {"S": event["id"]}})
        time.sleep(1)
        item = dynamodb.get_item(TableName="orders", Key={"id": {"S": event["id"]}})["Item"]
        sent = sqs.send_message(QueueUrl=event["url"], MessageBody=json.dumps(item))
        return sent["ResponseMetadata"]["HTTPStatusCode"]

    def check(aws, sync_invoke):
        dynamodb, sqs, url = aws
        assert sync_invoke(handler, {"id": "A17", "url": url}, timeout=60).unwrap() == 200
        assert dynamodb.get_item(TableName="orders", Key={"id": {"S": "A17"}})["Item"] == {"id": {"S": "A17"}}
        [message] = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
        assert json.loads(message["Body"]) == {"id": {"S": "A17"}}
        sent = int(message["Attributes"]["SentTimestamp"]) / 1000
        assert sent == datetime.datetime(2026, 1, 1, 0, 0, 1, tzinfo=datetime.timezone.utc).timestamp()

    def test_aws_first(aws, sync_invoke):
        check(aws, sync_invoke)

    def test_aws_last(sync_invoke, aws):
        check(aws, sync_invoke)

    @mock_aws
    def test_decorated(sync_invoke):
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="receipts")

        def put(event, context):
            boto3.client("s3", region_name="us-east-1").put_object(Bucket="receipts", Key="a", Body=b"1")

        assert sync_invoke(put, {}).unwrap() is None
        head = s3.head_object(Bucket="receipts", Key="a")
        assert head["LastModified"] == datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)

    def test_signatures_are_of_virtual_time(sync_invoke):
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        def sign(event, context):
            request = AWSRequest("GET", "https://sqs.eu-west-1.amazonaws.com/")
            SigV4Auth(Credentials("testing", "testing"), "sqs", "eu-west-1").add_auth(request)
            return request.headers["X-Amz-Date"]

        assert sync_invoke(sign, {}).unwrap() == "20260101T000000Z"
    """


def test_moto_answers_handlers_in_virtual_time(suite: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of the test and of the handler talk to one moto, whichever fixture comes first; requests are signed."""
    pytest.importorskip("moto")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    suite.run_apart(MOTO).assert_outcomes(passed=4)


HYPOTHESIS = """
    import datetime, time
    import pytest
    from hypothesis import HealthCheck, given, settings, strategies as st

    def handler(event, context):
        time.sleep(event % 3)
        return event

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.integers())
    def test_with_a_fixture(sync_invoke, number):
        assert sync_invoke(handler, number).payload == number

    @given(st.integers())
    def test_the_health_check_is_the_users(sync_invoke, number):
        pass

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
    @given(st.integers(), st.datetimes())
    def test_that_fails(lambda_modes, number, moment):
        assert lambda_modes.sync_invoke(handler, number).payload != 7 or number != 7

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.integers(0, 2), min_size=1, max_size=4))
    def test_with_events(lambda_modes, delays):
        events = [lambda_modes.async_invoke(handler, delay) for delay in delays]
        lambda_modes.clock.run_until_idle()
        assert all(event.condition == "Success" for event in events)
    """


def test_hypothesis_runs_examples_in_virtual_time(suite: Any) -> None:
    """Many examples in one test share its Lambda; Hypothesis's warning about that is the user's to lift."""
    result = suite.run_apart(HYPOTHESIS, "-p", "no:cov")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*FailedHealthCheck*function-scoped fixture*"])


def test_log_messages_and_output_are_captured_as_ever(suite: Any) -> None:
    """capsys, capfd and caplog see what handlers print and log, and the timestamps of log records are virtual."""
    source = """
        import logging, os, time

        def handler(event, context):
            print("printed", event)
            logging.getLogger("app").warning("logged %s", event)
            time.sleep(1)
            logging.getLogger("app").warning("later")
            return event

        def test_capsys(capsys, sync_invoke):
            response = sync_invoke(handler, 1)
            assert capsys.readouterr().out == "printed 1\\n"
            assert "printed 1" in response.logs

        def test_capfd(sync_invoke, capfd):
            sync_invoke(lambda event, context: os.system("echo of a process") and None, 1)
            sync_invoke(handler, 2)
            assert capfd.readouterr().out == "of a process\\nprinted 2\\n"

        def test_caplog(caplog, sync_invoke):
            response = sync_invoke(handler, 3)
            assert caplog.messages == ["logged 3", "later"]
            assert caplog.records[1].created - caplog.records[0].created == 1
            assert "logged 3" in response.logs
        """
    suite.run(source).assert_outcomes(passed=3)


def test_durations_are_real(suite: Any) -> None:
    """A test of a virtual year is not the slowest of the suite, for --durations and JUnit files alike."""
    source = "def test_it(lambda_clock):\n    lambda_clock.advance(days=365)"
    result = suite.run_apart(source, "--durations=3", "-vv", "--junitxml=junit.xml")
    result.assert_outcomes(passed=1)
    # However slow the machine is, that is less than a virtual year.
    result.stdout.re_match_lines([r"\d{1,3}\.\d\ds call     test_it.py::test_it"])
    assert re.search(r'<testcase [^>]*time="\d{1,3}\.', (suite.pytester.path / "junit.xml").read_text())


def test_warnings_as_errors(suite: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of ours warns, in sync and async tests, with loops, threads and overlapping handlers."""
    source = """
        import asyncio, threading, time
        import pytest

        def handler(event, context):
            thread = threading.Thread(target=time.sleep, args=(1,))
            thread.start()
            thread.join()
            asyncio.run(asyncio.sleep(1))
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            loop.run_until_complete(asyncio.sleep(1))
            return event

        def test_sync(sync_invoke):
            assert sync_invoke(handler, 1, timeout=30).unwrap() == 1

        @pytest.mark.asyncio
        async def test_async(async_invoke, lambda_clock):
            await asyncio.gather(*(async_invoke(handler, number, timeout=30) for number in range(3)))

        def test_overlap(async_invoke, lambda_clock):
            for number in range(3):
                async_invoke(handler, number, timeout=30)
            lambda_clock.run_until_idle()
        """
    monkeypatch.setenv("PYTHONDEVMODE", "1")
    suite.run_apart(source, "-W", "error").assert_outcomes(passed=3)
