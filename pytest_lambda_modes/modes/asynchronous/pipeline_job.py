"""CodePipeline, waiting for PutJobSuccessResult or PutJobFailureResult. (ASYNC-48)"""

from __future__ import annotations

import json
from typing import Any

from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.model.limits import REGION
from pytest_lambda_modes.modes.asynchronous.awaited_report import AwaitedReport
from pytest_lambda_modes.modes.endpoint_answers import refuse_the_dying
from pytest_lambda_modes.runtime.http_endpoints import HttpEndpoints
from pytest_lambda_modes.runtime.http_messages import EndpointRequest, EndpointResponse

HOST = f"codepipeline.{REGION}.amazonaws.com"
_STATUSES = {"PutJobSuccessResult": "Succeeded", "PutJobFailureResult": "Failed"}


class PipelineJob(AwaitedReport):
    """A job of an action that invokes a function, and what the function has reported of it.

    `status` is None while the action waits, then `"Succeeded"`, `"Failed"` or `"TimedOut"`; `"InProgress"` if the
    function gave a `continuation_token`, with which it wants to be called again. `result` is the whole report, as the
    API's request has it.
    """

    rule = "ASYNC-48"
    status: str | None = None
    result: dict[str, Any] | None = None
    message: str | None = None

    @property
    def id(self) -> str:
        return str(self.event["CodePipeline.job"]["id"])

    @property
    def continuation_token(self) -> str | None:
        return None if self.result is None else self.result.get("continuationToken")

    @property
    def output_variables(self) -> dict[str, str]:
        return {} if self.result is None else self.result.get("outputVariables", {})

    def _take(self, operation: str, result: dict[str, Any]) -> None:
        """The function has reported. CodePipeline takes one report of a job."""
        self.result = result
        self.status = "InProgress" if self.continuation_token else _STATUSES[operation]
        self.message = result.get("failureDetails", {}).get("message")
        self._settle(self.status + (f": {self.message}" if self.message else ""))

    def _never_runs(self, error: str) -> None:
        self.status, self.message = "Failed", error
        self._settle(f"Failed: {error}")

    def _time_out(self) -> None:
        self.status = "TimedOut"

    def __str__(self) -> str:
        """A stable text of several lines, fit to be kept as a snapshot."""
        return f"job {self.id}: {self.status or 'pending'}\n{self.delivery}"

    def __repr__(self) -> str:
        message = f": {self.message}" if self.message else ""
        return f"<PipelineJob {self.status or 'pending'}{message}; {self.delivery!r}>"


class PipelineApi:
    """The two operations of CodePipeline's API with which functions report."""

    def __init__(self, hub: Hub, endpoints: HttpEndpoints) -> None:
        self._hub = hub
        self._endpoints = endpoints
        self._jobs: dict[str, PipelineJob] = {}

    def expect(self, job: PipelineJob) -> None:
        """Have reports of a job lead to it."""
        self._jobs[job.id] = job
        self._endpoints.serve(HOST, self._answer, operations=_STATUSES)

    def _answer(self, request: EndpointRequest) -> EndpointResponse:
        refuse_the_dying(self._hub)
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        if operation not in _STATUSES:
            known = " and ".join(_STATUSES)
            return _refused("UnknownOperationException", f"Here CodePipeline has {known}, and not {operation}.")
        result = json.loads(request.body)
        job = self._jobs.get(result["jobId"])
        if job is None:
            return _refused("JobNotFoundException", f"Job {result['jobId']} does not exist.")
        if job.settled:
            return _refused("InvalidJobStateException", f"Job {job.id} is in the state {job.status} already.")
        job._take(operation, result)
        return EndpointResponse(200, b"{}", _JSON)


_JSON = {"Content-Type": "application/x-amz-json-1.1"}


def _refused(code: str, message: str) -> EndpointResponse:
    return EndpointResponse(400, json.dumps({"__type": code, "message": message}).encode(), _JSON)
