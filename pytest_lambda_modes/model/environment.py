"""The environment variables that a function may be given, and AWS's answers to those it may not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType

from pytest_lambda_modes.errors import InvalidParameterValueException
from pytest_lambda_modes.model import limits, settings

# Lambda sets these itself, and refuses them in a configuration. (RT-35)
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
_NAME = re.compile("[a-zA-Z][a-zA-Z0-9_]+")
_REFUSED = (
    "Lambda was unable to configure your environment variables because the environment variables you have provided "
)


def checked_environment(where: str, setting: str, given: object) -> Mapping[str, str]:
    """The variables, copied and read-only.

    Raises ConfigError for what is no mapping of names to strings, and InvalidParameterValueException, as AWS does, for
    reserved names and for more than 4 KB as JSON. (RT-37)
    """
    why = 'The API\'s Variables, without the wrapping: environment={"TABLE": "orders"}.'
    variables: dict[str, str] = {}
    for name, value in settings.mapping(where, setting, given, "a mapping of names to strings", why).items():
        if isinstance(value, Mapping):
            raise settings.wrong_value(where, setting, given, "a mapping of names to strings", why)
        item = f"{setting}[{settings.shown(name)}]"
        variables[_checked_name(where, setting, name)] = _checked_value(where, item, value)
    _refuse_reserved(variables)
    _refuse_too_large(variables)
    return MappingProxyType(variables)


def _checked_name(where: str, setting: str, name: object) -> str:
    if isinstance(name, str) and (name in RESERVED or _NAME.fullmatch(name)):
        return name
    why = "AWS takes names of two or more letters, digits and underscores, a letter first."
    raise settings.wrong_value(where, f"a name in {setting}", name, "a valid name of a variable", why)


def _checked_value(where: str, item: str, value: object) -> str:
    why = f"Environment variables are text: {settings.shown(str(value))}"
    return settings.text(where, item, value, r"(?s).*", "a string", why)


def _refuse_reserved(variables: Mapping[str, str]) -> None:
    reserved = ", ".join(name for name in variables if name in RESERVED)
    if reserved:
        raise InvalidParameterValueException(
            f"{_REFUSED}contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {reserved}"
        )


def _refuse_too_large(variables: Mapping[str, str]) -> None:
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode("utf-8", "surrogatepass")) > limits.ENVIRONMENT_BYTES:
        raise InvalidParameterValueException(f"{_REFUSED}exceeded the 4KB limit. String measured: {measured}")
