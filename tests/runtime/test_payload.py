"""The JSON boundary, held against AWS's own runtime client."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import types
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.errors import EventError, InvalidRequestContentException
from pytest_lambda_modes.runtime.faults import MarshalError, RuntimeCrash, UnmarshalError
from pytest_lambda_modes.runtime.payload import decode_event, decode_response, encode_event, encode_response

Point = collections.namedtuple("Point", "x y")


class Level(enum.IntEnum):
    HIGH = 3


class Colour(str, enum.Enum):
    RED = "red"


class Plain(enum.Enum):
    ONE = 1


@dataclasses.dataclass
class Order:
    id: int


class HasAsdict:
    def _asdict(self) -> dict[str, int]:
        return {"a": 1}


class RaisingAsdict(tuple):
    def _asdict(self) -> dict[str, int]:
        raise LookupError("no fields")


def circular() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


def nested(depth: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


# The response's side

ACCEPTED: dict[str, Any] = {
    "none": None,
    "dict": {"a": [1, {"b": None}]},
    "list": [1, "two", 3.5],
    "tuple": (1, (2, 3)),
    "namedtuple": Point(1, 2),
    "nested namedtuple": [Point(1, Point(2, 3))],
    "object with _asdict": HasAsdict(),
    "str": "text",
    "empty str": "",
    "str beyond ASCII": "caf\u00e9 \u2028 \U0001f600",
    "control characters": '\x00\x1f\x7f"\\/\n',
    "int": -7,
    "bool": True,
    "float": 1.5,
    "exponent": 1e300,
    "nan": math.nan,
    "infinities": [math.inf, -math.inf],
    "decimal": decimal.Decimal("1.10"),
    "decimal exponent": [decimal.Decimal("1E+2")],
    "decimal infinity": [decimal.Decimal("Infinity"), decimal.Decimal("-Infinity")],
    "decimal nan": [decimal.Decimal("NaN"), decimal.Decimal("sNaN"), decimal.Decimal("-NaN")],
    "bytes": b"\xff raw",
    "empty bytes": b"",
    "nested bytes": {"v": b"caf\xc3\xa9", b"k": 1},
    "int enum": Level.HIGH,
    "str enum": {"colour": Colour.RED},
    "coerced keys": {1: "a", 2.5: "b", False: "c", None: "d", math.inf: "e"},
    "colliding keys": {1: "a", "1": "b"},
    "very large int": 10**400,
    "ordered dict": collections.OrderedDict(b=1, a=2),
}

REFUSED: dict[str, Any] = {
    "invalid nested bytes": [b"\xff"],
    "tuple key": {(1, 2): 3},
    "decimal key": {decimal.Decimal(1): 1},
    "set": {1},
    "frozenset": frozenset({1}),
    "bytearray": bytearray(b"a"),
    "datetime": dt.datetime(2026, 1, 1),
    "date": [dt.date(2026, 1, 1)],
    "uuid": uuid.UUID(int=1),
    "plain enum": Plain.ONE,
    "dataclass": Order(1),
    "generator": (n for n in ()),
    "range": range(3),
    "dict_keys": {}.keys(),
    "complex": 1j,
    "exception": ValueError("v"),
    "mappingproxy": types.MappingProxyType({}),
    "circular": circular(),
    "raising _asdict": RaisingAsdict(),
    "too deep": nested(100_000),
}


@pytest.mark.rule("RT-10")
@pytest.mark.parametrize("value", ACCEPTED.values(), ids=ACCEPTED)
def test_a_return_value_becomes_the_bytes_that_awss_runtime_sends(oracle: Any, simulated: Any, value: object) -> None:
    """Every kind of value that AWS's runtime accepts is sent byte for byte as it sends it."""
    expected = oracle.invoke(lambda event, context: value)
    assert expected.kind == "result"
    assert simulated(lambda event, context: value, oracle.runtime) == expected


@pytest.mark.rule("RT-10", "RT-11")
@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_a_return_value_that_json_cannot_carry_is_a_marshal_error(oracle: Any, simulated: Any, value: object) -> None:
    """Every kind of value that AWS's runtime refuses is the same function error here."""
    expected = oracle.invoke(lambda event, context: value)
    assert json.loads(expected.payload)["errorType"] == "Runtime.MarshalError"
    assert simulated(lambda event, context: value, oracle.runtime) == expected


@pytest.mark.rule("RT-10")
def test_a_lone_surrogate_is_escaped_or_ends_the_process(oracle: Any, simulated: Any) -> None:
    """A lone surrogate passes the encoder of every version, and then cannot become UTF-8 unless it was escaped."""
    expected = oracle.invoke(lambda event, context: "\ud800")
    assert simulated(lambda event, context: "\ud800", oracle.runtime) == expected
    assert expected.kind == ("result" if oracle.runtime == "python3.11" else "crash")


