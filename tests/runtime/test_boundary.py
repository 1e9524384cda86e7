"""The whole boundary beside AWS's own runtime: the same handlers, the same events, the same bytes."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import json
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.rule("RT-6", "RT-10", "RT-14")

REQUEST_ID = "6f1c0000-0000-4000-8000-000000000001"

properties = settings(
    deadline=None, derandomize=True, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Answer:
    """A handler that gives back, or raises, what it holds."""

    value: object = None

    def __call__(self, event, context):
        if isinstance(self.value, BaseException):
            raise self.value.with_traceback(None)
        return self.value


@pytest.fixture
def agree(lambda_modes, oracle):
    """Invokes a handler here and in AWS's runtime, and gives the payload if both have the same."""

    def agree(function, event=b"{}"):
        ours = lambda_modes.sync_invoke(function, event)
        theirs = oracle.invoke(function.handler, event)
        if theirs.kind == "crash":
            assert ours.error.message.endswith("Runtime exited with error: exit status 1")
        else:
            assert ours.payload_bytes == theirs.payload.replace(REQUEST_ID.encode(), ours.request_id.encode())
            assert (ours.function_error is None) is (theirs.kind == "result")
        return ours.payload

    return agree


@pytest.fixture
def answer(lambda_modes, oracle):
    """A function of the oracle's runtime whose answer can be set."""
    return lambda_modes.function(Answer(), runtime=oracle.runtime)


Point = collections.namedtuple("Point", "x y")


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 3


class Name(str, enum.Enum):
    ANN = "ann"


@dataclasses.dataclass
class Order:
    id: int


def circle():
    value = []
    value.append(value)
    return value


RETURNED = {
    "None": None,
    "text": "Grüße 😀 \u2028",
    "a surrogate": "\ud800",
    "bytes": b"\x00raw",
    "bytes inside": {"a": b"text", b"key": 1},
    "bytes that are no text": {"a": b"\xff"},
    "numbers": [0, -0.0, 1e300, 10**400, True, 0.1],
    "no numbers": [float("nan"), float("inf"), -float("inf")],
    "decimals": [decimal.Decimal(text) for text in ("1.10", "1E+2", "Infinity", "NaN", "sNaN", "-0")],
    "tuples": (1, Point(1, 2), [Point(3, 4)]),
    "enums": [Level.HIGH, Name.ANN],
    "keys": {2: "int", 1.5: "float", True: "bool", None: "none"},
    "keys that collide": {1: "int", "1": "str"},
    "a tuple as key": {(1, 2): 3},
    "a decimal as key": {decimal.Decimal("1.0"): 3},
    "a set": {1},
    "a frozenset": frozenset({1}),
    "a bytearray": bytearray(b"x"),
    "a datetime": dt.datetime(2026, 1, 1),
    "a date": {"deep": [dt.date(2026, 1, 1)]},
    "a uuid": uuid.UUID(int=1),
    "an enum": Colour.RED,
    "a dataclass": Order(1),
    "a range": range(3),
    "keys of a dict": {"a": 1}.keys(),
    "a complex": 1j,
    "a circle": circle(),
    "an ordered dict": collections.OrderedDict(b=1, a=2),
    "a counter": collections.Counter("aab"),
}


@pytest.mark.rule("RT-11", "RT-13")
@pytest.mark.parametrize("name", RETURNED)
def test_what_a_handler_returns(agree, answer, name):
    """Success or failure to marshal, byte for byte."""
    answer.handler.value = RETURNED[name]
    agree(answer)


class Mute(Exception):
    def __str__(self):
        raise ValueError("no words")


class Odd(Exception):
    def __str__(self):
        return "Grüße\n\ud800" if self.args else "Grüße\n"


def group():
    if not hasattr(__builtins__, "ExceptionGroup"):
        return ValueError("no groups before Python 3.11")
    return ExceptionGroup("both", [ValueError("a"), KeyError("b")])  # noqa: F821


RAISED = {
    "one argument": ValueError("no stock"),
    "a key": KeyError("k"),
    "two": Exception("a", "b"),
    "none": Exception(),
    "an OSError": OSError(2, "No such file", "x.txt"),
    "text beyond ASCII": Odd(),
    "a surrogate": Odd(1),
    "an exception that cannot speak": Mute(),
    "a group": group(),
    "a unicode error": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "an assertion": AssertionError(),
}


@pytest.mark.rule("RT-17")
@pytest.mark.lambda_modes(handler_assertions="error")
@pytest.mark.parametrize("name", RAISED)
def test_what_a_handler_raises(agree, answer, name):
    """Type, message and frames, byte for byte; what kills AWS's runtime is an exit here."""
    answer.handler.value = RAISED[name]
    agree(answer)


