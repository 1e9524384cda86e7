"""The fixture `event_source`: what its calls and its marker mean, and what they cannot mean."""

from __future__ import annotations

import pytest

from pytest_lambda_modes import ConfigError, InvalidParameterValue, InvalidParameterValueException
from pytest_lambda_modes.harness import async_invoke as async_invoke_module
from pytest_lambda_modes.harness import async_sending, functions, settings, sync_invoke
from pytest_lambda_modes.harness.event_source_settings import SETTINGS, check_marker
from pytest_lambda_modes.model import setting_names


class Worker:
    def __init__(self) -> None:
        self.bodies = []

    def __call__(self, event, context):
        self.bodies += [record["body"] for record in event["Records"]]


def other(event, context):
    return None


worker = Worker()


# Kinds


@pytest.mark.lambda_function(handler=worker, function_name="worker")
def test_a_kind_is_named_in_the_call(event_source):
    """As the first argument, or as a method."""
    assert event_source("sqs", queue_name="orders").queue.name == "orders"
    assert event_source.sqs(queue_name="refunds").queue.name == "refunds"


@pytest.mark.lambda_function(handler=worker)
@pytest.mark.event_source("sqs", queue_name="orders", batch_size=5, visibility_timeout=60)
def test_the_marker_describes_the_call_without_arguments(event_source):
    """The call's own settings win, one by one."""
    orders = event_source(batch_size=6)
    assert (orders.queue.name, orders.queue.visibility_timeout) == ("orders", 60)
    assert orders.mapping.config.batch_size == 6


@pytest.mark.lambda_function(handler=worker)
def test_a_call_without_a_kind_needs_a_marker(event_source):
    """The error shows both ways to name one."""
    with pytest.raises(ConfigError, match=r'(?s)no kind.*event_source\("sqs".*pytest.mark.event_source\("sqs"'):
        event_source()


@pytest.mark.lambda_function(handler=worker)
@pytest.mark.parametrize("kind", ["rabbit", 7, "SQS"])
def test_a_kind_that_nobody_knows_is_refused(event_source, kind):
    """With those that there are."""
    with pytest.raises(ConfigError, match='(?s)no source of kind .*There are "sqs", "kinesis", "dynamodb"'):
        event_source(kind)


@pytest.mark.lambda_function(handler=worker)
@pytest.mark.event_source("kinesis", starting_position="LATEST")
def test_a_marker_of_another_kind_does_not_matter(event_source):
    """Its settings are for that kind alone."""
    assert event_source.sqs().queue.name


@pytest.mark.lambda_function(handler=worker)
@pytest.mark.event_source(batch_size=3)
def test_a_marker_without_a_kind_is_for_every_kind(event_source):
    """Its settings are taken by whichever is made."""
    assert event_source.sqs().mapping.config.batch_size == 3
    assert event_source.kinesis(starting_position="LATEST").mapping is not None


# Functions


@pytest.mark.lambda_function(handler=worker, function_name="worker", timeout=7)
def test_the_function_is_that_of_the_marker_or_of_the_call(event_source, lambda_modes):
    """A handler in the call makes another one, with settings of its own; a function stands for itself."""
    assert event_source.sqs().function.function_name == "worker"
    made = event_source.sqs(other, timeout=9).function
    assert (made.function_name, made.config.timeout) == ("other", 9)
    assert event_source.sqs(lambda_modes.function_under_test, queue_name="orders").function.function_name == "worker"


