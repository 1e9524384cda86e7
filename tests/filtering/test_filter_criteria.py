"""What the filter criteria of a mapping let through, source by source."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.filtering.matching import FilterCriteria

ORDER = {"kind": "order", "total": 250}
JSON = json.dumps(ORDER).encode()
TEXT = b"an order of 250"
BINARY = b"\xff\xfe\x00"

SQS_METADATA = {"eventSource": "aws:sqs", "attributes": {"ApproximateReceiveCount": "1"}}
KINESIS_METADATA = {"eventName": "aws:kinesis:record", "eventSource": "aws:kinesis"}
MQ_METADATA = {"messageType": "jms/text-message", "redelivered": False}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def record_of(source: str, data: bytes) -> dict[str, Any]:
    """A record as Lambda would hand it over, as far as filters care."""
    if source == "sqs":
        return {"messageId": "m", "body": data.decode(), **SQS_METADATA}
    if source == "kinesis":
        return {"kinesis": {"partitionKey": "p", "data": encoded(data)}, **KINESIS_METADATA}
    if source == "kafka":
        return {"topic": "orders", "partition": 0, "value": encoded(data)}
    return {"data": encoded(data), **MQ_METADATA}


METADATA = {
    "sqs": {"attributes": {"ApproximateReceiveCount": ["1"]}},
    "kinesis": {"partitionKey": ["p"]},
    "kafka": {"topic": ["orders"]},
    "mq": {"redelivered": [False]},
}
OTHER_METADATA = {
    "sqs": {"attributes": {"ApproximateReceiveCount": ["2"]}},
    "kinesis": {"partitionKey": ["q"]},
    "kafka": {"topic": ["refunds"]},
    "mq": {"redelivered": [True]},
}
DATA_KEY = {"sqs": "body", "kinesis": "data", "kafka": "value", "mq": "data"}
JSON_RULES = {"kind": ["order"], "total": [{"numeric": [">", 100]}]}
OTHER_JSON_RULES = {"kind": ["refund"]}
TEXT_RULES = ["other", {"prefix": "an order"}]
OTHER_TEXT_RULES = ["other"]
ANYTHING = {"kind": [{"exists": False}]}

# The tables of FILT-5: source, data, rules for the data (None: there are none), whether the record is kept.
FORMATS = [
    ("sqs", TEXT, TEXT_RULES, True),
    ("sqs", TEXT, OTHER_TEXT_RULES, False),
    ("sqs", TEXT, JSON_RULES, False),
    ("sqs", TEXT, ANYTHING, False),
    ("sqs", JSON, TEXT_RULES, False),
    ("sqs", JSON, [{"prefix": "{"}], False),
    ("sqs", JSON, [{"exists": False}], False),
    ("sqs", JSON, JSON_RULES, True),
    ("sqs", JSON, OTHER_JSON_RULES, False),
    ("sqs", TEXT, None, True),
    ("sqs", JSON, None, True),
    ("kinesis", JSON, JSON_RULES, True),
    ("kinesis", JSON, OTHER_JSON_RULES, False),
    ("kinesis", JSON, None, True),
    ("kinesis", TEXT, None, True),
    ("kinesis", BINARY, None, True),
    ("kinesis", TEXT, JSON_RULES, False),
    ("kinesis", TEXT, ANYTHING, False),
    ("kinesis", BINARY, JSON_RULES, False),
    *(
        (source, *row)
        for source in ("kafka", "mq")
        for row in (
            (TEXT, TEXT_RULES, True),
            (TEXT, OTHER_TEXT_RULES, False),
            (TEXT, JSON_RULES, True),
            (JSON, TEXT_RULES, True),
            (JSON, JSON_RULES, True),
            (JSON, OTHER_JSON_RULES, False),
            (BINARY, JSON_RULES, True),
            (BINARY, OTHER_TEXT_RULES, True),
            (BINARY, None, True),
        )
    ),
]


@pytest.mark.rule("FILT-2", "FILT-5")
@pytest.mark.parametrize(("source", "data", "rules", "kept"), FORMATS)
def test_data_meets_the_rules_for_it(source, data, rules, kept):
    """Rules for one format drop data in the other, or are ignored, and metadata rules count all the same. (FILT-5)"""
    data_rules = {} if rules is None else {DATA_KEY[source]: rules}
    record = record_of(source, data)

    def admitted(metadata: dict[str, Any]) -> bool:
        return FilterCriteria.parse([{**data_rules, **metadata[source]}], source).admits(record)

    assert admitted(METADATA) == kept
    assert not admitted(OTHER_METADATA)


@pytest.mark.rule("FILT-5")
@pytest.mark.parametrize(("source", "key"), [("kinesis", "data"), ("dynamodb", "dynamodb")])
@pytest.mark.parametrize("nest", [lambda rules: rules, lambda rules: {"$or": [rules, rules]}], ids=["root", "or"])
def test_plain_text_rules_for_a_stream_are_refused(source, key, nest):
    """Kinesis and DynamoDB take JSON rules for the data only, and say so when the mapping is made. (FILT-5)"""
    with pytest.raises(InvalidParameterValueException, match="JSON data only"):
        FilterCriteria.parse([nest({key: ["text"]})], source)


@pytest.mark.rule("FILT-2")
@pytest.mark.parametrize(
    ("pattern", "admitted"),
    [
        ({"eventName": ["INSERT"]}, True),
        ({"eventName": ["INSERT"], "eventSource": ["aws:dynamodb"]}, True),
        ({"eventName": ["REMOVE"]}, False),
        ({"dynamodb": {"NewImage": {"kind": {"S": ["order"]}}}}, True),
        ({"dynamodb.NewImage.kind.S": ["order"]}, True),
        ({"dynamodb": {"NewImage": {"kind": ["order"]}}}, False),
        ({"dynamodb": {"NewImage": {"kind": [{"exists": False}]}}}, True),
        ({"dynamodb": {"NewImage": {"total": {"N": [{"numeric": [">", 1]}]}}}}, False),
    ],
)
def test_a_dynamodb_record_is_asked_as_it_stands(pattern, admitted):
    """Both the metadata and the image of a DynamoDB record can be asked, the image with its types. (FILT-2)"""
    image = {"kind": {"S": "order"}, "total": {"N": "42"}}
    record = {"eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": {"NewImage": image}}
    assert FilterCriteria.parse([pattern], "dynamodb").admits(record) == admitted


@pytest.mark.rule("FILT-2")
@pytest.mark.parametrize("pattern", [{"partitionKey": ["p"]}, {"kinesis": {"partitionKey": ["p"]}}])
def test_the_metadata_of_a_kinesis_record_is_found_in_both_places(pattern):
    """The partition key is at the root, as documented for filters, and under `kinesis`, as in the record. (FILT-2)"""
    assert FilterCriteria.parse([pattern], "kinesis").admits(record_of("kinesis", TEXT))


@pytest.mark.rule("FILT-2")
def test_metadata_is_compared_as_it_stands():
    """The attributes of an SQS message are strings, so numbers never match them. (FILT-2)"""
    record = record_of("sqs", TEXT)
    numeric = FilterCriteria.parse([{"attributes": {"ApproximateReceiveCount": [{"numeric": ["=", 1]}, 1]}}])
    assert not numeric.admits(record)


@pytest.mark.rule("FILT-5")
@pytest.mark.parametrize(
    ("body", "rules", "admitted"),
    [
        ("7", ["7"], True),
        ('"order"', ['"order"'], True),
        ("null", ["null"], True),
        ("", [""], True),
        ('{"total": NaN}', [{"prefix": "{"}], True),
        ("[" * 100_000, [{"prefix": "["}], True),
        ('[{"kind": "order"}, {"kind": "refund"}]', {"kind": ["refund"]}, True),
        (' {"kind": "order"} ', {"kind": ["order"]}, True),
        ("[]", {"kind": ["order"]}, False),
    ],
    ids=["number", "quoted", "null", "empty", "NaN", "too deep", "array", "spaces", "empty array"],
)
def test_json_data_is_an_object_or_an_array(body, rules, admitted):
    """A body that is an object or an array is JSON; everything else is plain text."""
    assert FilterCriteria.parse([{"body": rules}]).admits({"body": body}) == admitted


@pytest.mark.rule("FILT-5")
def test_a_kafka_record_without_a_value_has_no_data_to_ask():
    """The rules for the value are ignored for a tombstone, as for all that is not text. (FILT-5)"""
    criteria = FilterCriteria.parse([{"value": ["x"], "topic": ["orders"]}], "kafka")
    assert criteria.admits({"topic": "orders", "value": None})
    assert criteria.admits({"topic": "orders"})
    assert not criteria.admits({"topic": "refunds"})


@pytest.mark.rule("FILT-5")
def test_each_alternative_asks_for_a_format_of_its_own():
    """`$or` may hold rules for JSON and for plain text, and a dotted key is a rule for JSON. (FILT-5, FILT-7.13)"""
    criteria = FilterCriteria.parse([{"$or": [{"body.kind": ["order"]}, {"body": ["ping"]}]}])
    assert [criteria.admits({"body": body}) for body in ('{"kind": "order"}', "ping", "pong", "{}")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.rule("FILT-1")
def test_any_filter_lets_a_record_through():
    """Filters are alternatives. (FILT-1)"""
    criteria = FilterCriteria.parse([{"body": {"kind": ["order"]}}, {"body": {"kind": ["refund"]}}])
    bodies = [json.dumps({"kind": kind}) for kind in ("order", "refund", "return")]
    assert [criteria.admits({"body": body}) for body in bodies] == [True, True, False]


@pytest.mark.rule("FILT-1")
@pytest.mark.parametrize("nothing", [None, [], (), {}, {"Filters": []}], ids=repr)
def test_no_filters_let_everything_through(nothing):
    """An empty list of filters is the same as none. (FILT-1)"""
    criteria = FilterCriteria.parse(nothing)
    assert criteria.patterns == ()
    assert criteria.admits({"body": "anything"})


@pytest.mark.rule("FILT-1")
def test_the_forms_of_criteria_are_equal():
    """Mappings, JSON text and the API's own form say the same. (FILT-1)"""
    text = '{"body":{"kind":["order"]}}'
    forms = [{"body": {"kind": ["order"]}}], (text,), {"Filters": [{"Pattern": text}]}
    assert len({FilterCriteria.parse(form) for form in forms}) == 1


