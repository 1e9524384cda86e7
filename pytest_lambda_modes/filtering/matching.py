"""Which records of an event source reach the function: the filter criteria of its mapping. (FILT-1, FILT-2, FILT-5)

Lambda's own rules around the pattern language: each source has one data key, whose content is decoded before a pattern
sees it, and what becomes of data in another format than the rules for it depends on the source.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.filtering.invalid_pattern import InvalidPattern
from pytest_lambda_modes.filtering.patterns import Adapt, Pattern, Test, compile_pattern, parse_json

Record = Mapping[str, Any]
Format = Literal["JSON", "plain text", "binary"]

MAX_PATTERN_CHARACTERS = 4096


@dataclass(frozen=True)
class FilterCriteria:
    """The filters of one event source mapping: a record that any of them admits reaches the function. (FILT-1)

    `formats` are the formats that the rules for the source's data expect; none if they look at metadata only.
    """

    source: str
    patterns: tuple[Pattern, ...]
    formats: frozenset[Format]

    @classmethod
    def parse(cls, criteria: object, source: str = "sqs", limit: int = 5) -> FilterCriteria:
        """Filter criteria from a list of patterns (mappings or JSON text), the API's own form, or None. (FILT-1)

        `source` is `"sqs"`, `"kinesis"`, `"dynamodb"`, `"kafka"` or `"mq"`. `limit` is how many filters the account may
        put on a mapping: 5, or up to 10 by quota. No filters at all admit everything.

        Raises ConfigError for what cannot be filter criteria, and InvalidParameterValueException where AWS refuses the
        pattern. (FILT-3, FILT-5)
        """
        rules = _source(source)
        filters = _filters(criteria)
        if len(filters) > limit:
            raise _refusal(
                f"There are {len(filters)} filters, and this mapping may have {limit}. (FILT-1)\n"
                "One filter holds alternatives too: several values in a leaf, or $or."
            )
        formats: set[Format] = set()
        adapt = _adapted_to(rules, formats)
        patterns = tuple(_compile(number, pattern, adapt) for number, pattern in enumerate(filters, 1))
        return cls(source, patterns, frozenset(formats))

    def admits(self, record: Record) -> bool:
        """Whether a record, as Lambda would hand it to the function, gets there. (FILT-2, FILT-5)"""
        if not self.patterns:
            return True
        source = _SOURCES[self.source]
        view = source.metadata(record)
        if self.formats:
            view = {**view, source.data_key: source.data(record)}
        return any(pattern.matches(view) for pattern in self.patterns)

    def mismatches(self, record: Record) -> bool:
        """Whether there are rules for the data, but none for data in this record's format. (HAZ-24)"""
        return bool(self.formats) and _format(_SOURCES[self.source].data(record)) not in self.formats


def _filters(criteria: object) -> Sequence[object]:
    if criteria is None:
        return ()
    if isinstance(criteria, (list, tuple)):
        return criteria
    if isinstance(criteria, Mapping) and criteria.keys() <= {"Filters"}:
        filters = criteria.get("Filters", ())
        if isinstance(filters, (list, tuple)) and all(map(_is_api_filter, filters)):
            return [entry["Pattern"] for entry in filters]
    raise ConfigError(
        f"filter_criteria is {criteria!r}, and must be a list of patterns or the API's own form. (FILT-1)\n\n"
        'A list of patterns:  filter_criteria=[{"body": {"kind": ["order"]}}]\n'
        'The API\'s own form:  filter_criteria={"Filters": [{"Pattern": \'{"body": {"kind": ["order"]}}\'}]}'
    )


def _is_api_filter(entry: object) -> bool:
    return isinstance(entry, Mapping) and list(entry) == ["Pattern"] and isinstance(entry["Pattern"], str)


def _compile(number: int, pattern: Any, adapt: Adapt) -> Pattern:
    try:
        compiled = compile_pattern(pattern, adapt=adapt)
        if len(compiled.text) > MAX_PATTERN_CHARACTERS:
            raise InvalidPattern(f"{len(compiled.text)} characters, and {MAX_PATTERN_CHARACTERS} are allowed")
    except InvalidPattern as invalid:
        raise _refusal(
            f"Filter {number}: {invalid}. (FILT-3)\n"
            f"It is {pattern!r:.300}.\n"
            'Objects lead to a leaf, and a leaf is a list of what may match: {"body": {"kind": ["order"]}}.'
        ) from None
    return compiled


def _refusal(detail: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(f"Invalid filter pattern definition.\n\n{detail}")


@dataclass(frozen=True)
class _Source:
    """How the records of one kind of source are filtered. (FILT-2, FILT-5)

    `data` reads a record's data: an object or array if it is JSON, a string if it is other text, None if it is no text.
    `metadata` gives what patterns may ask beside it. A source that is `json_only` takes no plain-text rules for its
    data; one that `ignores_mismatch` lets data of another format through where others drop it.
    """

    data_key: str
    data: Callable[[Record], object]
    metadata: Callable[[Record], Record] = lambda record: record
    json_only: bool = False
    ignores_mismatch: bool = False


def _parsed(text: str) -> object:
    """Objects and arrays as JSON. A bare number or quoted string is text, as the sender of "7" would have it."""
    try:
        value = parse_json(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, (dict, list)) else text


def _decoded(data: str | None) -> object:
    try:
        return None if data is None else _parsed(base64.b64decode(data).decode())
    except UnicodeDecodeError:
        return None


_SOURCES = {
    "sqs": _Source("body", lambda record: _parsed(record["body"])),
    "kinesis": _Source(
        "data",
        lambda record: _decoded(record["kinesis"]["data"]),
        metadata=lambda record: {**record, **record["kinesis"]},
        json_only=True,
    ),
    "dynamodb": _Source("dynamodb", lambda record: record["dynamodb"], json_only=True),
    "kafka": _Source("value", lambda record: _decoded(record.get("value")), ignores_mismatch=True),
    "mq": _Source("data", lambda record: _decoded(record.get("data")), ignores_mismatch=True),
}


def _source(name: str) -> _Source:
    if name not in _SOURCES:
        raise ConfigError(
            f"filter_criteria: a source of kind {name!r} has no filters. (FILT-1)\n\nThese have: {', '.join(_SOURCES)}."
        )
    return _SOURCES[name]


def _format(data: object) -> Format:
    if isinstance(data, (dict, list)):
        return "JSON"
    return "binary" if data is None else "plain text"


def _adapted_to(source: _Source, formats: set[Format]) -> Adapt:
    """Tests of the data key judge the format first: a list of rules is for plain text, an object for JSON. (FILT-5)"""

    def adapt(key: str, rules: object, test: Test) -> Test:
        if key != source.data_key:
            return test
        expected: Format = "JSON" if isinstance(rules, dict) else "plain text"
        if expected != "JSON" and source.json_only:
            raise InvalidPattern(f'"{key}" must be an object, since filters here see JSON data only', (key,))
        formats.add(expected)
        otherwise = source.ignores_mismatch
        return lambda data: test(data) if _format(data) == expected else otherwise

    return adapt
