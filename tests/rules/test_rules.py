"""The catalogue of rules, the page written from it, and the tests that prove it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from pytest_lambda_modes.rules import (
    Certainty,
    Rule,
    all_rules,
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
from pytest_lambda_modes.rules.fidelity import fidelity_page

ROOT = Path(__file__).parents[2]
CHAPTERS = {
    "RT": (runtime.RULES, range(1, 41)),
    "SYNC": (
        (*synchronous.RULES, *http_callers.RULES, *service_callers.RULES),
        (*range(1, 21), *range(30, 44)),
    ),
    "ASYNC": ((*asynchronous.RULES, *senders.RULES), (*range(1, 37), *range(40, 51))),
    "ESM": (event_source_mapping.RULES, range(1, 12)),
    "SQS": (sqs.RULES, range(1, 33)),
    "KIN": (streams.KINESIS, range(1, 27)),
    "DDB": (streams.DYNAMODB, range(1, 3)),
    "KAFKA": (kafka.RULES, range(1, 9)),
    "MQ": (mq_and_documentdb.MQ, range(1, 3)),
    "DOCDB": (mq_and_documentdb.DOCUMENTDB, range(1, 2)),
    "FILT": (filtering.RULES, range(1, 8)),
    "EVT": (events.RULES, range(1, 11)),
    "MET": (metrics.RULES, range(1, 18)),
}
SOURCES = (
    "https://docs.aws.amazon.com/",
    "https://github.com/radkawar/stackd",
    "LocalStack ",
    "awslambdaric ",
    "botocore ",
    "AWS Lambda runtime interface emulator",
)

every_rule = pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.id)


@pytest.mark.parametrize("prefix", CHAPTERS)
def test_a_chapter_is_complete_and_in_order(prefix: str) -> None:
    """A chapter has the rules that concern it, each once."""
    rules, numbers = CHAPTERS[prefix]
    assert [rule.id for rule in rules] == [f"{prefix}-{number}" for number in numbers]


@every_rule
def test_a_rule_is_found_under_its_own_id(rule: Rule) -> None:
    """An id is a chapter and a number, and no other rule has taken it."""
    assert re.fullmatch(r"[A-Z]+-\d+", rule.id)
    assert all_rules()[rule.id] is rule


@every_rule
def test_a_rule_is_written_for_a_reader(rule: Rule) -> None:
    """A rule is one or more whole sentences with a source that can be looked up and a known certainty."""
    for text in (rule.sentence, rule.not_modelled, rule.departure):
        assert text == " ".join(text.split())
        assert text.endswith("." if text else "")
    assert rule.sentence
    assert all(source.startswith(SOURCES) for source in rule.source.split("; "))
    assert rule.certainty in get_args(Certainty)


@every_rule
def test_only_what_was_recorded_is_called_recorded(rule: Rule) -> None:
    """The recordings of AWS are LocalStack's, so a recorded rule names a test of LocalStack."""
    if rule.certainty == "recorded":
        assert "LocalStack " in rule.source


@every_rule
def test_what_is_not_modelled_cannot_be_done_otherwise(rule: Rule) -> None:
    """A rule is left out or departed from, not both."""
    assert not (rule.not_modelled and rule.departure)


def test_the_fidelity_page_is_up_to_date() -> None:
    """The committed page is what the rules say; `python -m pytest_lambda_modes.rules.fidelity` writes it anew."""
    written = subprocess.run(
        [sys.executable, "-m", "pytest_lambda_modes.rules.fidelity"], capture_output=True, text=True, check=True
    )
    assert written.stdout == fidelity_page()
    assert (ROOT / "docs/reference/fidelity.md").read_text(encoding="utf-8") == fidelity_page()


def test_the_fidelity_page_shows_every_rule_once_and_every_exception_again() -> None:
    """Each rule has one row in its chapter, and one more if it is not modelled or done otherwise."""
    rows = re.findall(r"^\| ([A-Z]+-\d+) \|", fidelity_page(), re.MULTILINE)
    exceptions = [rule.id for rule in all_rules().values() if rule.not_modelled or rule.departure]
    assert sorted(rows) == sorted([*all_rules(), *exceptions])


def named_rules(tree: ast.AST) -> Iterator[str]:
    """The ids in every `pytest.mark.rule(...)` of a module, wherever it stands."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="mark"), attr="rule"), args=ids):
                yield from (ast.literal_eval(rule_id) for rule_id in ids)


@pytest.fixture(scope="module")
def proofs() -> dict[str, set[str]]:
    """The test files that name a rule, by the rule's id. Read from the sources, so that no selection changes it."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for rule_id in named_rules(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(rule_id, set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_every_rule_that_is_modelled_has_a_test(proofs: dict[str, set[str]]) -> None:
    """A rule without a test marked `rule("ID")` is a promise that nobody checks."""
    unproved = [rule.id for rule in all_rules().values() if not rule.not_modelled and rule.id not in proofs]
    assert not unproved, f"no test is marked with {', '.join(unproved)}"


def test_no_test_names_a_rule_that_does_not_exist(proofs: dict[str, set[str]]) -> None:
    """A mistyped id proves nothing."""
    assert {rule_id: files for rule_id, files in proofs.items() if rule_id not in all_rules()} == {}


def test_no_test_proves_what_is_not_modelled(proofs: dict[str, set[str]]) -> None:
    """A rule that a test proves is modelled."""
    left_out = {rule.id for rule in all_rules().values() if rule.not_modelled}
    assert {rule_id: files for rule_id, files in proofs.items() if rule_id in left_out} == {}
