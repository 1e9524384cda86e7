"""What SQS accepts as a body."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_modes.errors import InvalidMessageContents
from pytest_lambda_modes.services.message_body import JsonText, body_text


def accepted(body: str) -> bool:
    try:
        return body_text(body) == body
    except InvalidMessageContents:
        return False


@pytest.mark.rule("SQS-21")
@given(st.text(st.characters(max_codepoint=127), max_size=20), st.booleans())
def test_what_is_known_to_be_json_need_not_be_looked_through(text: str, ensure_ascii: bool) -> None:
    """Whatever stands in it, JSON in ASCII is accepted as any text, and comes out as a plain str."""
    body = json.dumps({text: [text]}, indent="\t", ensure_ascii=ensure_ascii)
    assert accepted(body)
    assert accepted(JsonText(body))
    assert type(body_text(JsonText(body))) is str


@pytest.mark.rule("SQS-21")
@given(st.characters(codec="utf-8"))
def test_beyond_ascii_json_is_looked_through(character: str) -> None:
    """JSON may hold such characters as they are, those included that SQS refuses."""
    body = json.dumps(character, ensure_ascii=False)
    assert accepted(JsonText(body)) == accepted(body) == (character not in "\ufffe\uffff")
