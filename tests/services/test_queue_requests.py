"""Requests to a queue with parameters of the wrong type: no SDK would send them, so the refusal is our own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from pytest_lambda_modes import ConfigError
from pytest_lambda_modes.services.sqs_queue import SqsQueue

THREE = dt.timedelta(seconds=3)


@pytest.mark.parametrize("name", ["orders", "orders.fifo"])
@pytest.mark.parametrize(
    "call, text",
    [
        (lambda q: q.send("x", delay_seconds=1.5), "delay_seconds is 1.5, and must be a whole number from 0 to 900"),
        (lambda q: q.send("x", delay_seconds=True), "delay_seconds is True, and must be a whole number"),
        (lambda q: q.send("x", delay_seconds=THREE), "Settings are numbers, as in the API: delay_seconds=3"),
        (lambda q: q.send("x", message_group_id=7), "message_group_id is 7, and must be a string"),
        (lambda q: q.send("x", aws_trace_header=7), "aws_trace_header is 7, and must be a string"),
        (lambda q: q.send("x", message_attributes=["a"]), "message_attributes is ['a'], and must be a mapping"),
        (lambda q: q.send("x", message_attributes={7: "a"}), "message attribute 7 must have a string for its name"),
        (lambda q: q.receive("1"), 'max_number_of_messages is "1", and must be a whole number from 1 to 10'),
        (lambda q: q.receive(visibility_timeout=1.5), "visibility_timeout is 1.5, and must be a whole number"),
        (lambda q: q.receive(wait_time_seconds="1"), 'wait_time_seconds is "1", and must be a whole number'),
        (lambda q: q.delete_message(None), "receipt_handle is None, and must be a string"),
        (lambda q: q.change_message_visibility("h", None), "visibility_timeout is None, and must be a whole number"),
    ],
)
def test_a_parameter_of_the_wrong_type_is_refused(
    make_queue: Callable[..., SqsQueue], name: str, call: Callable[[SqsQueue], object], text: str
) -> None:
    """With its name, its value and what it must be; and nothing has happened."""
    queue = make_queue(name)
    with pytest.raises(ConfigError) as caught:
        call(queue)
    assert text in str(caught.value)
    assert queue.messages == []
    assert queue.number_of_messages_sent == 0


@pytest.mark.parametrize("wrong", ["sqs:orders", 7])
def test_a_redrive_goes_to_a_queue(make_queue: Callable[..., SqsQueue], wrong: object) -> None:
    """Nothing else is a destination."""
    letters = make_queue("letters")
    make_queue(dead_letter_queue=letters)
    with pytest.raises(ConfigError, match="must be a queue of lambda_modes"):
        letters.redrive(wrong)  # type: ignore[arg-type]
    assert letters.move_tasks == []
