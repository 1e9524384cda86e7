"""S3 Object Lambda, as a method of `sync_invoke`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes import units
from pytest_lambda_modes.harness.caller import Caller
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.faults import Fault

if TYPE_CHECKING:
    from pytest_lambda_modes.modes.synchronous.object_lambda import ObjectLambda
    from pytest_lambda_modes.modes.synchronous.object_response import ObjectResponse


class ObjectCallers(Caller):
    """The function answers by a call of S3's API, and not by what it returns."""

    def from_s3_object_lambda(
        self,
        key: str,
        *,
        original: bytes | str | None = None,
        access_point: str = "object-lambda",
        supporting_access_point: str = "access-point",
        payload: str = "",
        headers: Mapping[str, str] | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> ObjectResponse:
        """A GetObject through an Object Lambda access point: one call, 60 s. (SYNC-40)

        The handler calls `boto3.client("s3").write_get_object_response(...)`. `original` is the object that it finds
        at the event's `inputS3Url`, with any client built on `http.client`; without it there is none, a 404. The other
        arguments are those of `events.s3_object_lambda_get`. Raises ConfigError, before the function is called.
        """
        from pytest_lambda_modes.events.s3_object_lambda import s3_object_lambda_get
        from pytest_lambda_modes.modes.synchronous.object_lambda_contract import SERVICE, WAITS

        where = "sync_invoke.from_s3_object_lambda(...)"
        target = self._target(where, handler, qualifier, faults, function_settings)
        stored = _stored(where, original)
        event = target.event(
            where,
            s3_object_lambda_get,
            key,
            access_point=access_point,
            supporting_access_point=supporting_access_point,
            payload=payload,
            headers=headers,
            overrides=overrides,
        )
        why = "It leads to the original object, from which the function makes another."
        context = event["getObjectContext"]
        settings.text(where, "inputS3Url", context["inputS3Url"], r"https?://[\w.-]+/.*", "a URL", why)
        timeout = target.function.config.timeout
        if timeout * units.SECOND > WAITS:
            waits = f"{SERVICE} waits {units.to_seconds(WAITS):g} s"
            text = f"{waits}, and the function's timeout is {timeout} s: it may go on unheard"
            self._tell_hazard(target.function, "HAZ-12", text)
        return self._object_lambda.get_object(
            target.function, event, stored, qualifier=target.qualifier, fault=target.fault
        )

    @cached_property
    def _object_lambda(self) -> ObjectLambda:
        from pytest_lambda_modes.modes.synchronous.object_lambda import ObjectLambda

        return ObjectLambda(self._functions.platform)


def _stored(where: str, original: object) -> bytes | None:
    if original is None or isinstance(original, bytes):
        return original
    if isinstance(original, str):
        return original.encode()
    why = "It is the object as it lies in the bucket, for the handler to read from inputS3Url."
    raise settings.wrong_value(where, "original", original, "bytes or a string", why)
