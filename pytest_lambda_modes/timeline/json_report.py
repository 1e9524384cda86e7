"""The timeline as plain data, ready for `json.dumps`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_lambda_modes.model.facts import Fact
from pytest_lambda_modes.rules import all_rules
from pytest_lambda_modes.timeline import wording
from pytest_lambda_modes.units import iso_milliseconds


def build(facts: Iterable[Fact], start: int) -> dict[str, Any]:
    """`{"start", "facts", "rules"}`, with the same order of keys each time.

    `start` is the wall clock at the virtual start, in microseconds since 1970. A fact has `at` (microseconds since the
    start), `time` (ISO 8601), `who`, `fact` (its class), `text`, and then its own fields. `rules` has the sentence of
    each rule that a fact names.
    """
    told = [_entry(fact, start) for fact in facts]
    known = all_rules()
    named = sorted({entry["rule"] for entry in told if entry.get("rule") in known})
    return {"start": iso_milliseconds(start), "facts": told, "rules": {rule: known[rule].sentence for rule in named}}


def _entry(fact: Fact, start: int) -> dict[str, Any]:
    fields = fact._asdict()
    what, detail = wording.words(fact)
    return {
        "at": fields.pop("at"),
        "time": iso_milliseconds(start + fact.at),
        "who": fields.pop("who"),
        "fact": type(fact).__name__,
        "text": f"{what}: {detail}" if detail else what,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()},
    }
