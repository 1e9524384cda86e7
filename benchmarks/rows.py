"""The promises: what is measured against what, and how much it may be.

Rows with `at_most` None promise nothing and are shown for information.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Ratio:
    """The cost of one operation of `ours` over that of `base`, both contestants of the same race.

    `unit` is how the costs themselves are shown; those of a race are either times or numbers of calls.
    """

    what: str
    race: str
    ours: str
    base: str
    at_most: float | None = None
    unit: Literal["time", "a second", "calls"] = "time"


@dataclass(frozen=True)
class Amount:
    """What `ours` takes by itself: milliseconds, or the number that it noted as `note`."""

    what: str
    race: str
    ours: str
    at_most: float
    note: str | None = None


Row = Ratio | Amount

ROWS: tuple[Row, ...] = (
    Ratio("sync_invoke, 1 KB", "small_event", "ours", "awslambdaric", 1.0),
    Ratio("sync_invoke, 1 KB", "small_event", "ours", "json_round_trip", 1.5),
    Ratio("sync_invoke, 100 KB", "large_event", "ours", "json_round_trip", 1.10),
    Ratio("a handler that raises", "raising_handler", "ours", "awslambdaric", 0.35),
    Ratio("async, 3 attempts and a dead letter", "retries", "ours", "json_round_trip", 5.0),
    Ratio("an event accepted and settled, of 10,000", "many_events", "ten_thousand_events", "a_thousand_events", 1.15),
    # A suspended handler holds 15 KB: a hundred of them are in a processor's cache, a thousand are not.
    Ratio("a handler that sleeps among 1,000", "overlap", "a_thousand_handlers", "a_hundred_handlers", 1.3),
    Ratio("a handler that sleeps among 1,000", "overlap", "a_thousand_handlers", "simpy_processes"),
    # The JSON that nobody can pass is that of the event, as in all rows. With that of the body alone it says less.
    Ratio("SQS, 3 receives and a dead letter", "redrive", "three_receives", "json_of_the_event", 5.0),
    Ratio("SQS, 3 receives and a dead letter", "redrive", "three_receives", "json_of_the_body"),
    Ratio("an SQS message in batches of 10", "messages", "a_thousand_messages", "boundary_of_ten_messages", 2.2),
    Ratio("the same, 100,000 queued", "messages", "a_hundred_thousand_messages", "a_thousand_messages", 1.15),
    Amount("11,520 receives of a poison message, in ms", "poison", "four_days_of_poison", 1000.0),
    Ratio("a stream record in batches of 100", "records", "a_thousand_records", "boundary_of_a_hundred_records", 2.2),
    Ratio("the same, 100,000 in the stream", "records", "a_hundred_thousand_records", "a_thousand_records", 1.15),
    Amount("a shard blocked for 24 hours, in ms", "blocked_shard", "a_day_of_a_blocked_shard", 1000.0),
    Ratio("a timer", "timer", "our_timer", "simpy_timeout", 1.0),
    Ratio("a virtual time.sleep", "time_sleep", "our_time_sleep", "simpy_process", 2.0),
    Ratio("a virtual asyncio.sleep", "asyncio_sleep", "our_asyncio_sleep", "asyncio_sleep_0", 4.0),
    Ratio("a frozen time.time()", "reading", "our_frozen_time", "real_time", 20.0),
    Ratio("messages filtered", "filter", "our_filter", "json_and_ifs", unit="a second"),
    Ratio("a test with our fixture", "fixture", "lambda_modes", "no_fixture", 1.4),
    Ratio("the same, with boto3 and moto loaded", "fixture_beside_aws", "lambda_modes", "no_fixture", 1.4),
    Ratio("a test that does not use us", "bystander", "with_us", "without_us", 1.01, unit="calls"),
    Amount("modules of ours that loading imports", "loading", "our_plugin", 5, "own_modules"),
    Amount("heavy modules that loading imports", "loading", "our_plugin", 0, "heavy_modules"),
    Amount("loading the plugin, in ms", "loading", "our_plugin", 2.0),
)
