"""Content that services carry as bytes, from what a test has at hand."""

from __future__ import annotations

from pytest_lambda_modes.errors import ConfigError, EventError
from pytest_lambda_modes.model import json_text, settings


def blob(what: str, content: object) -> bytes:
    """Bytes as they are, text as UTF-8, anything else as `json.dumps` writes it. Raises EventError.

    `what` names the content in the error: `value`, `body`.
    """
    if isinstance(content, (bytes, bytearray)):
        return bytes(content)
    try:
        return (content if isinstance(content, str) else json_text.write(content)).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise EventError(
            f"The {what} is {settings.shown(content)}, which cannot be sent: {error}.\n\n"
            "Bytes are sent as they are, text as UTF-8, anything else as json.dumps writes it."
        ) from None


def text_or_bytes(where: str, name: str, content: object) -> bytes:
    """Bytes as they are, text as UTF-8. Raises ConfigError for anything else."""
    if isinstance(content, (bytes, bytearray)):
        return bytes(content)
    if isinstance(content, str):
        return content.encode()
    raise ConfigError(f"{where}: {name} is {settings.shown(content)}, and must be text or bytes.")
