"""What can happen to an object of a bucket, and what a notification can be configured for. (EVT-2)"""

from __future__ import annotations

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model.settings import shown

# S3's own list, without the groups (`ObjectCreated:*`), which name no event.
EVENT_TYPES = (
    "ReducedRedundancyLostObject",
    "ObjectCreated:Put",
    "ObjectCreated:Post",
    "ObjectCreated:Copy",
    "ObjectCreated:CompleteMultipartUpload",
    "ObjectRemoved:Delete",
    "ObjectRemoved:DeleteMarkerCreated",
    "ObjectRestore:Post",
    "ObjectRestore:Completed",
    "ObjectRestore:Delete",
    "Replication:OperationFailedReplication",
    "Replication:OperationNotTracked",
    "Replication:OperationMissedThreshold",
    "Replication:OperationReplicatedAfterThreshold",
    "LifecycleTransition",
    "LifecycleExpiration:Delete",
    "LifecycleExpiration:DeleteMarkerCreated",
    "IntelligentTiering",
    "ObjectAcl:Put",
    "ObjectTagging:Put",
    "ObjectTagging:Delete",
    "ObjectAnnotation:Put",
    "ObjectAnnotation:Delete",
    "ObjectRetention:Put",
)
GROUPS = tuple(dict.fromkeys(f"{name.partition(':')[0]}:*" for name in EVENT_TYPES if ":" in name))


def configured(where: str, given: object) -> frozenset[str]:
    """The event types that a configured name stands for: `"s3:ObjectCreated:*"` stands for a group.

    `s3:` may be left out. Raises ConfigError.
    """
    name = given.removeprefix("s3:") if isinstance(given, str) else given
    if name in GROUPS:
        family = str(name)[:-1]
        return frozenset(each for each in EVENT_TYPES if each.startswith(family))
    if name in EVENT_TYPES:
        return frozenset({str(name)})
    raise ConfigError(
        f"{where}: events has {shown(given)}, which is no event type of S3's.\n\n"
        f"There are: {', '.join((*GROUPS, *EVENT_TYPES))}."
    )
