"""What AWS does, as things: each rule has an id, a sentence, its source and how certain it is.

The timeline names the rule behind a decision, a test marked `rule("SQS-7")` proves one, and the fidelity page of the
docs is written from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Certainty = Literal["recorded", "documented", "inferred"]


@dataclass(frozen=True)
class Rule:
    """One thing that AWS does.

    `certainty` is `"recorded"` (seen from AWS itself), `"documented"` (AWS's docs, service model or runtime source) or
    `"inferred"` (follows from the others, or is our choice where AWS is silent). `not_modelled` says why the simulation
    leaves a rule out; `departure` says where it does otherwise, knowingly.
    """

    id: str
    sentence: str
    source: str
    certainty: Certainty
    not_modelled: str = ""
    departure: str = ""


def all_rules() -> dict[str, Rule]:
    """Every rule by its id, in the order of the chapters."""
    from pytest_lambda_modes.rules import (
        asynchronous,
        event_source_mapping,
        events,
        filtering,
        http_callers,
        kafka,
        metrics,
        mq_and_documentdb,
        runtime,
        senders,
        service_callers,
        sqs,
        streams,
        synchronous,
    )

    chapters = (
        runtime.RULES,
        synchronous.RULES,
        http_callers.RULES,
        service_callers.RULES,
        asynchronous.RULES,
        senders.RULES,
        event_source_mapping.RULES,
        sqs.RULES,
        streams.RULES,
        kafka.RULES,
        mq_and_documentdb.RULES,
        filtering.RULES,
        events.RULES,
        metrics.RULES,
    )
    return {rule.id: rule for chapter in chapters for rule in chapter}
