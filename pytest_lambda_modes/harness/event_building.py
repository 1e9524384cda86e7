"""Events as the `from_...` methods have them built. Light: no builder is imported here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.errors import ConfigError

if TYPE_CHECKING:
    from pytest_lambda_modes.events.building import Event


def built_event(where: str, builder: Callable[..., Event], *arguments: Any, **members: Any) -> Event:
    """What a builder of events makes. Its error is told as one of the method that the test called."""
    try:
        return builder(*arguments, **members)
    except ConfigError as error:
        raise ConfigError(f"{where}: {str(error).removeprefix(f'{builder.__name__}: ')}") from None
