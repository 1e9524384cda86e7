"""How an invocation ended."""

from __future__ import annotations

from typing import get_args

import pytest

from pytest_lambda_modes.model.outcome import Outcome, OutcomeKind


@pytest.mark.rule("RT-15", "SYNC-5")
@pytest.mark.parametrize("kind", get_args(OutcomeKind))
def test_every_end_but_success_is_unhandled(kind: OutcomeKind) -> None:
    """AWS calls each function error Unhandled, and a success has none."""
    assert Outcome(kind, b"{}", "RT-15").function_error == (None if kind == "success" else "Unhandled")


def test_a_payload_is_made_when_it_is_read() -> None:
    """An outcome without a payload makes it at the first look, and only once."""
    built: list[bytes] = []

    class Lazy(Outcome):
        def _make_payload(self) -> bytes:
            built.append(b"{}")
            return built[-1]

    outcome = Lazy("function_error", None, "RT-14", "KeyError")
    assert repr(outcome) == "Outcome('function_error', rule='RT-14', error_type='KeyError')"
    assert built == []
    assert outcome.payload is outcome.payload is built[0]
    assert len(built) == 1


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.rule("RT-17")
@pytest.mark.parametrize(
    "exception, text",
    [(KeyError("k"), "KeyError: 'k'"), (SystemExit(3), "SystemExit: 3"), (Unspeakable(), "Unspeakable"), (None, None)],
)
def test_an_error_has_a_short_text(exception: BaseException | None, text: str | None) -> None:
    """The timeline tells an exception by class and message, also one that cannot tell itself."""
    assert Outcome("exit", b"", "RT-20", exception=exception).error_text == text
