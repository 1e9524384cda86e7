"""Who gets an execution environment, and who is throttled."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pytest_lambda_modes import TooManyRequestsException, facts
from pytest_lambda_modes.runtime.concurrency import (
    ACCOUNT_EXHAUSTED,
    RESERVED_EXHAUSTED,
    AccountConcurrency,
    FunctionConcurrency,
    ScalingRate,
)

RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT = "ConcurrentInvocationLimitExceeded"


def stay(event, context):
    time.sleep(event)
    return event


def throttled(sync_invoke, function):
    """The reason of the throttle, None if there is none."""
    try:
        sync_invoke(function, 0)
    except TooManyRequestsException as error:
        return error.reason
    return None


@pytest.mark.rule("SYNC-15", "SYNC-9")
def test_a_throttle_is_awss(sync_invoke, lambda_modes, lambda_timeline):
    """Nothing reserved lets nothing run: 429 with AWS's message and reason, and no attempt in the timeline."""
    function = lambda_modes.function(stay, function_name="orders", reserved_concurrent_executions=0)
    with pytest.raises(TooManyRequestsException) as caught:
        sync_invoke(function, 0)
    error = caught.value
    assert (error.code, error.status_code, error.message) == ("TooManyRequestsException", 429, "Rate Exceeded.")
    assert (error.reason, error.type) == (RESERVED, "User")
    assert error.response == {
        "Error": {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."},
        "ResponseMetadata": {"HTTPStatusCode": 429},
        "Reason": RESERVED,
        "Type": "User",
    }
    (fact,) = lambda_timeline
    assert isinstance(fact, facts.Throttled)
    assert (fact.who, fact.reason, fact.rule) == ("orders", RESERVED, "SYNC-15")


@pytest.mark.rule("SYNC-15")
def test_reserved_concurrency_counts_what_runs_at_once(sync_invoke, lambda_modes, lambda_clock):
    """While as many handlers run as are reserved, the next one is turned away; when one has ended, it is not."""
    function = lambda_modes.function(stay, timeout=10, reserved_concurrent_executions=2)
    lambda_modes.async_invoke(function, 1)
    lambda_modes.async_invoke(function, 5)
    lambda_clock.advance(seconds=0.5)
    assert throttled(sync_invoke, function) == RESERVED
    lambda_clock.advance(seconds=1)
    assert throttled(sync_invoke, function) is None


@pytest.mark.rule("SYNC-15")
def test_a_handler_can_throttle_itself(sync_invoke, lambda_modes):
    """Invoking its own function takes a second execution, which one reserved execution does not have."""

    def handler(event, context):
        if event == "outer":
            return throttled(sync_invoke, function)
        return None

    function = lambda_modes.function(handler, reserved_concurrent_executions=1)
    assert sync_invoke(function, "outer").payload == RESERVED


@pytest.mark.rule("SYNC-15", "SYNC-16")
@pytest.mark.lambda_modes(concurrent_executions=2)
def test_the_account_is_shared_by_all_functions(sync_invoke, lambda_modes, lambda_clock):
    """The reason is another one when the account has no execution left."""
    function, other = lambda_modes.function(stay, timeout=10), lambda_modes.function(lambda event, context: event)
    lambda_modes.async_invoke(function, 5)
    lambda_modes.async_invoke(function, 5)
    lambda_clock.advance(seconds=1)
    assert throttled(sync_invoke, other) == ACCOUNT
    lambda_clock.advance(seconds=5)
    assert throttled(sync_invoke, other) is None


@pytest.mark.rule("SYNC-16")
@pytest.mark.lambda_modes(concurrent_executions=3)
def test_what_one_function_reserves_the_others_do_not_have(sync_invoke, lambda_modes, lambda_clock):
    """Reserved executions are taken from the account, also while they are idle."""
    reserved = lambda_modes.function(stay, timeout=10, reserved_concurrent_executions=2)
    other = lambda_modes.function(stay, timeout=20)
    lambda_modes.async_invoke(other, 5)
    lambda_clock.advance(seconds=1)
    assert throttled(sync_invoke, other) == ACCOUNT
    assert throttled(sync_invoke, reserved) is None
    reserved.update_configuration(reserved_concurrent_executions=1)
    assert throttled(sync_invoke, other) is None


@pytest.mark.rule("SYNC-16")
def test_an_account_has_1000_executions(sync_invoke, lambda_modes, lambda_clock):
    """The 1,001st at once is turned away."""
    function, other = lambda_modes.function(stay, timeout=10), lambda_modes.function(lambda event, context: event)
    for _ in range(1_000):
        lambda_modes.async_invoke(function, 5)
    lambda_clock.advance(seconds=1)
    assert throttled(sync_invoke, other) == ACCOUNT
    lambda_clock.advance(seconds=5)
    assert throttled(sync_invoke, other) is None


@pytest.mark.rule("SYNC-16")
@pytest.mark.lambda_modes(concurrent_executions=3_000)
def test_a_function_adds_1000_environments_every_10_seconds(lambda_modes, lambda_clock, sync_invoke):
    """The next one at once is throttled although the account has room; a tenth of a second later there are 10 more."""
    function, other = lambda_modes.function(stay, timeout=60), lambda_modes.function(lambda event, context: event)
    for _ in range(1_000):
        lambda_modes.async_invoke(function, 50)
    lambda_clock.advance(seconds=0)
    assert throttled(sync_invoke, function) == ACCOUNT
    assert throttled(sync_invoke, other) is None
    lambda_clock.advance(seconds=0.1)
    events = [lambda_modes.async_invoke(function, 50) for _ in range(11)]
    lambda_clock.advance(seconds=0)
    assert sum(len(event.throttles) for event in events) == 1


@pytest.mark.rule("SYNC-16")
def test_scaling_is_a_bucket_that_refills_evenly():
    """It is full at the start and never holds more than one period's worth."""
    rate = ScalingRate(per_period=2)
    assert [rate.take(0) for _ in range(3)] == [True, True, False]
    assert [rate.take(4_999_999), rate.take(5_000_000), rate.take(5_000_000)] == [False, True, False]
    assert [rate.take(3_600_000_000) for _ in range(3)] == [True, True, False]


def test_a_warm_environment_costs_no_scaling():
    """The rate is of new environments only."""
    concurrency = FunctionConcurrency(AccountConcurrency(limit=10, scaling_rate=1), None)
    assert concurrency.acquire(0, new_environment=True) is None
    assert concurrency.acquire(0, new_environment=True) == ACCOUNT_EXHAUSTED
    assert concurrency.acquire(0, new_environment=False) is None


def test_a_throttle_takes_nothing():
    """Who is turned away for one reason uses up nothing of another."""
    account = AccountConcurrency(limit=10, scaling_rate=1)
    concurrency = FunctionConcurrency(account, 1)
    assert concurrency.acquire(0, new_environment=False) is None
    assert concurrency.acquire(0, new_environment=True) == RESERVED_EXHAUSTED
    concurrency.release()
    assert concurrency.acquire(0, new_environment=True) is None
    assert (concurrency.in_use, account.in_use) == (1, 0)


class TwoFunctions(RuleBasedStateMachine):
    """Two functions of one account, with reservations that come and go while invocations run."""

    names = st.sampled_from(["orders", "stock"])

    def __init__(self) -> None:
        super().__init__()
        self.account = AccountConcurrency(limit=4, scaling_rate=1_000)
        self.functions: dict[str, Any] = {name: FunctionConcurrency(self.account, None) for name in ("orders", "stock")}
        self.running = {"orders": 0, "stock": 0}
        self.reserved: dict[str, int | None] = {"orders": None, "stock": None}

    def unreserved_in_use(self) -> int:
        return sum(self.running[name] for name, reserved in self.reserved.items() if reserved is None)

    def unreserved_limit(self) -> int:
        return 4 - sum(reserved or 0 for reserved in self.reserved.values())

    @rule(name=names)
    def begin(self, name: str) -> None:
        reserved = self.reserved[name]
        if reserved is None:
            expected = None if self.unreserved_in_use() < self.unreserved_limit() else ACCOUNT_EXHAUSTED
        else:
            expected = None if self.running[name] < reserved else RESERVED_EXHAUSTED
        assert self.functions[name].acquire(0, new_environment=False) == expected
        self.running[name] += expected is None

    @rule(name=names)
    @precondition(lambda self: any(self.running.values()))
    def end(self, name: str) -> None:
        if self.running[name]:
            self.functions[name].release()
            self.running[name] -= 1

    @rule(name=names, reserved=st.none() | st.integers(0, 3))
    def reserve(self, name: str, reserved: int | None) -> None:
        self.functions[name].reserve(reserved)
        self.reserved[name] = reserved

    @invariant()
    def the_books_balance(self) -> None:
        assert self.account.in_use == self.unreserved_in_use()
        assert self.account.reserved == 4 - self.unreserved_limit()
        assert all(self.functions[name].in_use == running for name, running in self.running.items())


TwoFunctions.TestCase.settings = settings(deadline=None, derandomize=True, max_examples=100)
TestTwoFunctions = pytest.mark.rule("SYNC-15", "SYNC-16")(TwoFunctions.TestCase)
