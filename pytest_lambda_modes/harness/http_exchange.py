"""One request of an HTTP client: the event it becomes, and what the client sees. Loaded with the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pytest_lambda_modes.events.building import Event, base64_text
from pytest_lambda_modes.events.http_request import Request
from pytest_lambda_modes.harness.caller import Target
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.modes.synchronous.http_answer import HttpContract
from pytest_lambda_modes.modes.synchronous.http_response import HttpResponse, refuse_size, request_function
from pytest_lambda_modes.modes.synchronous.rest_api_contract import is_binary
from pytest_lambda_modes.runtime.payload import encode_event


def exchange(
    where: str,
    target: Target,
    contract: HttpContract,
    request: Request,
    build: partial[Event],
    *,
    most_bytes: int,
    within: int,
) -> HttpResponse:
    """Answer a request. One with a larger body than the service takes never reaches the function."""
    function, size = target.function, len(request.body or b"")
    if size > most_bytes:
        return refuse_size(contract, function, request.method, size, most_bytes)
    payload = encode_event(target.event(where, build.func, *build.args, **build.keywords))
    return request_function(
        contract, function, payload, request.method, within=within, qualifier=target.qualifier, fault=target.fault
    )


class BinaryMediaTypes:
    """The binary media types of a REST API. Without a setting: `*/*` for a request with bytes, none for others."""

    def __init__(self, where: str, given: Sequence[str] | None, *, sends_bytes: bool) -> None:
        a_list = given is None or isinstance(given, (list, tuple))
        if not a_list or not all(isinstance(media_type, str) for media_type in given or ()):
            why = 'They are media types of the whole API, such as ["image/png", "application/*"]. (SYNC-30)'
            raise settings.wrong_value(where, "binary_media_types", given, "a list of strings", why)
        self._given = given is not None
        self._types: Sequence[str] = given if given is not None else ("*/*",) if sends_bytes else ()

    def decodes(self, request: Request) -> bool:
        """Whether a response in base64 is decoded for this client, by the first media type that it accepts."""
        return is_binary(request.header("accept"), self._types)

    def body_members(self, request: Request) -> Event:
        """What the setting makes of the body in the event: by the request's content type, base64 or text."""
        if not self._given or request.body is None:
            return {}
        if is_binary(request.header("content-type"), self._types):
            return {"body": base64_text(request.body), "isBase64Encoded": True}
        return {"body": request.body.decode("utf-8", "replace"), "isBase64Encoded": False}
