"""What `event_source` takes, by the kind of the source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.harness import cluster_settings, sqs_queues, stream_resources
from pytest_lambda_modes.harness.cluster_settings import CLUSTERS
from pytest_lambda_modes.harness.functions import FUNCTION_SETTINGS
from pytest_lambda_modes.model import cluster_mapping_config as cluster_config
from pytest_lambda_modes.model import event_source_mapping_config as sqs_config
from pytest_lambda_modes.model import setting_names, settings
from pytest_lambda_modes.model import stream_mapping_config as stream_config

SETTINGS: Mapping[str, tuple[str, ...]] = {
    "sqs": (*sqs_config.SETTINGS, *sqs_queues.SETTINGS, "qualifier"),
    "kinesis": (*stream_config.SETTINGS, *stream_resources.SETTINGS["kinesis"], "qualifier"),
    "dynamodb": (*stream_config.SETTINGS, *stream_resources.SETTINGS["dynamodb"], "qualifier"),
    **{
        kind: (*cluster_config.SETTINGS[cluster], *cluster_settings.SETTINGS[kind], "qualifier")
        for kind, cluster in CLUSTERS.items()
    },
}


def check_names(where: str, given: Mapping[str, Any], known: tuple[str, ...], not_modelled: Mapping[str, str]) -> None:
    """Refuse what is neither among `known` nor a setting of the function. Raises ConfigError."""
    known = (*known, *(name for name in FUNCTION_SETTINGS if name not in known))
    settings.check_names(where, given, known, {**setting_names.FUNCTION_NOT_MODELLED, **not_modelled})


def check_marker(marked: Mapping[str, Any]) -> None:
    """Refuse what the marker `event_source` cannot mean, before the test runs. Raises as the call does.

    A marker without a kind may have settings of any. That of a plugin's own kind is the plugin's to check.
    """
    where, kind = "marker event_source", marked.get("kind")
    given = {name: value for name, value in marked.items() if name != "kind"}
    cluster = cluster_settings.cluster_of(kind)
    known = SETTINGS.get(kind, ()) if kind is not None else tuple({name for each in SETTINGS.values() for name in each})
    if known:
        if cluster is not None:
            cluster_config.refuse(where, cluster, given)
        not_modelled = {**stream_config.NOT_MODELLED, **sqs_config.NOT_MODELLED}
        if cluster is not None:
            not_modelled.update(cluster_config.CLUSTER_NOT_MODELLED)
        check_names(where, given, known, not_modelled)
    if kind == "sqs":
        sqs_config.checked(where, {name: value for name, value in given.items() if name in sqs_config.SETTINGS})
    elif kind in stream_resources.SETTINGS:
        stream_config.checked(where, {name: value for name, value in given.items() if name in stream_config.SETTINGS})
    elif cluster is not None:
        own = cluster_config.SETTINGS[cluster]
        cluster_config.checked(where, {name: value for name, value in given.items() if name in own})
