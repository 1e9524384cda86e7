"""The settings of the simulation: how they are read, and what they do."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import ConfigError
from pytest_lambda_modes.harness.settings import CHOICES, NAMES, HarnessSettings
from pytest_lambda_modes.model import setting_names

UTC = dt.timezone.utc
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"


def build(**given_settings: object) -> HarnessSettings:
    return HarnessSettings.build("marker lambda_modes", **given_settings)


def test_the_defaults():
    """Nothing has to be set."""
    assert build() == HarnessSettings()
    assert build(start=None).start is None


@pytest.mark.parametrize(
    "start, moment",
    [
        ("2026-03-29T00:59:00Z", dt.datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        ("2026-03-29T00:59:00z", dt.datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        ("2026-03-29T00:59:00", dt.datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        ("2026-03-29", dt.datetime(2026, 3, 29, tzinfo=UTC)),
        ("2026-03-29T02:59:00+02:00", dt.datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (dt.datetime(2026, 3, 29, 0, 59), dt.datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (dt.datetime(2026, 3, 29, 0, 59, 0, 123456, UTC), dt.datetime(2026, 3, 29, 0, 59, 0, 123456, UTC)),
    ],
)
def test_the_start_is_an_instant_in_utc(start, moment):
    """From a datetime or its ISO text; without a zone it is UTC."""
    read = build(start=start).start
    assert (read, read.utcoffset()) == (moment, dt.timedelta(0))


@settings(deadline=None, derandomize=True)
@given(st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2400, 1, 1), timezones=st.just(UTC)))
def test_every_instant_can_be_written(moment):
    """As a datetime, and as its own ISO text."""
    assert build(start=moment).start == build(start=moment.isoformat()).start == moment


@pytest.mark.parametrize(
    "start", ["soon", "", "29.03.2026", 0, 1_767_225_600.0, dt.date(2026, 1, 1), dt.timedelta(1), True]
)
def test_a_start_that_is_none(start):
    """The message shows the value and an example."""
    with pytest.raises(
        ConfigError, match=r"marker lambda_modes: start is .*, and must be a datetime or its ISO 8601 text"
    ):
        build(start=start)


@pytest.mark.parametrize("limit, seconds", [(1, 1.0), (0.5, 0.5), (float("inf"), 1_000_000.0), (10**12, 1_000_000.0)])
def test_the_real_time_limit_is_in_seconds(limit, seconds):
    """As many as one likes; for ever is a week and a half."""
    assert build(real_time_limit=limit).real_time_limit == seconds


@pytest.mark.parametrize("limit", [0, -1, float("nan"), "60", None, True, dt.timedelta(seconds=60)])
def test_a_real_time_limit_that_is_none(limit):
    """It is a number above 0."""
    with pytest.raises(ConfigError, match=r"real_time_limit is .*, and must be a number of seconds above 0"):
        build(real_time_limit=limit)


@pytest.mark.parametrize("name, choice", [(name, choice) for name, choices in CHOICES.items() for choice in choices])
def test_a_choice_is_kept(name, choice):
    """Each of the words of a setting can be chosen."""
    assert getattr(build(**{name: choice}), name) == choice


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("choice", ["maybe", None, True])
def test_a_choice_that_is_none(name, choice):
    """The message lists the words and says what each means."""
    with pytest.raises(ConfigError) as caught:
        build(**{name: choice})
    assert str(caught.value).startswith(f"marker lambda_modes: {name} is ")
    assert all(f'"{word}": {meaning}.' in str(caught.value) for word, meaning in CHOICES[name].items())


@pytest.mark.rule("SYNC-16")
@pytest.mark.parametrize("number", [0, -1, 1.5, "10", True, 1_000_001])
def test_a_concurrency_of_the_account_that_is_none(number):
    """At least one invocation runs."""
    with pytest.raises(ConfigError, match=r"concurrent_executions is .*, and must be a whole number from 1"):
        build(concurrent_executions=number)


def test_the_messages_know_whose_settings_these_are():
    """A setting of the simulation that is given elsewhere is answered with the marker that takes it."""
    assert set(setting_names.OWNERS["lambda_modes"]) <= set(NAMES)


# What they do


@pytest.mark.lambda_modes(start="2030-06-01T12:00:00Z")
def test_a_test_begins_at_its_start(lambda_clock):
    """The wall clock says so, and no time has passed."""
    assert dt.datetime.now(UTC) == lambda_clock.now == dt.datetime(2030, 6, 1, 12, tzinfo=UTC)
    assert lambda_clock.elapsed == dt.timedelta(0)


def test_the_ini_file_sets_the_start_of_every_test(pytester):
    """A marker wins over it."""
    pytester.makeini(INI + "lambda_modes_start = 2031-01-01T00:00:00Z\n")
    pytester.makepyfile(
        """
        import pytest

        def test_ini(lambda_clock):
            assert lambda_clock.now.year == 2031

        @pytest.mark.lambda_modes(start="2032-01-01T00:00:00Z")
        def test_marker(lambda_clock):
            assert lambda_clock.now.year == 2032
        """
    )
    pytester.runpytest().assert_outcomes(passed=2)


def test_ids_repeat_with_the_seed(pytester):
    """The same test has the same ids in every run, another test others; a seed given once joins tests or parts runs."""
    pytester.makeini(INI)
    pytester.makepyfile(
        """
        import pytest

        def handler(event, context):
            print("id", context.aws_request_id)

        def test_one(sync_invoke):
            sync_invoke(handler, {})

        def test_two(sync_invoke):
            sync_invoke(handler, {})

        @pytest.mark.lambda_modes(seed=7)
        @pytest.mark.parametrize("number", [1, 2])
        def test_seed(sync_invoke, number):
            sync_invoke(handler, {})
        """
    )

    def ids(*options: str) -> list[str]:
        result = pytester.runpytest("-s", "-p", "no:randomly", *options)
        result.assert_outcomes(passed=4)
        return [line.rpartition("id ")[2] for line in result.outlines if "id " in line and "-4" in line]

    one, two, seeded, seeded_too = ids()
    assert ids() == [one, two, seeded, seeded_too]
    assert len({one, two, seeded}) == 3
    assert seeded == seeded_too
    assert not set(ids("--lambda-seed=other")) & {one, two, seeded}