@pytest.mark.rule("RT-10")
@pytest.mark.parametrize(
    "runtime, escaped",
    [("python3.9", True), ("python3.11", True), ("python3.12", False), ("python3.14", False), ("python3.16", True)],
)
def test_the_runtime_decides_whether_text_is_escaped(runtime: str, escaped: bool) -> None:
    """Text beyond ASCII is escaped before python3.12, and sent as UTF-8 by the versions that AWS's runtime knows."""
    assert encode_response("\u00e9", runtime) == (b'"\\u00e9"' if escaped else b'"\xc3\xa9"')


@pytest.mark.rule("RT-12")
def test_a_coroutine_is_refused_and_never_runs(simulated: Any) -> None:
    """An async handler is not awaited: its coroutine is a marshal error, and no warning of it remains."""
    ran = []

    async def handler(event: object, context: object) -> None:
        ran.append(event)

    answer = simulated(handler, "python3.13")
    assert json.loads(answer.payload)["errorMessage"] == (
        "Unable to marshal response: Object of type coroutine is not JSON serializable"
    )
    assert ran == []


@pytest.mark.rule("RT-13")
def test_a_response_that_is_not_json_leaves_the_runtime_and_can_be_read() -> None:
    """NaN and raw bytes are sent as they are; reading them back gives the number, or the bytes."""
    assert math.isnan(decode_response(encode_response({"n": math.nan}, "python3.13"))["n"])  # type: ignore[index]
    assert decode_response(encode_response(b"\xff\xfe", "python3.13")) == b"\xff\xfe"
    assert decode_response(b"") == b""
    assert decode_response(b'{"a": [1, null]}') == {"a": [1, None]}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=4)
    | st.decimals()
    | st.sampled_from([Level.HIGH, Colour.RED, Plain.ONE, Point(1, 2), {1}, 1j, HasAsdict()]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4) | st.integers() | st.floats() | st.none() | st.binary(max_size=2), inner)
    ),
    max_leaves=12,
)


@pytest.mark.rule("RT-10", "RT-11")
@given(value=values)
@settings(deadline=None, derandomize=True, max_examples=200)
def test_any_return_value_is_answered_as_awss_runtime_answers(oracle: Any, simulated: Any, value: object) -> None:
    """Whatever a handler returns, the kind of answer and its bytes are those of AWS's runtime."""
    assert simulated(lambda event, context: value, oracle.runtime) == oracle.invoke(lambda event, context: value)


# The handler's side


def received(invoke: Callable[..., Any], *arguments: Any, event: bytes) -> tuple[Any, list[Any]]:
    seen: list[Any] = []
    return invoke(lambda event, context: seen.append(event), *arguments, event=event), seen


events = [
    b"{}",
    b"null",
    b' [1, 2.50, -0.0, 1e3, true, "\\u00e9\xc3\xa9"] ',
    b'{"a": 1, "a": 2}',
    b"1" * 400,
    b"\xef\xbb\xbf{}",
    b'"\\ud800"',
    b"NaN",
    b'{"n": -Infinity}',
    b"",
    b"{",
    b'{"a": 1}x',
    b"\xff",
    b'"\n"',
]


@pytest.mark.rule("RT-6", "RT-7")
@pytest.mark.parametrize("event", events)
def test_an_event_is_parsed_as_awss_runtime_parses_it(oracle: Any, simulated: Any, event: bytes) -> None:
    """The handler receives the same value, or the runtime fails with the same error and the handler never runs."""
    expected = received(oracle.invoke, event=event)
    actual = received(simulated, oracle.runtime, event=event)
    assert actual == expected
    assert repr(actual[1]) == repr(expected[1])


@pytest.mark.rule("RT-6")
@given(value=values)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_any_json_text_is_parsed_as_awss_runtime_parses_it(oracle: Any, simulated: Any, value: object) -> None:
    """What one handler returns is an event for the next, and both runtimes read it alike."""
    try:
        event = encode_response(value, oracle.runtime)
    except (MarshalError, RuntimeCrash):
        return
    expected = received(oracle.invoke, event=event)
    actual = received(simulated, oracle.runtime, event=event)
    assert (actual[0], repr(actual[1])) == (expected[0], repr(expected[1]))


@pytest.mark.rule("RT-7")
def test_nan_in_an_event_is_an_unmarshal_error() -> None:
    """The runtime does not take the literals NaN and Infinity."""
    with pytest.raises(UnmarshalError, match=r"^Unable to unmarshal input: ") as caught:
        decode_event(b'{"n": NaN}')
    assert caught.value.error_type == "Runtime.UnmarshalError"


@pytest.mark.rule("RT-9")
def test_each_run_gets_an_event_of_its_own() -> None:
    """The same payload gives equal values that share nothing."""
    payload = encode_event({"items": [1]})
    first: Any = decode_event(payload)
    first["items"].append(2)
    assert decode_event(payload) == {"items": [1]}


# The caller's side


@pytest.mark.parametrize(
    "event", [None, True, 7, 1.5, "text", "caf\u00e9", [1, (2, Point(3, 4))], {"a": {1: Level.HIGH}}]
)
def test_an_event_is_written_as_json_dumps_writes_it(event: object) -> None:
    """Any value that JSON has is an event, in the bytes that a caller of boto3 sends."""
    assert encode_event(event) == json.dumps(event).encode()


