"""Events of AppSync. Powertools' parser model, data class and resolver are the oracle."""

from __future__ import annotations

import pytest
from aws_lambda_powertools.event_handler import AppSyncResolver
from aws_lambda_powertools.utilities.data_classes import AppSyncResolverEvent
from aws_lambda_powertools.utilities.parser.models import AppSyncResolverEventModel
from aws_lambda_powertools.utilities.typing import LambdaContext

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import appsync_resolver

COGNITO = {
    "sub": "7a",
    "issuer": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a",
    "username": "ann",
    "claims": {"sub": "7a"},
    "sourceIp": ["203.0.113.7"],
    "defaultAuthStrategy": "ALLOW",
    "groups": None,
}


def test_a_field_parses() -> None:
    """Powertools reads the field, its arguments, its parent and who asks."""
    event = appsync_resolver(
        "author", type_name="Post", arguments={"full": True}, source={"id": "1"}, identity=COGNITO,
        headers={"X-A": "1"}, variables={"n": 1}, stash={"s": 1},
    )  # fmt: skip
    model = AppSyncResolverEventModel.model_validate(event)
    assert (model.info.fieldName, model.info.parentTypeName, model.info.variables) == ("author", "Post", {"n": 1})
    assert (model.arguments, model.source, model.stash) == ({"full": True}, {"id": "1"}, {"s": 1})
    assert model.request.headers["x-a"] == "1"
    data = AppSyncResolverEvent(event)
    assert data.identity is not None
    assert data.identity.username == "ann"


def test_a_field_of_a_query_has_no_parent() -> None:
    """Source and previous result are null, and so is the identity with an API key."""
    event = appsync_resolver("order")
    assert (event["source"], event["prev"], event["identity"], event["info"]["parentTypeName"]) == (
        None, None, None, "Query"
    )  # fmt: skip


def test_the_selection_set_is_told_twice() -> None:
    """As a list of paths, and as GraphQL."""
    info = appsync_resolver("order", selection_set=["id", "author", "author/id", "author/name", "total"])["info"]
    assert info["selectionSetList"] == ["id", "author", "author/id", "author/name", "total"]
    assert info["selectionSetGraphQL"] == "{\n  id\n  author {\n    id\n    name\n  }\n  total\n}"


def test_powertools_resolves_a_field() -> None:
    """Its resolver finds the function for the field and gives it the arguments."""
    app = AppSyncResolver()

    @app.resolver(type_name="Query", field_name="order")
    def order(id: str) -> dict[str, str]:
        return {"id": id}

    assert app.resolve(appsync_resolver("order", arguments={"id": "7"}), LambdaContext()) == {"id": "7"}


def test_a_field_has_a_name_and_headers_are_strings() -> None:
    """What no client can ask is refused."""
    with pytest.raises(ConfigError, match="field is"):
        appsync_resolver("")
    with pytest.raises(ConfigError, match="headers is"):
        appsync_resolver("order", headers={"X-A": 1})  # type: ignore[dict-item]
