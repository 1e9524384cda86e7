"""What the errors say about a world that does not come to rest."""

from __future__ import annotations

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.scheduler import Scheduler

_SHOWN = 10


def never_ends(limit: int, scheduler: Scheduler) -> str:
    """So many timers have fired in one wait."""
    return (
        f"{limit:,} timers have fired and the world has not settled, at {_instant(scheduler.now)}.\n\n"
        f"Still pending:\n{_pending(scheduler)}\n\nFunctions that feed each other for ever, or a loop that waits for "
        "something that never comes, look like this. Use lambda_clock.advance(...) to run a bounded time."
    )


def nothing_will_come(now: int) -> str:
    """No timer is left, and somebody waits."""
    return (
        f"Waiting for something that will not happen: no timer is left, at {_instant(now)}.\n\n"
        "Nothing that is accepted, sent or asleep could still settle it."
    )


def only_looks(reads: int, now: int) -> str:
    """The test reads the clock, and does not wait."""
    return (
        f"The test has looked at the clock {reads:,} times without waiting, at {_instant(now)}.\n\n"
        "Time moves when something waits: time.sleep, await asyncio.sleep, lambda_clock.advance(...). A loop that only "
        "looks at the clock never ends."
    )


def loop_never_ends(jumps: int, scheduler: Scheduler) -> str:
    """The test's event loop waits again and again."""
    return (
        f"The event loop has let time pass {jumps:,} times and still runs, at {_instant(scheduler.now)}.\n\n"
        f"Pending outside of it:\n{_pending(scheduler)}\n\nSomething in it waits in a loop for what never comes."
    )


def _pending(scheduler: Scheduler) -> str:
    timers = scheduler.pending()
    lines = [f"  {_instant(timer.due)}  {timer.name or 'timer'}" for timer in timers[:_SHOWN]]
    if len(timers) > _SHOWN:
        lines.append(f"  and {len(timers) - _SHOWN:,} more")
    return "\n".join(lines) or "  nothing"


def _instant(microseconds: int) -> str:
    return f"{units.to_timedelta(microseconds)} after the start"
