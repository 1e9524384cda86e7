"""What the caller of GetObject gets through an access point of S3 Object Lambda. (SYNC-40)"""

from __future__ import annotations

from pytest_lambda_modes.modes.synchronous.http_response import HttpResponse
from pytest_lambda_modes.modes.synchronous.object_lambda_contract import METADATA, SERVICE, ObjectAnswer, ObjectError
from pytest_lambda_modes.modes.synchronous.service_call import ServiceCall


class ObjectResponse(HttpResponse):
    """The response of GetObject: `status_code`, `headers`, `body`, `body_bytes`, as in an HttpResponse. (SYNC-40)

    `error` is None, or the `code` and `message` in the document of an error, be it the function's or S3's own. `reason`
    says in words why it is S3's own. `duration` is how long the caller waited: until WriteGetObjectResponse, after
    which the function may go on.
    """

    __slots__ = ("error",)

    def __init__(self, call: ServiceCall, answer: ObjectAnswer) -> None:
        super().__init__(call, SERVICE, answer.http, "GET")
        self.error: ObjectError | None = answer.error

    @property
    def metadata(self) -> dict[str, str]:
        """The user metadata, by names without `x-amz-meta-`."""
        return {name.removeprefix(METADATA): value for name, value in self.headers.items() if name.startswith(METADATA)}

    def _status(self) -> str:
        return f"{self.status_code} {self.error.code}".rstrip() if self.error is not None else str(self.status_code)
