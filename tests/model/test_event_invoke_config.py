"""How asynchronous invocation may be configured."""

from __future__ import annotations

import pytest

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.model.event_invoke_config import EventInvokeConfig

HERE = "us-east-1:123456789012"
ORDERS = f"arn:aws:lambda:{HERE}:function:orders"


def build(**given: object) -> EventInvokeConfig:
    return EventInvokeConfig.build("marker async_invoke", ORDERS, **given)


def refusal(**given: object) -> InvalidParameterValueException:
    with pytest.raises(InvalidParameterValueException) as caught:
        build(**given)
    return caught.value


@pytest.mark.rule("ASYNC-7")
def test_defaults_are_awss() -> None:
    """Without settings an event has two retries, six hours and no destination."""
    assert build() == EventInvokeConfig(2, 21_600, None, None, None)


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize("attempts, age", [(0, 60), (2, 21_600)])
def test_the_ends_of_a_range_belong_to_it(attempts: int, age: int) -> None:
    """The least and the most of each range can be set."""
    config = build(maximum_retry_attempts=attempts, maximum_event_age_in_seconds=age)
    assert (config.maximum_retry_attempts, config.maximum_event_age_in_seconds) == (attempts, age)


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize(
    "name, value, member, must",
    [
        ("maximum_retry_attempts", 3, "maximumRetryAttempts", "less than or equal to 2"),
        ("maximum_retry_attempts", -1, "maximumRetryAttempts", "greater than or equal to 0"),
        ("maximum_event_age_in_seconds", 59, "maximumEventAgeInSeconds", "greater than or equal to 60"),
        ("maximum_event_age_in_seconds", 21_601, "maximumEventAgeInSeconds", "less than or equal to 21600"),
    ],
)
def test_a_number_out_of_range_is_awss_validation_error(name: str, value: int, member: str, must: str) -> None:
    """The API answers a number outside its range."""
    assert refusal(**{name: value}).message == (
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must have value {must}"
    )


@pytest.mark.parametrize("value", [True, "1", 1.0, None])
def test_what_is_no_number_is_our_error(value: object) -> None:
    """A value that no client could send is refused before the API would see it."""
    with pytest.raises(ConfigError, match=r"maximum_retry_attempts is .* a whole number from 0 to 2"):
        build(maximum_retry_attempts=value)


@pytest.mark.rule("ASYNC-7", "ASYNC-8")
def test_targets_are_kept() -> None:
    """Each target is parsed, and None stands for no target."""
    config = build(on_success="lambda:next", on_failure="s3:failures", dead_letter_target="sqs:dlq")
    assert [str(target) for target in (config.on_success, config.on_failure, config.dead_letter_target)] == [
        "lambda:next", "s3:failures", "sqs:dlq",
    ]  # fmt: skip
    assert build(on_success=None, dead_letter_target=None) == build()


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize("target", ["lambda:orders", ORDERS, f"{ORDERS}:live"])
@pytest.mark.parametrize("setting", ["on_success", "on_failure"])
def test_a_function_is_no_destination_for_itself(setting: str, target: str) -> None:
    """AWS refuses the function itself, however it is written."""
    assert refusal(**{setting: target}).message == "You can't specify the function as a destination for itself."


@pytest.mark.rule("ASYNC-7")
def test_a_longer_name_is_another_function() -> None:
    """A function whose name merely ends like this one's is a destination."""
    assert str(build(on_success="lambda:other-orders").on_success) == "lambda:other-orders"
    assert str(build(on_success="lambda:order").on_success) == "lambda:order"


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize(
    "arn", ["arn:aws:sqs:eu-west-1:123456789012:dlq", "arn:aws:sqs:us-east-1:111122223333:dlq", "arn:aws:sqs"]
)
def test_an_arn_that_leads_nowhere_is_awss_error(arn: str) -> None:
    """An ARN that cannot be resolved gets AWS's answer, and our explanation as its cause."""
    error = refusal(on_failure=arn)
    assert error.message == f"The destination ARN {arn} is invalid."
    assert isinstance(error.__cause__, ConfigError)


@pytest.mark.rule("ASYNC-7", "ASYNC-28")
def test_an_unsupported_service_is_awss_error() -> None:
    """A service that takes no records is answered with the whole destination config."""
    stream = f"arn:aws:kinesis:{HERE}:stream/s"
    assert refusal(on_failure=stream, on_success="sqs:good").message == (
        f"The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:sqs:{HERE}:good), "
        f"onFailure=OnFailure(destination={stream})) is invalid."
    )
    assert refusal(on_success="s3:bucket").message == (
        "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::bucket), "
        "onFailure=null) is invalid."
    )


def test_what_is_no_arn_is_our_error() -> None:
    """A bare name would never reach the API, so the answer is ours."""
    with pytest.raises(ConfigError, match='on_failure is "dlq", and must be a target such as "sqs:dlq"'):
        build(on_failure="dlq")


@pytest.mark.rule("ASYNC-8")
def test_a_dead_letter_needs_a_queue_or_a_topic() -> None:
    """A dead-letter target of another service is refused."""
    with pytest.raises(ConfigError, match=r'dead_letter_target is .* such as "sqs:dlq" or "sns:alerts"'):
        build(dead_letter_target="lambda:other")


@pytest.mark.rule("ASYNC-28")
def test_fifo_targets_are_accepted() -> None:
    """A FIFO queue is accepted here, and fails at delivery as in AWS."""
    config = build(on_failure="sqs:failures.fifo", dead_letter_target="sqs:dlq.fifo")
    assert config.on_failure is not None
    assert config.on_failure.fifo


def test_an_unknown_setting_is_refused() -> None:
    """The CDK's name of a setting is answered with the API's, on one line."""
    with pytest.raises(ConfigError) as caught:
        build(retry_attempts=1)
    first = str(caught.value).splitlines()[0]
    assert first.startswith("marker async_invoke: there is no setting retry_attempts; that is its CDK name")
    assert first.endswith("maximum_retry_attempts.")
