"""The errors with which AWS's APIs answer. `pytest_lambda_modes.errors` loads them when the first is asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from pytest_lambda_modes.errors import LambdaModesError


class ApiError(LambdaModesError):
    """What an AWS API answers instead of a result, under AWS's own name.

    `code` is the error code (the class's name), `status_code` the HTTP status, `message` AWS's text, `reason` the
    `Reason` member where the API has one, `type` `"User"` or `"Service"`. `response` has botocore's shape, so code
    written for `ClientError.response` reads it too. (SYNC-6, SYNC-9)
    """

    status_code: ClassVar[int] = 400
    code: str
    message: str
    reason: str | None

    def __init__(self, message: str = "", *, reason: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.code = code or type(self).__name__

    @property
    def type(self) -> str:
        return "User" if self.status_code < 500 else "Service"

    @property
    def response(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "Error": {"Code": self.code, "Message": self.message},
            "ResponseMetadata": {"HTTPStatusCode": self.status_code},
            "Type": self.type,
        }
        if self.reason is not None:
            body["Reason"] = self.reason
        return body

    def __str__(self) -> str:
        return f"{self.message} (HTTP {self.status_code}{', ' + self.reason if self.reason else ''})"


class InvalidParameterValueException(ApiError):
    status_code = 400


class InvalidRequestContentException(ApiError):
    status_code = 400


class ModeNotSupportedException(ApiError):
    status_code = 400


class NoPublishedVersionException(ApiError):
    status_code = 400


class RecursiveInvocationException(ApiError):
    status_code = 400


class SnapStartException(ApiError):
    status_code = 400


class ServiceQuotaExceededException(ApiError):
    status_code = 402


class AccessDeniedException(ApiError):
    status_code = 403


class EFSMountFailureException(ApiError):
    status_code = 403


class S3FilesMountFailureException(ApiError):
    status_code = 403


class ResourceNotFoundException(ApiError):
    status_code = 404


class EFSMountConnectivityException(ApiError):
    status_code = 408


class EFSMountTimeoutException(ApiError):
    status_code = 408


class S3FilesMountConnectivityException(ApiError):
    status_code = 408


class S3FilesMountTimeoutException(ApiError):
    status_code = 408


class SnapStartTimeoutException(ApiError):
    status_code = 408


class CodeArtifactUserDeletedException(ApiError):
    status_code = 409


class CodeArtifactUserFailedException(ApiError):
    status_code = 409


class CodeArtifactUserPendingException(ApiError):
    status_code = 409


class DurableExecutionAlreadyStartedException(ApiError):
    status_code = 409


class ResourceConflictException(ApiError):
    status_code = 409


class RuntimeAliasDeletedException(ApiError):
    status_code = 409


class RuntimeVersionDeletedException(ApiError):
    status_code = 409


class SnapStartNotReadyException(ApiError):
    status_code = 409


class SnapStartRegenerationFailureException(ApiError):
    status_code = 409


class EFSIOException(ApiError):
    status_code = 410


class RequestTooLargeException(ApiError):
    status_code = 413


class SerializedRequestEntityTooLargeException(ApiError):
    status_code = 413


class UnsupportedMediaTypeException(ApiError):
    status_code = 415


class TooManyRequestsException(ApiError):
    status_code = 429


class ServiceException(ApiError):
    status_code = 500


class EC2AccessDeniedException(ApiError):
    status_code = 502


class EC2ThrottledException(ApiError):
    status_code = 502


class EC2UnexpectedException(ApiError):
    status_code = 502


class ENILimitReachedException(ApiError):
    status_code = 502


class ENINotReadyException(ApiError):
    status_code = 502


class InvalidRuntimeException(ApiError):
    status_code = 502


class InvalidSecurityGroupIDException(ApiError):
    status_code = 502


class InvalidSubnetIDException(ApiError):
    status_code = 502


class InvalidZipFileException(ApiError):
    status_code = 502


class KMSAccessDeniedException(ApiError):
    status_code = 502


class KMSDisabledException(ApiError):
    status_code = 502


class KMSInvalidStateException(ApiError):
    status_code = 502


class KMSNotFoundException(ApiError):
    status_code = 502


class ResourceNotReadyException(ApiError):
    status_code = 502


class SubnetIPAddressLimitReachedException(ApiError):
    status_code = 502


class ServiceError(ApiError):
    """What a service other than Lambda answers. There the code on the wire is not always the class's name."""

    wire_code: ClassVar[str | None] = None
    text: ClassVar[str] = ""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(self.text if message is None else message, code=self.wire_code)


class InvalidArgument(ServiceError):
    pass


class InvalidArgumentException(ServiceError):
    pass


class InvalidAttributeValue(ServiceError):
    pass


class InvalidEventPatternException(ServiceError):
    pass


class InvalidLambdaFunctionAssociation(ServiceError):
    pass


class InvalidMessageContents(ServiceError):
    text = (
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | "
        "#x10000 to #x10FFFF"
    )


class InvalidParameterValue(ServiceError):
    pass


class MessageNotInflight(ServiceError):
    wire_code = "AWS.SimpleQueueService.MessageNotInflight"
    text = "The specified message isn't in flight."


class MissingParameter(ServiceError):
    pass


class OverLimit(ServiceError):
    text = "The maximum number of in flight messages is reached."


class PurgeQueueInProgress(ServiceError):
    wire_code = "AWS.SimpleQueueService.PurgeQueueInProgress"


class QueueDoesNotExist(ServiceError):
    wire_code = "AWS.SimpleQueueService.NonExistentQueue"
    text = "The specified queue does not exist."


class ReceiptHandleIsInvalid(ServiceError):
    pass


class InvalidParameterException(ServiceError):
    wire_code = "InvalidParameter"


class NotFoundException(ServiceError):
    wire_code = "NotFound"
    status_code = 404
    text = "Topic does not exist"


class NoSuchBucket(ServiceError):
    status_code = 404
    text = "The specified bucket does not exist"


class NoSuchKey(ServiceError):
    status_code = 404
    text = "The specified key does not exist."


class KeyTooLongError(ServiceError):
    text = "Your key is too long"


class ValidationException(ServiceError):
    pass