@pytest.mark.rule("FILT-1")
@pytest.mark.parametrize(
    "criteria",
    [
        {"body": {"kind": ["order"]}},
        '{"body": {"kind": ["order"]}}',
        {"Filters": {"Pattern": "{}"}},
        {"Filters": ["{}"]},
        {"Filters": [{"Pattern": {"body": ["x"]}}]},
        {"Filters": [{"pattern": "{}"}]},
        {"filters": []},
        7,
    ],
    ids=repr,
)
def test_what_cannot_be_criteria_is_refused(criteria):
    """Neither a list nor the API's form: the refusal shows both. (FILT-1)"""
    with pytest.raises(ConfigError, match=r"filter_criteria=\[\{.*(?s:.)*\{\"Filters\": \["):
        FilterCriteria.parse(criteria)


@pytest.mark.rule("FILT-1")
@pytest.mark.parametrize("source", ["documentdb", "SQS", ""])
def test_a_source_without_filters_is_refused(source):
    """DocumentDB has no filters, and neither has a source that nobody knows. (FILT-1)"""
    with pytest.raises(ConfigError, match="sqs, kinesis, dynamodb, kafka, mq"):
        FilterCriteria.parse([], source)


@pytest.mark.rule("FILT-1")
def test_a_mapping_has_five_filters_or_ten_by_quota():
    """Five filters are allowed and six are not, unless the quota is higher. (FILT-1)"""
    patterns = [{"body": [str(number)]} for number in range(11)]
    assert len(FilterCriteria.parse(patterns[:5]).patterns) == 5
    assert len(FilterCriteria.parse(patterns[:10], limit=10).patterns) == 10
    with pytest.raises(InvalidParameterValueException, match="There are 6 filters, and this mapping may have 5"):
        FilterCriteria.parse(patterns[:6])
    with pytest.raises(InvalidParameterValueException, match="There are 11 filters, and this mapping may have 10"):
        FilterCriteria.parse(patterns, limit=10)


