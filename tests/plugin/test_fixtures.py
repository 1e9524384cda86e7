"""The fixtures: what a test asks for, and when, and what else is in the test with them."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_lambda_modes import AsyncInvocation, InvokeResponse, LambdaModes, VirtualClock
from pytest_lambda_modes.harness.async_invoke import AsyncInvoke
from pytest_lambda_modes.harness.event_source import EventSourceFixture
from pytest_lambda_modes.harness.sync_invoke import SyncInvoke
from pytest_lambda_modes.timeline.journal import Journal


def echo(event: Any, context: Any) -> Any:
    return event


def test_all_fixtures_are_of_one_lambda(
    lambda_modes: LambdaModes,
    sync_invoke: SyncInvoke,
    async_invoke: AsyncInvoke,
    event_source: EventSourceFixture,
    lambda_clock: VirtualClock,
    lambda_timeline: Journal,
) -> None:
    """Each hangs on lambda_modes too, under its own name or the end of it."""
    assert lambda_modes.sync_invoke is sync_invoke
    assert lambda_modes.async_invoke is async_invoke
    assert lambda_modes.event_source is event_source
    assert lambda_modes.clock is lambda_clock
    assert lambda_modes.timeline is lambda_timeline
    assert isinstance(sync_invoke(echo, {}), InvokeResponse)
    assert isinstance(async_invoke(echo, {}).wait(), AsyncInvocation)
    assert len(lambda_timeline) > 0


def test_fixtures_of_a_suite_may_have_our_names(suite: Any) -> None:
    """The suite's own win, as everywhere in pytest; what they hide is on lambda_modes."""
    source = """
        import pytest

        @pytest.fixture
        def sync_invoke():
            return "of the suite"

        @pytest.fixture
        def event_source(event_source):
            return event_source.sqs

        def test_it(sync_invoke, event_source, lambda_modes):
            assert sync_invoke == "of the suite"
            assert event_source == lambda_modes.event_source.sqs
            assert lambda_modes.sync_invoke(lambda event, context: event, 1).payload == 1
        """
    suite.run(source).assert_outcomes(passed=1)


def test_fixtures_of_a_conftest_build_on_ours(suite: Any) -> None:
    """A suite's fixture can invoke in its set-up, hand a function over, and let time pass in its tear-down."""
    suite.write(
        conftest="""
        import pytest

        def handler(event, context):
            return {"order": event}

        @pytest.fixture
        def orders(lambda_modes):
            function = lambda_modes.function(handler, function_name="orders", timeout=30)
            lambda_modes.sync_invoke(function, "warm up")
            yield function
            lambda_modes.clock.run_until_idle()
            assert lambda_modes.timeline.facts[-1].condition == "Success"
        """
    )
    source = """
        def test_it(orders, sync_invoke, async_invoke):
            assert sync_invoke(orders, 7).payload == {"order": 7}
            assert not sync_invoke(orders, 7).cold_start
            async_invoke(orders, 8)
        """
    suite.run(source).assert_outcomes(passed=1)


def test_a_fixture_can_be_asked_for_late(suite: Any) -> None:
    """By request.getfixturevalue in the middle of a test, in an async one too: virtual time begins there."""
    source = """
        import asyncio, datetime, time
        import pytest

        def handler(event, context):
            time.sleep(1)

        def test_sync(request):
            began = time.time()
            lambda_modes = request.getfixturevalue("lambda_modes")
            assert datetime.datetime.now(datetime.timezone.utc) == lambda_modes.clock.now != began
            assert lambda_modes.sync_invoke(handler, {}).duration.total_seconds() == 1

        @pytest.mark.asyncio
        async def test_async(request):
            loop = asyncio.get_running_loop()
            began = loop.time()
            lambda_modes = request.getfixturevalue("lambda_modes")
            await asyncio.sleep(3600)
            assert loop.time() - began == pytest.approx(3600, abs=1)
            assert lambda_modes.clock.elapsed.total_seconds() == 3600
        """
    suite.run(source).assert_outcomes(passed=2)


def test_each_test_begins_anew(suite: Any) -> None:
    """Each parameter of a test, and each test of a class: time, ids, functions and queues are its own."""
    source = """
        import pytest

        def handler(event, context):
            return context.aws_request_id

        class TestOrders:
            seen = set()

            @pytest.mark.parametrize("number", [1, 2, 3])
            def test_it(self, number, lambda_modes):
                assert lambda_modes.clock.elapsed.total_seconds() == 0
                assert lambda_modes.queue("orders").messages == []
                response = lambda_modes.sync_invoke(handler, {})
                assert response.cold_start
                self.seen.add(response.payload)
                lambda_modes.queue("orders").send("1")
                lambda_modes.clock.advance(hours=1)

            def test_ids_differ(self):
                assert len(self.seen) == 3
        """
    suite.run(source).assert_outcomes(passed=4)


RERUN = """
    import pytest
    ids = []

    def handler(event, context):
        return context.aws_request_id

    def test_it(sync_invoke):
        ids.append(sync_invoke(handler, {}).payload)
        assert ids[-1] == ids[0]
    """


