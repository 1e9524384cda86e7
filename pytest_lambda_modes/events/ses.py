"""What a receipt rule of SES sends for an e-mail that arrives. (EVT-9)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import (
    DAYS,
    MONTHS,
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    choice,
    epoch,
    finished,
    identifiers,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import iso_milliseconds, utc_datetime

_CHECKS = ("spam", "virus", "spf", "dkim", "dmarc")


def ses_email_received(
    *,
    source: str = "sender@example.com",
    recipients: Sequence[str] = ("recipient@example.com",),
    subject: str = "Subject",
    failed_checks: Sequence[str] = (),
    function_name: str = "function",
    invocation_type: str = "Event",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """An e-mail that SES received: its headers and verdicts, without its content. (EVT-9)

    `failed_checks` are those of `spam`, `virus`, `spf`, `dkim`, `dmarc` whose verdict is FAIL. `invocation_type` is
    that of the rule's action: `Event`, or `RequestResponse`. Raises ConfigError for no recipient and unknown checks.
    """
    where, ids, now = "ses_email_received", identifiers(ids), epoch(at)
    if isinstance(recipients, str) or not recipients:
        raise ConfigError(f"{where}: recipients is {shown(recipients)}, and must be a list of one address or more.")
    choice(where, "invocation_type", invocation_type, ("Event", "RequestResponse"))
    for check in failed_checks:
        choice(where, "failed_checks", check, _CHECKS)
    verdicts = {f"{check}Verdict": {"status": "FAIL" if check in failed_checks else "PASS"} for check in _CHECKS}
    receipt = {
        "timestamp": iso_milliseconds(now),
        "processingTimeMillis": 500,
        "recipients": list(recipients),
        **verdicts,
        "action": {
            "type": "Lambda",
            "functionArn": arn("lambda", function_name if ":" in function_name else f"function:{function_name}"),
            "invocationType": invocation_type,
        },
    }
    mail = _mail(text(where, "source", source), list(recipients), subject, now, ids)
    record = {"eventSource": "aws:ses", "eventVersion": "1.0", "ses": {"mail": mail, "receipt": receipt}}
    return finished({"Records": [record]}, overrides)


def _mail(source: str, recipients: list[str], subject: str, now: int, ids: Identifiers) -> Event:
    date, sender, message_id = _date(now), source.split("@")[-1], f"<{ids.uuid('mail')}@{source.split('@')[-1]}>"
    ses_id = ids.hex("ses message", 40)
    received = f"from {sender} ({sender} [203.0.113.1]) by inbound-smtp.{REGION}.amazonaws.com with SMTP id {ses_id}"
    headers = {
        "Return-Path": f"<{source}>",
        "Received": f"{received} for {recipients[0]}; {date}",
        "MIME-Version": "1.0",
        "From": source,
        "Date": date,
        "Message-ID": message_id,
        "Subject": subject,
        "To": ", ".join(recipients),
        "Content-Type": "text/plain; charset=UTF-8",
    }
    return {
        "timestamp": iso_milliseconds(now),
        "source": source,
        "messageId": ses_id,
        "destination": recipients,
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {
            "returnPath": source,
            "from": [source],
            "date": date,
            "to": recipients,
            "messageId": message_id,
            "subject": subject,
        },
    }


def _date(now: int) -> str:
    """As e-mails write it, in English wherever the test runs."""
    moment = utc_datetime(now)
    day = f"{DAYS[moment.weekday()]}, {moment.day} {MONTHS[moment.month - 1]} {moment.year}"
    return f"{day} {moment:%H:%M:%S} +0000"