@pytest.mark.lambda_function(handler=worker)
@pytest.mark.parametrize(
    "call, text",
    [
        (lambda make: make.sqs(other, worker), "was given 2 handlers, and takes one"),
        (lambda make: make("sqs", other, worker), "was given 2 handlers, and takes one"),
        (lambda make: make.sqs(timeout=9), "(?s)timeout cannot be set where no handler is named.*lambda_function"),
        (lambda make: make.sqs({"id": 1}), "must be a callable or a string"),
        (lambda make: make.sqs(colour="red"), "there is no setting colour"),
        (
            lambda make: make.sqs(parallelization_factor=2),
            r"is a setting of event_source \(kinesis, dynamodb\), not of",
        ),
        (lambda make: make.sqs(stream_name="clicks"), r"is a setting of event_source \(kinesis\), not of this"),
        (lambda make: make.sqs(maximum_event_age_in_seconds=60), "is a setting of async_invoke, not of this"),
        (lambda make: make.sqs(metrics_config={}), "metrics_config is not simulated"),
        (lambda make: make.sqs(vpc_config={}), "vpc_config is not simulated"),
        (lambda make: make.sqs(fifo="yes"), 'fifo is "yes", and must be True or False'),
        (lambda make: make.sqs(queue_name=7), "queue_name is 7, and must be a string"),
        (lambda make: make.sqs(queue=7), 'queue is 7, and must be a target such as "sqs:dlq"'),
        (lambda make: make.sqs(queue="sns:alerts"), "must be a target such as"),
        (lambda make: make.sqs(deduplication_scope="queue"), "(?s)is a setting of FIFO queues.*fifo=True"),
        (lambda make: make.sqs(qualifier=7), "qualifier is 7, and must be a string"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(event_source, call, text):
    """Nothing is ignored, and no mapping is made."""
    with pytest.raises(ConfigError, match=text):
        call(event_source)
    assert event_source.made == []


def test_without_a_function_there_is_nothing_to_map(event_source):
    """The error shows where to name one."""
    with pytest.raises(ConfigError, match="There is no function under test"):
        event_source.sqs()


# Queues


@pytest.mark.lambda_function(handler=worker, function_name="worker")
def test_a_queue_without_a_name_is_called_after_its_function(event_source):
    """Each call makes another one, and one for its dead letters if it has any."""
    names = [
        (source.queue.name, source.dead_letter_queue and source.dead_letter_queue.name)
        for source in (
            event_source.sqs(),
            event_source.sqs(max_receive_count=3),
            event_source.sqs(fifo=True, max_receive_count=3),
            event_source.sqs(queue_name="orders", max_receive_count=3),
        )
    ]
    assert names == [
        ("worker-queue", None),
        ("worker-queue-2", "worker-queue-2-dead-letters"),
        ("worker-queue.fifo", "worker-queue-dead-letters.fifo"),
        ("orders", "orders-dead-letters"),
    ]


@pytest.mark.lambda_function(handler=worker)
@pytest.mark.parametrize("how", ["object", "arn", "short"])
def test_a_dead_letter_queue_can_be_given(event_source, lambda_modes, how):
    """As an object, an ARN, or short; with AWS's ten receives if none are said."""
    letters = lambda_modes.queue("letters")
    given = {"object": letters, "arn": letters.arn, "short": "sqs:letters"}[how]
    orders = event_source.sqs(dead_letter_queue=given)
    assert (orders.dead_letter_queue, orders.queue.max_receive_count) == (letters, 10)
    assert event_source.sqs(dead_letter_queue=given, max_receive_count=3).queue.max_receive_count == 3


@pytest.mark.rule("SQS-20")
@pytest.mark.lambda_function(handler=worker)
def test_the_dead_letter_queue_of_a_fifo_queue_is_one(event_source, lambda_modes):
    """And the other way round."""
    words = "Dead-letter queue must be same type of queue as the source"
    with pytest.raises(InvalidParameterValue, match=words):
        event_source.sqs(fifo=True, dead_letter_queue=lambda_modes.queue("letters"))
    with pytest.raises(InvalidParameterValue, match=words):
        event_source.sqs(dead_letter_queue=lambda_modes.queue("letters.fifo"))


@pytest.mark.lambda_function(handler=worker)
@pytest.mark.parametrize("how", ["object", "arn", "short"])
def test_a_queue_that_exists_can_be_given(event_source, lambda_modes, how):
    """It has its own settings, so none can come along."""
    queue = lambda_modes.queue("orders", visibility_timeout=60)
    given = {"object": queue, "arn": queue.arn, "short": "sqs:orders"}[how]
    with pytest.raises(
        ConfigError, match=r"(?s)visibility_timeout cannot be set for a queue that exists.*lambda_modes"
    ):
        event_source.sqs(queue=given, visibility_timeout=30)
    assert event_source.sqs(queue=given, batch_size=5).queue is queue


@pytest.mark.lambda_function(handler=worker)
@pytest.mark.event_source("sqs", max_receive_count=3, visibility_timeout=60, batch_size=5)
def test_the_queue_of_the_marker_is_another_one_than_that_of_the_call(event_source):
    """What the marker says of the mapping holds all the same."""
    orders = event_source()
    letters = event_source.sqs(other, queue=orders.dead_letter_queue)
    assert (letters.queue.visibility_timeout, letters.queue.max_receive_count) == (30, None)
    assert letters.mapping.config.batch_size == 5


@pytest.mark.rule("SQS-21", "ESM-2")
@pytest.mark.lambda_function(handler=worker)
@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_size": 0},
        {"batch_size": 10_001, "maximum_batching_window_in_seconds": 1},
        {"maximum_batching_window_in_seconds": 301},
        {"maximum_concurrency": 1},
        {"maximum_concurrency": 1001},
        {"minimum_pollers": 1},
        {"maximum_pollers": 10_001},
        {"visibility_timeout": 43_201},
        {"message_retention_period": 59},
        {"delay_seconds": 901},
        {"maximum_message_size": 1_048_577},
        {"receive_message_wait_time_seconds": 21},
        {"max_receive_count": 0},
        {"max_receive_count": 1001},
    ],
    ids=str,
)
def test_a_limit_that_is_passed_makes_no_mapping(event_source, wrong):
    """In AWS's words. Nothing reads anything then."""
    with pytest.raises(Exception, match=r"(HTTP 400)"):
        event_source.sqs(**wrong)
    assert event_source.made == []


# The marker


@pytest.mark.parametrize(
    "marked, error, text",
    [
        ({"kind": "sqs", "colour": "red"}, ConfigError, "marker event_source: there is no setting colour"),
        (
            {"kind": "sqs", "parallelization_factor": 2},
            ConfigError,
            "parallelization_factor is a setting of event_source (kinesis, dynamodb), not of this",
        ),
        ({"kind": "kinesis", "visibility_timeout": 5}, ConfigError, "is a setting of event_source (sqs), not of this"),
        ({"colour": "red"}, ConfigError, "there is no setting colour"),
        ({"kind": "sqs", "batch_size": "5"}, ConfigError, 'marker event_source: batch_size is "5"'),
        ({"kind": "sqs", "batch_size": 0}, InvalidParameterValueException, "batchSize"),
        ({"kind": "sqs", "faults": {0: None}}, ConfigError, "marker event_source: faults is"),
        ({"kind": "kinesis", "batch_size": "5"}, ConfigError, 'marker event_source: batch_size is "5"'),
        ({"kind": "dynamodb", "parallelization_factor": 11}, InvalidParameterValueException, "parallelizationFactor"),
    ],
)
def test_a_marker_is_checked_before_its_test_runs(marked, error, text):
    """Names, and each value by itself."""
    with pytest.raises(error) as caught:
        check_marker(marked)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "marked",
    [
        {},
        {"kind": "sqs", "batch_size": 100},
        {"kind": "sqs", "timeout": 5},
        {"kind": "kinesis", "starting_position": "LATEST"},
        {"batch_size": 3, "visibility_timeout": 5, "starting_position": "LATEST"},
        {"kind": "of a plugin", "anything": "goes"},
    ],
)
def test_a_marker_that_a_call_may_complete_is_fine(marked):
    """A batch size may get its window in the call, a function setting its handler, a kind of a plugin's its plugin."""
    check_marker(marked)