@pytest.mark.rule("FILT-1")
def test_a_pattern_has_at_most_4096_characters():
    """4,096 characters are allowed and one more is not, whether they are ASCII or not. (FILT-1)"""
    room = 4096 - len('{"body":[""]}')
    assert FilterCriteria.parse([{"body": ["\u00e9" * room]}]).patterns
    with pytest.raises(InvalidParameterValueException, match="4097 characters, and 4096 are allowed"):
        FilterCriteria.parse([{"body": ["\u00e9" * (room + 1)]}])


@pytest.mark.rule("FILT-3")
@pytest.mark.parametrize(
    "pattern",
    [None, "null", "simple string", '"simple string"', {"eventSource": "aws:sqs"}, {"eventSource": []}, '{"a": ["b"]'],
    ids=repr,
)
def test_an_invalid_pattern_gets_the_answer_of_aws(pattern):
    """What AWS refuses is refused under its name, and its text comes before ours. (FILT-3)"""
    with pytest.raises(InvalidParameterValueException) as refused:
        FilterCriteria.parse([{"body": ["fine"]}, pattern])
    assert refused.value.status_code == 400
    assert refused.value.message.startswith("Invalid filter pattern definition.\n\nFilter 2: ")


@pytest.mark.rule("FILT-3")
def test_a_refusal_says_where_and_how():
    """The error names the filter, the path and the fault, and shows what a leaf looks like."""
    with pytest.raises(InvalidParameterValueException) as refused:
        FilterCriteria.parse([{"body": {"kind": "order"}}])
    assert str(refused.value).splitlines() == [
        "Invalid filter pattern definition.",
        "",
        'Filter 1: "kind" must be an object or an array (at body.kind). (FILT-3)',
        "It is {'body': {'kind': 'order'}}.",
        'Objects lead to a leaf, and a leaf is a list of what may match: {"body": {"kind": ["order"]}}. (HTTP 400)',
    ]


@pytest.mark.rule("FILT-5")
@pytest.mark.parametrize(
    ("rules", "data", "mismatches"),
    [(JSON_RULES, TEXT, True), (JSON_RULES, JSON, False), (TEXT_RULES, JSON, True), (TEXT_RULES, TEXT, False)],
)
def test_a_record_in_a_format_that_no_rule_expects_is_told_apart(rules, data, mismatches):
    """A message lost to its format can be told from one lost to its content. (HAZ-24)"""
    assert FilterCriteria.parse([{"body": rules}]).mismatches(record_of("sqs", data)) == mismatches


def test_without_rules_for_the_data_no_format_is_wrong():
    """Criteria that look at metadata only expect no format."""
    assert not FilterCriteria.parse([METADATA["sqs"]]).mismatches(record_of("sqs", TEXT))
    assert not FilterCriteria.parse([]).mismatches(record_of("sqs", TEXT))