def test_bytes_are_the_payload_itself() -> None:
    """Bytes are sent as they are, spaces and repeated keys included."""
    assert encode_event(b' {"a": 1, "a": 2} ') == b' {"a": 1, "a": 2} '


@pytest.mark.rule("RT-8")
def test_no_bytes_are_no_payload() -> None:
    """Without a payload the handler receives an empty object."""
    assert encode_event(b"") == b"{}"


@pytest.mark.rule("SYNC-10")
@pytest.mark.parametrize("payload", [b"{", b"text", b"\xff", b"NaN", b"{}x", b" ", b"[" * 100_000])
def test_bytes_that_are_not_json_are_refused_as_the_api_refuses_them(payload: bytes) -> None:
    """A payload that is not JSON is HTTP 400 InvalidRequestContentException, before anything runs."""
    with pytest.raises(InvalidRequestContentException) as caught:
        encode_event(payload)
    assert caught.value.status_code == 400
    assert caught.value.message.startswith(
        "Could not parse request body into json: Could not parse payload into json: "
    )


unsendable: list[tuple[object, str, str]] = [
    ({"items": [{}, {}, {"when": dt.datetime(2026, 1, 1)}]}, 'event["items"][2]["when"]', "datetime"),
    ({"price": decimal.Decimal("1.1")}, 'event["price"]', "Decimal"),
    ([1, {2}], "event[1]", "set"),
    ({"body": b"raw"}, 'event["body"]', "bytes"),
    ({"id": uuid.UUID(int=1)}, 'event["id"]', "UUID"),
    ({"order": Order(1)}, 'event["order"]', "dataclasses.asdict"),
    ({"n": [1.0, math.nan]}, 'event["n"][1]', "nan"),
    (-math.inf, "event", "-inf"),
    ({"a": {(1, 2): 3}}, 'event["a"]', "(1, 2)"),
    ({math.nan: 1}, "event", "nan"),
    ({"caf\u00e9": {3: object()}}, 'event["caf\u00e9"][3]', "object"),
    ({"a": Point(1, 1j)}, 'event["a"][1]', "complex"),
    (types.SimpleNamespace(a=1), "event", "SimpleNamespace"),
]


@pytest.mark.parametrize("event, path, detail", unsendable)
def test_an_event_that_json_cannot_carry_is_refused_by_the_path_to_it(event: object, path: str, detail: str) -> None:
    """The error begins with the path to the value, and names its kind."""
    with pytest.raises(EventError) as caught:
        encode_event(event)
    headline = str(caught.value)
    assert headline.startswith(f"{path} ")
    assert detail in headline


def test_the_first_value_in_json_order_is_named() -> None:
    """Of several values that JSON cannot carry, the error names the one that json.dumps meets first."""
    with pytest.raises(EventError, match=r'^event\["a"\]\[1\] is '):
        encode_event({"a": [1, {2}], "b": {3}})


def test_a_circle_is_named_by_both_its_ends() -> None:
    """An event that contains itself is refused with the path where it closes and the path where it began."""
    event: dict[str, Any] = {"a": {"b": []}}
    event["a"]["b"].append(event["a"])
    with pytest.raises(EventError, match=r'^event\["a"\]\["b"\]\[0\] is event\["a"\] again'):
        encode_event(event)


def test_the_same_value_twice_is_no_circle() -> None:
    """A value that occurs beside itself, not within itself, is sent twice."""
    shared = [1]
    assert encode_event({"a": shared, "b": shared}) == b'{"a": [1], "b": [1]}'


def test_an_event_nested_too_deeply_is_refused() -> None:
    """An event deeper than Python can follow is an EventError, not a RecursionError."""
    with pytest.raises(EventError, match="recursion|overflow"):
        encode_event(nested(100_000))


@pytest.mark.parametrize(
    "value, advice",
    [
        (dt.datetime(2026, 1, 1), "Send value.isoformat()."),
        (decimal.Decimal(1), "Send float(value), or str(value) to keep every digit."),
        ({1}, "Send sorted(value)."),
        (Plain.ONE, "Send value.value."),
        (Order(1), "Send dataclasses.asdict(value)."),
        (1j, "Send what JSON has: dict, list, str, int, float, bool or None."),
    ],
)
def test_the_refusal_says_what_to_send_instead(value: object, advice: str) -> None:
    """The message ends with an expression that JSON can carry."""
    with pytest.raises(EventError) as caught:
        encode_event({"v": value})
    assert str(caught.value).endswith(advice)


sendable = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.rule("RT-6")
@given(event=sendable)
@settings(deadline=None, derandomize=True, max_examples=200)
def test_a_json_event_arrives_as_it_was_sent(event: object) -> None:
    """An event made of JSON's own kinds reaches the handler equal, but never the same object."""
    arrived = decode_event(encode_event(event))
    assert arrived == event
    assert arrived is not event or not isinstance(event, (dict, list))
