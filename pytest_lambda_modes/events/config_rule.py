"""What AWS Config sends to the function of a custom rule. (EVT-9)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from hashlib import md5

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    choice,
    epoch,
    finished,
    identifiers,
    json_text,
    resource_hex,
    role_arn,
    strings,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import HOUR, iso_milliseconds

STATUSES = ("OK", "ResourceDiscovered", "ResourceNotRecorded", "ResourceDeleted", "ResourceDeletedNotRecorded")


def config_rule_change(
    resource_type: str,
    resource_id: str,
    *,
    configuration: Mapping[str, object] | None = None,
    tags: Mapping[str, str] | None = None,
    status: str = "OK",
    rule: str = "rule",
    rule_parameters: Mapping[str, str] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A resource that changed: `ConfigurationItemChangeNotification`. (EVT-9)

    `resource_type` is CloudFormation's name (`AWS::EC2::Instance`). `invokingEvent` and `ruleParameters` are JSON text,
    as Config sends them. Raises ConfigError for a type or a status that Config has not, and for a configuration that
    JSON has not.
    """
    where, ids, now = "config_rule_change", identifiers(ids), epoch(at)
    choice(where, "status", status, STATUSES)
    content = json_text(where, "configuration", dict(configuration or {}))
    parts = text(where, "resource_type", resource_type).split("::")
    if len(parts) < 3 or not all(parts):
        raise ConfigError(f'{where}: resource_type is {shown(resource_type)}, and must be such as "AWS::S3::Bucket".')
    item = {
        "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": iso_milliseconds(now),
        "configurationItemStatus": status,
        "configurationStateId": now // 1_000,
        "configurationStateMd5Hash": md5(content.encode(), usedforsecurity=False).hexdigest(),
        "awsAccountId": ACCOUNT_ID,
        "awsRegion": REGION,
        "availabilityZone": "Regional",
        "resourceType": resource_type,
        "resourceId": text(where, "resource_id", resource_id),
        "resourceName": None,
        "ARN": arn(parts[1].lower(), resource_id),
        "resourceCreationTime": iso_milliseconds(now - HOUR),
        "tags": strings(where, "tags", tags),
        "relatedEvents": [],
        "relationships": [],
        "configuration": dict(configuration or {}),
        "supplementaryConfiguration": {},
    }
    invoking_event = {
        "configurationItemDiff": None,
        "configurationItem": item,
        "notificationCreationTime": iso_milliseconds(now),
        "messageType": "ConfigurationItemChangeNotification",
        "recordVersion": "1.3",
    }
    return finished(_event(where, invoking_event, rule, rule_parameters, ids), overrides)


def config_rule_schedule(
    *,
    rule: str = "rule",
    rule_parameters: Mapping[str, str] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A rule whose time has come: `ScheduledNotification`. (EVT-9)"""
    invoking_event = {
        "awsAccountId": ACCOUNT_ID,
        "notificationCreationTime": iso_milliseconds(epoch(at)),
        "messageType": "ScheduledNotification",
        "recordVersion": "1.0",
    }
    return finished(_event("config_rule_schedule", invoking_event, rule, rule_parameters, identifiers(ids)), overrides)


def _event(
    where: str, invoking_event: Event, rule: str, rule_parameters: Mapping[str, str] | None, ids: Identifiers
) -> Event:
    rule_id = f"config-rule-{resource_hex(f'config rule {rule}', 6)}"
    return {
        "version": "1.0",
        "invokingEvent": json_text(where, "invoking event", invoking_event),
        "ruleParameters": json_text(where, "rule_parameters", strings(where, "rule_parameters", rule_parameters)),
        "resultToken": ids.hex("config result", 64),
        "eventLeftScope": False,
        "executionRoleArn": role_arn("config"),
        "configRuleArn": arn("config", f"config-rule/{rule_id}"),
        "configRuleName": text(where, "rule", rule),
        "configRuleId": rule_id,
        "accountId": ACCOUNT_ID,
    }
