"""What CodePipeline sends for an action that invokes a function. (EVT-9, ASYNC-48)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    epoch,
    finished,
    identifiers,
    json_text,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID


def codepipeline_job(
    *,
    user_parameters: str | Mapping[str, object] | None = None,
    input_artifacts: Sequence[str] = (),
    output_artifacts: Sequence[str] = (),
    continuation_token: str | None = None,
    function_name: str = "function",
    bucket: str = "artifacts",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A job that the function must report the end of. (EVT-9)

    `user_parameters` is a string; a mapping becomes its JSON. Artifacts are given by their names and lie in `bucket`.
    `continuation_token` is what the function gave when it asked to be called again. The event tells no time. Raises
    ConfigError for user parameters that JSON has not.
    """
    where, ids = "codepipeline_job", identifiers(ids)
    epoch(at)
    configuration = {"FunctionName": text(where, "function_name", function_name)}
    if user_parameters is not None:
        plain = isinstance(user_parameters, str)
        configuration["UserParameters"] = (
            str(user_parameters) if plain else json_text(where, "user_parameters", user_parameters)
        )
    data: Event = {
        "actionConfiguration": {"configuration": configuration},
        "inputArtifacts": [_artifact(name, bucket, ids.hex("revision", 40), ids) for name in input_artifacts],
        "outputArtifacts": [_artifact(name, bucket, None, ids) for name in output_artifacts],
        "artifactCredentials": {
            "accessKeyId": "ASIAEXAMPLE",
            "secretAccessKey": "EXAMPLE",
            "sessionToken": "EXAMPLE",
        },
    }
    if continuation_token is not None:
        data["continuationToken"] = continuation_token
    job = {"id": ids.uuid("codepipeline job"), "accountId": ACCOUNT_ID, "data": data}
    return finished({"CodePipeline.job": job}, overrides)


def _artifact(name: str, bucket: str, revision: str | None, ids: Identifiers) -> Event:
    location = {"bucketName": bucket, "objectKey": f"pipeline/{name}/{ids.hex('artifact', 7)}"}
    return {"name": name, "revision": revision, "location": {"type": "S3", "s3Location": location}}
