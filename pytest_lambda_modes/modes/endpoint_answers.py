"""What endpoints of AWS's have in common when a handler calls them: whom they do not hear, and how S3 says no."""

from __future__ import annotations

from threading import get_ident

from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.runtime.http_messages import EndpointResponse


def refuse_the_dying(hub: Hub) -> None:
    """A handler that is being taken off its stack, at its deadline for one, reports no more.

    A thread of a handler's may report: whoever waits for it lets no time pass meanwhile.
    """
    if get_ident() == hub.thread:
        hub.proceed()


def s3_error(code: str, message: str) -> bytes:
    """The document with which S3 tells an error."""
    from xml.sax.saxutils import escape

    told = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{told}'.encode()


def s3_refusal(status: int, code: str, message: str) -> EndpointResponse:
    """S3's way to say no."""
    return EndpointResponse(status, s3_error(code, message), {"Content-Type": "application/xml", "Server": "AmazonS3"})