def raise_from(event, context):
    try:
        return {}["inner"]
    except KeyError as error:
        raise ValueError("outer") from error


def recurse(event, context):
    def again(count):
        return again(count - 1) if count else 1 / 0

    return again(20)


def divide(event, context):
    return sum(1 / number for number in (1, 0))


@pytest.mark.parametrize("handler", [raise_from, recurse, divide], ids=lambda handler: handler.__name__)
def test_frames(lambda_modes, oracle, agree, handler):
    """Causes are left out, and frames that repeat are folded, as in AWS's runtime."""
    payload = agree(lambda_modes.function(handler, runtime=oracle.runtime))
    assert f"in {handler.__name__}\n" in payload["stackTrace"][0]


@pytest.mark.rule("RT-12")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_handlers_that_are_not_called_through(lambda_modes, oracle, agree):
    """A coroutine function and a generator function return what cannot be marshalled, and their bodies do not run."""

    async def coroutine(event, context):
        raise AssertionError

    def generator(event, context):
        yield 1

    kinds = [
        agree(lambda_modes.function(each, runtime=oracle.runtime))["errorMessage"] for each in (coroutine, generator)
    ]
    assert [kind.split("type ")[1].split()[0] for kind in kinds] == ["coroutine", "generator"]


@pytest.mark.rule("RT-14")
@pytest.mark.parametrize("handler", [lambda event: 1, lambda: 1, lambda event, context, more: 1])
def test_a_handler_of_other_arguments(lambda_modes, oracle, handler):
    """It is a TypeError with one frame, which is the runtime's own, so it names another file here."""
    ours = lambda_modes.sync_invoke(handler, {}, runtime=oracle.runtime).payload
    theirs = json.loads(oracle.invoke(handler).payload)
    assert (ours["errorType"], ours["errorMessage"]) == (theirs["errorType"], theirs["errorMessage"])
    assert ours["errorType"] == "TypeError"
    assert len(ours["stackTrace"]) == len(theirs["stackTrace"]) == 1


@pytest.mark.parametrize(
    "event",
    [
        b"{}",
        b"[]",
        b"null",
        b"true",
        b'"text"',
        b"7",
        b' {"a" : 1}\n',
        b'{"a": 1, "a": 2}',
        b"1e400",
        b"0.1",
        b"123456789012345678901234567890",
        '{"Größe": "😀"}'.encode(),
        b'"\\ud800"',
    ],
)
def test_an_event_that_comes_back(lambda_modes, oracle, agree, event):
    """A handler that returns its event answers what it answers in Lambda."""
    agree(lambda_modes.function(lambda event, context: event, runtime=oracle.runtime), event)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
json_values = st.recursive(
    scalars,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4),
    max_leaves=10,
)
# What only a handler can come up with.
others = st.floats() | st.decimals() | st.binary(max_size=5) | st.uuids() | st.frozensets(st.integers(), max_size=2)
keys = st.text() | st.integers() | st.none() | st.booleans() | st.floats() | st.binary(max_size=3)
any_values = st.recursive(
    scalars | others,
    lambda values: st.lists(values, max_size=3) | st.tuples(values) | st.dictionaries(keys, values, max_size=3),
    max_leaves=8,
)


@pytest.mark.rule("RT-11")
@pytest.mark.parametrize(
    "value, kind",
    [
        (lambda: dt.datetime.now(), "datetime"),
        (lambda: [dt.date.today()], "date"),
        (lambda: {dt.datetime.now(): 1}, "datetime"),
    ],
)
def test_frozen_values_have_their_real_names(sync_invoke, value, kind):
    """What a handler makes of the virtual clock is told as it would be of a real one."""
    message = sync_invoke(lambda event, context: value(), {}).payload["errorMessage"]
    assert message in (
        f"Unable to marshal response: Object of type {kind} is not JSON serializable",
        f"Unable to marshal response: keys must be str, int, float, bool or None, not {kind}",
    )


@properties
@given(value=any_values)
def test_any_return_value(agree, answer, value):
    """Whatever a handler returns becomes the same bytes, or the same error."""
    answer.handler.value = value
    agree(answer)


@properties
@given(arguments=st.lists(st.text(st.characters()) | st.integers() | st.binary(max_size=4), max_size=3))
def test_any_message(agree, answer, arguments):
    """Whatever an exception is about, its message is the same."""
    answer.handler.value = ValueError(*arguments)
    agree(answer)


@properties
@given(value=json_values)
def test_any_event(agree, lambda_modes, oracle, value):
    """What the caller sends reaches the handler as AWS's runtime would parse it, of the same types."""
    agree(
        lambda_modes.function(lambda event, context: [event, repr(event)], runtime=oracle.runtime),
        json.dumps(value).encode(),
    )