def test_the_same_test_run_again_in_one_process_is_the_same(suite: Any) -> None:
    """As pytest-rerunfailures and pytest-flakefinder run it: it gets a fresh Lambda, and the same ids."""
    suite.write(
        conftest="""
        from _pytest.runner import runtestprotocol

        def pytest_runtest_protocol(item, nextitem):
            reports = [*runtestprotocol(item, log=False), *runtestprotocol(item)]
            assert len(reports) == 6
            return True
        """
    )
    suite.run(RERUN).assert_outcomes(passed=1)


def test_the_function_under_test_comes_from_the_marker(suite: Any) -> None:
    """Without a marker the first call says how to name one; other functions need none."""
    source = """
        import pytest
        from pytest_lambda_modes import ConfigError

        def handler(event, context):
            return context.function_name

        @pytest.mark.lambda_function(handler=handler, function_name="orders")
        def test_marked(sync_invoke, lambda_modes):
            assert sync_invoke().payload == "orders"
            assert lambda_modes.function_under_test.function_name == "orders"

        def test_not_marked(sync_invoke, lambda_modes):
            assert sync_invoke(handler, {}).payload == "handler"
            with pytest.raises(ConfigError, match="names no handler"):
                sync_invoke()
        """
    suite.run(source).assert_outcomes(passed=2)


def test_unittest_classes_can_use_the_fixtures(suite: Any) -> None:
    """By usefixtures, or an autouse fixture of the class that keeps them on self."""
    source = """
        import time, unittest
        import pytest

        def handler(event, context):
            time.sleep(2)
            return event

        @pytest.mark.lambda_function(handler=handler)
        class OrdersTest(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def keep(self, sync_invoke, lambda_clock):
                self.invoke, self.clock = sync_invoke, lambda_clock

            def test_it(self):
                self.assertEqual(self.invoke(5).payload, 5)
                self.assertEqual(self.clock.elapsed.total_seconds(), 2)

            def test_failure(self):
                self.assertEqual(self.invoke(5).payload, 6)

        @pytest.mark.usefixtures("lambda_modes")
        class ClockTest(unittest.TestCase):
            def test_it(self):
                began = time.time()
                time.sleep(3600)
                self.assertEqual(time.time() - began, 3600)
        """
    result = suite.run(source)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*Lambda timeline*"])


def test_doctests_can_use_the_fixtures(suite: Any) -> None:
    """Doctests of a module and of a text file get them by getfixture; the others are as ever."""
    suite.write(
        orders='''
        import time

        def handler(event, context):
            """
            >>> sync_invoke = getfixture("sync_invoke")
            >>> sync_invoke(handler, 7).payload
            7
            >>> getfixture("lambda_clock").elapsed.total_seconds()
            1.0
            """
            time.sleep(1)
            return event

        def plain():
            """
            >>> time.sleep.__module__
            'time'
            """
        '''
    )
    suite.pytester.maketxtfile(
        test_orders="""
        >>> from orders import handler
        >>> getfixture("sync_invoke")(handler, 7).payload
        8
        """
    )
    result = suite.run("", "--doctest-modules", "--doctest-glob=*.txt")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*Lambda timeline*", "*attempt 1 succeeded*"])


def test_a_handler_can_be_a_fixture(suite: Any) -> None:
    """A closure over other fixtures is a handler like any other."""
    source = """
        import pytest

        @pytest.fixture
        def handler(tmp_path):
            return lambda event, context: (tmp_path / "out").write_text(event)

        def test_it(handler, sync_invoke, tmp_path):
            assert sync_invoke(handler, "done").payload == 4
            assert (tmp_path / "out").read_text() == "done"
        """
    suite.run(source).assert_outcomes(passed=1)


@pytest.mark.parametrize("fixture", ["lambda_modes", "sync_invoke", "lambda_clock"])
def test_the_fixtures_belong_to_one_test(suite: Any, fixture: str) -> None:
    """A module-scoped fixture cannot ask for them: virtual time never spans tests."""
    source = f"""
        import pytest

        @pytest.fixture(scope="module")
        def shared({fixture}):
            pass

        def test_it(shared): pass
        """
    result = suite.run(source)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ScopeMismatch*"])


def test_fixtures_explain_themselves(suite: Any) -> None:
    """`pytest --fixtures` says in a line what each is."""
    lines = suite.run("def test_it(): pass", "--fixtures").outlines
    for name in ("lambda_modes", "sync_invoke", "async_invoke", "event_source", "lambda_clock", "lambda_timeline"):
        [place] = [number for number, line in enumerate(lines) if line.startswith(f"{name} -- ")]
        assert lines[place + 1].endswith(".")
        assert lines[place + 2] == ""


def test_the_fixture_belongs_to_the_test_whoever_asks_for_it(suite: Any) -> None:
    """A fixture of the same name that is made of it, one that asks for it late, and the test itself."""
    source = """
        import pytest

        @pytest.fixture
        def lambda_modes(lambda_modes):
            return lambda_modes

        @pytest.fixture
        def late(request):
            return request.getfixturevalue("lambda_modes")

        def handler(event, context):
            return context.memory_limit_in_mb

        @pytest.mark.lambda_function(handler=handler, memory_size=512)
        @pytest.mark.parametrize("first", ["late", "lambda_modes"])
        def test_it(request, first):
            modes = request.getfixturevalue(first)
            assert modes.settings.seed.endswith(f"test_it[{first}]")
            assert modes.sync_invoke({}).payload == "512"
            assert request.getfixturevalue("late") is modes
        """
    suite.run(source).assert_outcomes(passed=2)
