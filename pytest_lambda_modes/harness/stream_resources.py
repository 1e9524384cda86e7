"""The stream or table of an event source: one that exists, or one that is made from the settings of the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.stream_mapping_config import Kind
from pytest_lambda_modes.services import dynamodb_stream, kinesis_stream
from pytest_lambda_modes.services.dynamodb_table import DynamoDbTable
from pytest_lambda_modes.services.kinesis_stream import KinesisStream
from pytest_lambda_modes.services.resources import Resources

# The first is for one that exists, the second for the name of a new one.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "kinesis": ("stream", "stream_name", "shard_count", "retention_period_hours"),
    "dynamodb": ("table", "table_name", "key_schema", "stream_view_type", "time_to_live", "shard_count"),
}


def existing_resource(where: str, kind: Kind, given: Mapping[str, Any]) -> KinesisStream | DynamoDbTable | None:
    """The stream or table that is given, if one is. Raises ConfigError for what is none, or comes with settings."""
    what, *_ = SETTINGS[kind]
    resource = given.get(what)
    if resource is None:
        return None
    if not isinstance(resource, KinesisStream if kind == "kinesis" else DynamoDbTable):
        why = f"It is made when it is first named: {what}=lambda_modes.{what}(...)"
        raise settings.wrong_value(where, what, resource, f"a {what} of lambda_modes", why)
    others = [name for name in given if name != what]
    if others:
        raise ConfigError(
            f"{where}: {', '.join(others)} cannot be set for a {what} that exists.\n\n"
            f'Set it where the {what} is made: lambda_modes.{what}("{resource.name}", {others[0]}=...)'
        )
    assert isinstance(resource, (KinesisStream, DynamoDbTable))
    return resource


def refuse_settings_of_the_resource(where: str, kind: str, given: Mapping[str, Any]) -> None:
    """Raise ConfigError for settings of a stream or table in an update of its mapping."""
    what, *others = SETTINGS.get(kind, ("",))
    for name in given:
        if name in (what, *others):
            raise ConfigError(
                f"{where}: {name} is for good: a mapping keeps its {what}, and that is as it was made.\n\n"
                f'Make another: event_source("{kind}", source.function, {what}=lambda_modes.{what}("other"), ...)'
            )


def name_of(where: str, kind: Kind, resources: Resources, stem: str, given: Mapping[str, Any]) -> str:
    """The name that is given for a new one, or one after `stem` that is free. Raises ConfigError for no string."""
    what, setting, *_ = SETTINGS[kind]
    name = given.get(setting)
    if name is None:
        return resources.free_name(f"{stem}-{what}", kind)
    return settings.text(where, setting, name, ".*", "a string", f"It is the name of the {what}.")


def new_resource(
    kind: Kind, resources: Resources, name: str, given: Mapping[str, Any]
) -> KinesisStream | DynamoDbTable:
    """A stream or table of that name. Raises ConfigError, and Kinesis's or DynamoDB's own errors."""
    attributes = {setting: given[setting] for setting in SETTINGS[kind][2:] if setting in given}
    return (resources.stream if kind == "kinesis" else resources.table)(name, **attributes)


def stream_arn(kind: Kind, resource: KinesisStream | DynamoDbTable | str, epoch: int) -> str:
    """The ARN of a stream, of a table's, or of one that would be made now under this name.

    `epoch` is now in microseconds since 1970.
    """
    if isinstance(resource, DynamoDbTable):
        return resource.stream.arn
    if isinstance(resource, KinesisStream):
        return resource.arn
    if kind == "kinesis":
        return kinesis_stream.stream_arn(resource)
    return dynamodb_stream.stream_arn(resource, dynamodb_stream.label_at(epoch))
