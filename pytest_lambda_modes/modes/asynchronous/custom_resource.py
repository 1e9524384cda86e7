"""CloudFormation, waiting for what a function puts to the ResponseURL of a custom resource. (ASYNC-47)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.modes.asynchronous.awaited_report import AwaitedReport
from pytest_lambda_modes.modes.asynchronous.custom_resource_response import CustomResourceResponse, read_response
from pytest_lambda_modes.modes.endpoint_answers import refuse_the_dying, s3_refusal
from pytest_lambda_modes.runtime.http_endpoints import HttpEndpoints
from pytest_lambda_modes.runtime.http_messages import EndpointRequest, EndpointResponse


class CustomResource(AwaitedReport):
    """A request to create, update or delete a custom resource, and the function's response to it.

    `status` is None while CloudFormation waits, then `"SUCCESS"` or `"FAILED"`; `reason` says why it failed. Without a
    response in time it is `"FAILED"` and `timed_out`. `response` is the body that the function put, in bytes, also if
    CloudFormation could make nothing of it. Only the first one counts, whichever attempt sent it.
    """

    rule = "ASYNC-47"
    response: bytes | None = None
    _read: CustomResourceResponse | None = None

    @property
    def request_type(self) -> str:
        """`"Create"`, `"Update"` or `"Delete"`."""
        return str(self.event["RequestType"])

    @property
    def status(self) -> str | None:
        return None if self._read is None else self._read.status

    @property
    def reason(self) -> str | None:
        """What the function said, or what CloudFormation says for want of a response that it can take."""
        return None if self._read is None else self._read.reason

    @property
    def physical_resource_id(self) -> str | None:
        """The resource's id as the function gave it, until then as it was."""
        given = None if self._read is None else self._read.physical_resource_id
        return given or self.event.get("PhysicalResourceId")

    @property
    def data(self) -> Mapping[str, Any]:
        """What `Fn::GetAtt` gives in the template."""
        return {} if self._read is None else self._read.data

    @property
    def no_echo(self) -> bool:
        """Whether CloudFormation is to mask the data."""
        return self._read is not None and self._read.no_echo

    @property
    def replaced(self) -> bool:
        """Whether an update gave another physical id: CloudFormation will then delete the resource of the old one."""
        updated = self.request_type == "Update" and self.status == "SUCCESS"
        return updated and self.physical_resource_id != self.event["PhysicalResourceId"]

    def _take(self, body: bytes) -> None:
        """The function has put a response."""
        if not self.settled:
            self.response = body
            self._end(read_response(body, self.event))

    def _end(self, read: CustomResourceResponse) -> None:
        self._read = read
        self._settle(f"{self.request_type} {read.status}" + (f": {read.reason}" if read.reason else ""))

    def _never_runs(self, error: str) -> None:
        self._end(CustomResourceResponse("FAILED", error))

    def _time_out(self) -> None:
        self._read = CustomResourceResponse(
            "FAILED",
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId "
            f"[{self.event['RequestId']}]. If you are using the Python cfn-response module, you may need to update "
            "your Lambda function code so that CloudFormation can attach the updated version.",
        )

    def __str__(self) -> str:
        """A stable text of several lines, fit to be kept as a snapshot."""
        lines = [f"{self.request_type} {self.event['LogicalResourceId']}: {self.status or 'pending'}"]
        if self.reason:
            lines.append(f"reason {self.reason}")
        if self.physical_resource_id:
            lines.append(f"physical id {self.physical_resource_id}")
        if self.data:
            lines.append(f"data {dict(self.data)}")
        return "\n".join([*lines, str(self.delivery)])

    def __repr__(self) -> str:
        reason = f": {self.reason}" if self.reason else ""
        asked = f"{self.request_type} {self.event['LogicalResourceId']}"
        return f"<CustomResource {asked}, {self.status or 'pending'}{reason}; {self.delivery!r}>"


class ResponseUrls:
    """The presigned URLs of S3 at which the functions of one test respond."""

    def __init__(self, hub: Hub, endpoints: HttpEndpoints) -> None:
        self._hub = hub
        self._endpoints = endpoints
        self._resources: dict[str, CustomResource] = {}

    def expect(self, resource: CustomResource) -> None:
        """Have the ResponseURL of a request lead to it."""
        _, _, rest = resource.event["ResponseURL"].partition("://")
        host, slash, target = rest.partition("/")
        self._resources[slash + target] = resource
        self._endpoints.serve(host, self._answer)

    def _answer(self, request: EndpointRequest) -> EndpointResponse:
        refuse_the_dying(self._hub)
        resource = self._resources.get(request.target)
        if resource is None or request.method != "PUT":
            return s3_refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if "transfer-encoding" in request.headers:
            return s3_refusal(501, "NotImplemented", "A header implies functionality that is not implemented.")
        resource._take(request.body)
        return EndpointResponse(200, headers={"Server": "AmazonS3"})