# Others


def test_a_plugin_may_add_a_kind_with_handlers_and_markers_of_its_own(pytester):
    """A handler is one of the settings that the hook is given; the marker's come along if it is for that kind."""
    pytester.makeconftest(
        """
        def pytest_lambda_modes_event_source(kind, config, lambda_modes):
            if kind == "pulsar":
                handler = config.pop("handler", None)
                return handler and lambda_modes.function(handler).function_name, dict(config)
        """
    )
    pytester.makepyfile(
        """
        import pytest

        def worker(event, context):
            return None

        @pytest.mark.event_source("pulsar", topic="orders")
        def test_marked(event_source):
            assert event_source("pulsar", worker, size=3) == ("worker", {"topic": "orders", "size": 3})
            assert event_source() == (None, {"topic": "orders"})

        @pytest.mark.event_source("sqs", batch_size=5)
        def test_of_another_kind(event_source):
            assert event_source("pulsar") == (None, {})
        """
    )
    options = ["-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"]
    pytester.runpytest_inprocess(*options).assert_outcomes(passed=2)


def test_every_setting_that_is_taken_somewhere_is_known_by_its_owner():
    """So that whoever gives it elsewhere is told whose it is."""
    taken = {
        "handler",
        *functions.FUNCTION_SETTINGS,
        *sync_invoke.SETTINGS,
        *async_invoke_module.SETTINGS,
        *async_sending.SETTINGS,
        *(name for names in SETTINGS.values() for name in names),
        *settings.NAMES,
    }
    owned = {name for names in setting_names.OWNERS.values() for name in names}
    assert taken == owned
    for kind, names in SETTINGS.items():
        for name in names:
            owners = [owner for owner in setting_names.owners_of(name) if "event_source" in owner]
            assert any("(" not in owner or kind in owner for owner in owners), name


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_both_modes_of_pytest_asyncio_drive_a_queue(pytester, mode):
    """With the mark and without it."""
    pytester.makepyfile(
        f"""
        import pytest

        {"pytestmark = pytest.mark.asyncio" if mode == "strict" else ""}

        def fail(event, context):
            raise RuntimeError("no")

        async def test_it(event_source, lambda_clock):
            orders = event_source.sqs(fail, max_receive_count=2)
            message = orders.send("a")
            await message
            await orders.drained()
            assert lambda_clock.elapsed.total_seconds() == 60
            assert len(orders.dead_letter_queue.messages) == 1
        """
    )
    options = ["-p", "no:cacheprovider", "-W", "error", "-o", f"asyncio_mode={mode}"]
    result = pytester.runpytest_inprocess(*options, "-o", "asyncio_default_fixture_loop_scope=function")
    result.assert_outcomes(passed=1)
