"""What events of both engines of Amazon MQ share. (MQ-1)"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import arn, resource_uuid
from pytest_lambda_modes.model.settings import shown

Data = str | bytes | Mapping[str, object]


def broker_arn(name: str) -> str:
    """The ARN of a broker. What is an ARN already stays."""
    return name if name.startswith("arn:") else arn("mq", f"broker:{name}:b-{resource_uuid(f'broker {name}')}")


def check_messages(where: str, messages: object) -> None:
    """Raises ConfigError for anything but a list of one message or more."""
    if isinstance(messages, (str, bytes, Mapping)) or not messages:
        raise ConfigError(f"{where}: messages is {shown(messages)}, and must be a list of one message or more.")
