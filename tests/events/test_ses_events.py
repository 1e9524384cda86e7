"""Events of SES. Powertools' parser model and data class are the oracle."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime

import pytest
from aws_lambda_powertools.utilities.data_classes import SESEvent
from aws_lambda_powertools.utilities.parser.models import SesModel

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import ses_email_received

AT = dt.datetime(2026, 5, 4, 3, 2, 1, tzinfo=dt.timezone.utc)


def test_an_email_parses() -> None:
    """Powertools reads who wrote to whom, the subject and the action."""
    recipients = ["bob@example.com", "eve@example.com"]
    event = ses_email_received(source="ann@example.org", recipients=recipients, subject="Hello", at=AT)
    ses = SesModel.model_validate(event).Records[0].ses
    assert (ses.mail.source, ses.mail.destination, ses.receipt.recipients) == (
        "ann@example.org",
        recipients,
        recipients,
    )
    assert (ses.mail.commonHeaders.subject, ses.mail.commonHeaders.to) == ("Hello", recipients)
    assert ses.receipt.action.functionArn == "arn:aws:lambda:us-east-1:123456789012:function:function"
    assert ses.receipt.timestamp == ses.mail.timestamp == AT


def test_the_headers_say_the_same_as_the_common_ones() -> None:
    """The date is written as e-mails do, and every address stands where a mail has it."""
    mail = SESEvent(ses_email_received(subject="Hello", at=AT)).mail
    headers = {header.name: header.value for header in mail.headers}
    assert parsedate_to_datetime(headers["Date"]) == AT
    assert headers["Date"] == mail.common_headers.date
    assert (headers["Subject"], headers["From"], headers["To"]) == (
        "Hello", "sender@example.com", "recipient@example.com"
    )  # fmt: skip
    assert headers["Message-ID"] == mail.common_headers.message_id
    assert mail.message_id in headers["Received"]


def test_checks_can_fail() -> None:
    """A verdict is PASS unless the test says otherwise."""
    receipt = SESEvent(ses_email_received(failed_checks=["spam", "dkim"])).receipt
    assert (receipt.spam_verdict.status, receipt.dkim_verdict.status) == ("FAIL", "FAIL")
    assert (receipt.virus_verdict.status, receipt.spf_verdict.status, receipt.dmarc_verdict.status) == ("PASS",) * 3


def test_a_rule_may_wait_for_the_function() -> None:
    """The action says how the function is invoked."""
    event = SESEvent(ses_email_received(invocation_type="RequestResponse"))
    assert event.receipt.action.invocation_type == "RequestResponse"


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipients": []},
        {"recipients": "a@b"},
        {"failed_checks": ["SPAM"]},
        {"invocation_type": "DryRun"},
        {"source": ""},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    """An e-mail has a sender and recipients, and SES has five checks."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        ses_email_received(**wrong)  # type: ignore[arg-type]
