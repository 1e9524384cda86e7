"""S3 Object Lambda, waiting for WriteGetObjectResponse of a function that it calls for a GetObject. (SYNC-40)"""

from __future__ import annotations

from hashlib import md5
from typing import Any
from urllib.parse import urlsplit

from pytest_lambda_modes.model.facts import ServiceAnswered
from pytest_lambda_modes.model.faults import Fault
from pytest_lambda_modes.model.limits import REGION
from pytest_lambda_modes.modes.endpoint_answers import refuse_the_dying, s3_refusal
from pytest_lambda_modes.modes.results import Malformed
from pytest_lambda_modes.modes.synchronous.object_lambda_contract import (
    RULE,
    SERVICE,
    WAITS,
    ObjectAnswer,
    failure,
    read_response,
)
from pytest_lambda_modes.modes.synchronous.object_response import ObjectResponse
from pytest_lambda_modes.modes.synchronous.service_call import call_function
from pytest_lambda_modes.modes.synchronous.service_response import tell
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.http_messages import EndpointRequest, EndpointResponse
from pytest_lambda_modes.runtime.payload import encode_event
from pytest_lambda_modes.runtime.platform import Platform

# The request's route comes before it.
_HOSTS = f".s3-object-lambda.{REGION}.amazonaws.com"
_ACCESS_POINTS = f".s3-accesspoint.{REGION}.amazonaws.com"


class _Get:
    """A GetObject that waits for its answer."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.answer: ObjectAnswer | None = None
        self.answered_at = -1
        self.over = False

    def take(self, answer: ObjectAnswer) -> None:
        platform = self.function.platform
        self.answer, self.answered_at, self.over = answer, platform.hub.scheduler.now, True
        told = f"{answer.http.status_code}" + (f" {answer.error}" if answer.error is not None else "")
        name = self.function.function_name
        platform.emit(ServiceAnswered, self.answered_at, name, SERVICE, told[:200], RULE)


class ObjectLambda:
    """The endpoints with which the functions of one test read original objects, and answer with others."""

    def __init__(self, platform: Platform) -> None:
        self._hub = platform.hub
        self._endpoints = platform.endpoints
        self._gets: dict[tuple[str, str], _Get] = {}
        self._originals: dict[str, bytes | None] = {}

    def get_object(
        self,
        function: Function,
        event: dict[str, Any],
        original: bytes | None,
        *,
        qualifier: str | None = None,
        fault: Fault | None = None,
    ) -> ObjectResponse:
        """Call a function for a GetObject, and give what its caller sees. `original` is there for the function."""
        context = event["getObjectContext"]
        self._keep(context["inputS3Url"], original)
        get = self._gets[context["outputRoute"], context["outputToken"]] = _Get(function)
        self._endpoints.serve(_HOSTS, self._write)
        call = call_function(function, encode_event(event), within=WAITS, qualifier=qualifier, fault=fault)
        get.over = True
        if get.answer is not None:
            call.ended_at, call.gave_up = get.answered_at, False
            return ObjectResponse(call, get.answer)
        response = ObjectResponse(call, failure(call))
        tell(call, SERVICE, RULE, response.told())
        return response

    def _keep(self, url: str, original: bytes | None) -> None:
        """A URL that the test has put in the event, without an object for it, is the test's own affair."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if original is not None or host.endswith(_ACCESS_POINTS):
            self._originals[_place(host, url)] = original
            self._endpoints.serve(host, self._read)

    def _read(self, request: EndpointRequest) -> EndpointResponse:
        refuse_the_dying(self._hub)
        place = _place(request.headers.get("host", ""), request.target)
        if place not in self._originals or request.method != "GET":
            return s3_refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        original = self._originals[place]
        if original is None:
            return s3_refusal(404, "NoSuchKey", "The specified key does not exist.")
        e_tag = f'"{md5(original, usedforsecurity=False).hexdigest()}"'
        headers = {"Content-Type": "binary/octet-stream", "ETag": e_tag, "Server": "AmazonS3"}
        return EndpointResponse(200, original, headers)

    def _write(self, request: EndpointRequest) -> EndpointResponse:
        refuse_the_dying(self._hub)
        if (request.method, request.target) != ("POST", "/WriteGetObjectResponse"):
            return s3_refusal(501, "NotImplemented", f"Here {SERVICE} has WriteGetObjectResponse, and nothing else.")
        headers = request.headers
        get = self._gets.get((headers.get("x-amz-request-route", ""), headers.get("x-amz-request-token", "")))
        if get is None or get.over:
            wrong = "belong to no request" if get is None else "belong to a request that is over"
            return s3_refusal(400, "ValidationError", f"The RequestRoute and the RequestToken {wrong}.")
        try:
            get.take(read_response(headers, request.body))
        except Malformed as malformed:
            return s3_refusal(400, "ValidationError", f"{malformed}.")
        return EndpointResponse(200)


def _place(host: str, url: str) -> str:
    """Where an original lies: its host, path and query."""
    parts = urlsplit(url)
    return f"{host}{parts.path}?{parts.query}"
