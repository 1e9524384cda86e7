"""Where dead letters and records may go, and how that is written."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import targets
from pytest_lambda_modes.model.targets import Target

HERE = "us-east-1:123456789012"


def parse(given: object) -> Target:
    return targets.parse("marker async_invoke", "on_failure", given, targets.ON_FAILURE)


@pytest.mark.parametrize(
    "short, arn",
    [
        ("sqs:dlq", f"arn:aws:sqs:{HERE}:dlq"),
        ("sqs:dlq.fifo", f"arn:aws:sqs:{HERE}:dlq.fifo"),
        ("sns:alerts", f"arn:aws:sns:{HERE}:alerts"),
        ("events:default", f"arn:aws:events:{HERE}:event-bus/default"),
        ("s3:failures", "arn:aws:s3:::failures"),
        ("lambda:other", f"arn:aws:lambda:{HERE}:function:other"),
    ],
)
def test_a_short_form_its_arn_and_an_object_are_one_target(short: str, arn: str) -> None:
    """The short form, the ARN and anything with that ARN name the same target, which tells itself in the short form."""
    target = parse(short)
    assert target == parse(arn) == parse(SimpleNamespace(arn=arn)) == parse(target)
    assert (target.arn, str(target)) == (arn, short)


@pytest.mark.parametrize(
    "arn, name",
    [(f"arn:aws:lambda:{HERE}:function:other:live", "other"), ("arn:aws:s3:::failures/lambda/", "failures")],
)
def test_an_arn_keeps_what_follows_the_name(arn: str, name: str) -> None:
    """A qualifier or prefix stays in the ARN and is no part of the name."""
    target = parse(arn)
    assert (target.name, target.arn) == (name, arn)


@pytest.mark.rule("ASYNC-28")
@pytest.mark.parametrize(
    "short, fifo", [("sqs:dlq", False), ("sqs:dlq.fifo", True), ("sns:alerts.fifo", True), ("s3:a.fifo", False)]
)
def test_fifo_is_seen(short: str, fifo: bool) -> None:
    """A FIFO queue or topic is accepted as a target, and known to be one."""
    assert parse(short).fifo is fifo


@pytest.mark.parametrize(
    "given",
    [
        "dlq",
        "",
        "sqs:",
        "sqs:a b",
        "sqs:" + "x" * 81,
        "SQS:dlq",
        "kinesis:stream",
        "https://sqs.us-east-1.amazonaws.com/123456789012/dlq",
        {"Destination": "sqs:dlq"},
        SimpleNamespace(arn=None),
        7,
        "arn:aws:sqs",
    ],
)
def test_what_names_nothing_is_answered_with_the_short_form(given: object) -> None:
    """Anything else is refused with an example for each service that the setting may name."""
    with pytest.raises(ConfigError) as caught:
        parse(given)
    assert (
        'must be a target such as "sqs:dlq" or "sns:alerts" or "lambda:other" or "events:default" or "s3:failures".'
        in str(caught.value)
    )


@pytest.mark.parametrize(
    "arn, short",
    [
        ("arn:aws:sqs:eu-west-1:123456789012:dlq", "sqs:dlq"),
        ("arn:aws:lambda:us-east-1:111122223333:function:other:live", "lambda:other"),
        ("arn:aws:events:::event-bus/default", "events:default"),
    ],
)
def test_an_arn_from_elsewhere_is_answered_with_the_short_form(arn: str, short: str) -> None:
    """There is one account and one region; the ARN of another is refused with the same name here."""
    with pytest.raises(ConfigError) as caught:
        parse(arn)
    assert str(caught.value).endswith(f'"{short}"')


@pytest.mark.rule("ASYNC-8", "ASYNC-28")
@pytest.mark.parametrize(
    "allowed, refused",
    [
        (targets.ON_SUCCESS, ["s3"]),
        (targets.ON_FAILURE, []),
        (targets.DEAD_LETTER, ["lambda", "events", "s3"]),
    ],
)
def test_each_setting_takes_some_services(allowed: tuple[str, ...], refused: list[str]) -> None:
    """A bucket takes failures only, and a dead letter needs a queue or a topic."""
    for short in ("sqs:q", "sns:t", "lambda:f", "events:b", "s3:bucket"):
        target = parse(short)
        if target.service in refused:
            with pytest.raises(ConfigError, match=target.arn):
                targets.parse_allowed("w", "s", target, allowed)
        else:
            assert targets.parse_allowed("w", "s", target, allowed) == target


def test_an_arn_of_another_service_is_refused_by_service() -> None:
    """An ARN of a service that takes no records is an ARN, but never allowed."""
    target = parse(f"arn:aws:kinesis:{HERE}:stream/s")
    assert target.service == "kinesis"
    with pytest.raises(ConfigError):
        targets.check_allowed("w", "s", target, targets.ON_FAILURE)
