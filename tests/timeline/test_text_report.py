"""The timeline as text, and the journal that keeps it."""

from __future__ import annotations

from typing import Any

from pytest_lambda_modes.model.facts import EventAccepted, FunctionEnded, FunctionStarted, Injected
from pytest_lambda_modes.timeline.journal import Journal
from pytest_lambda_modes.timeline.text_report import render
from pytest_lambda_modes.units import DAY, SECOND


def test_columns_are_aligned() -> None:
    """Each fact is a line of time, who, what, detail and rule, in columns."""
    facts = [
        FunctionStarted(0, "orders", "6f1c", "async", 1, True, None),
        FunctionEnded(3 * SECOND, "orders", "6f1c", 1, "timeout", 3 * SECOND, None, "RT-19"),
        FunctionStarted(63 * SECOND, "orders", "6f1c", "async", 2, False, 63 * SECOND, "ASYNC-9"),
    ]
    assert render(facts) == (
        "00:00:00.000  orders  attempt 1 started    cold start, request 6f1c\n"
        "00:00:03.000  orders  attempt 1 timed out  3.00 s, request 6f1c        RT-19\n"
        "00:01:03.000  orders  attempt 2 started    dwell 63.0 s, request 6f1c  ASYNC-9"
    )


def test_days_do_not_break_the_columns() -> None:
    """A moment on a later day makes the first column wider, for every line."""
    assert render([EventAccepted(0, "f", "6f1c"), EventAccepted(DAY, "f", "6f1c")]) == (
        "   00:00:00.000  f  event accepted  request 6f1c\n1d 00:00:00.000  f  event accepted  request 6f1c"
    )


def test_one_long_cell_does_not_push_the_others() -> None:
    """A cell far wider than a column moves the rest of its own line only."""
    short, long = render([EventAccepted(0, "f", "6f1c"), EventAccepted(0, "f" * 50, "6f1c")]).splitlines()
    assert short == "00:00:00.000  " + "f".ljust(30) + "  event accepted  request 6f1c"
    assert long == "00:00:00.000  " + "f" * 50 + "  event accepted  request 6f1c"


def test_a_timeline_of_nothing_is_empty() -> None:
    """Where nothing happened there is no text."""
    assert render([]) == ""


def test_a_long_timeline_is_cut_in_the_middle() -> None:
    """The first and the last 60 facts stay, and a line says how many are left out."""
    lines = render([Injected(n * SECOND, "f", f"fault {n}") for n in range(2_120)]).splitlines()
    assert len(lines) == 121
    assert lines[60] == "... 2,000 facts left out ..."
    assert (lines[59].split()[-1], lines[61].split()[-1]) == ("59", "2060")


def test_a_line_is_not_left_out_to_say_so() -> None:
    """One fact too many is shown, since the remark would take its line."""
    assert len(render([EventAccepted(0, "f", "6f1c")] * 121).splitlines()) == 121
    assert "left out" in render([EventAccepted(0, "f", "6f1c")] * 122)


class Unlooked:
    who = "f"

    @property
    def at(self) -> int:
        raise AssertionError("somebody looked")

    def _asdict(self) -> dict[str, Any]:
        raise AssertionError("somebody looked")


def test_what_is_left_out_is_never_formatted() -> None:
    """Neither keeping facts nor a cut report costs the formatting of those that nobody sees."""
    journal = Journal()
    seen = EventAccepted, 0, "f", "6f1c"
    for kind, *values in (*[seen] * 60, *[(Unlooked,)] * 1_000, *[seen] * 60):
        journal.tell(kind, *values)
    assert "... 1,000 facts left out ..." in str(journal)


def test_the_journal_keeps_facts_in_order() -> None:
    """Facts are iterated as they came, and the journal reads as its text."""
    journal = Journal()
    first, second = EventAccepted(0, "b", "6f1c"), EventAccepted(0, "a", "6f1c")
    journal.tell(EventAccepted, *first)
    assert journal.facts == [first]
    journal.tell(EventAccepted, *second)
    assert (list(journal), len(journal)) == ([first, second], 2)
    assert str(journal) == render([first, second])
    assert repr(journal) == f"<timeline of 2 facts>\n{journal}"


def test_a_journal_takes_whole_facts_and_forgets_what_is_cleared() -> None:
    """As an observer it is called with a fact of any kind; clearing its list leaves nothing of before."""
    journal, fact = Journal(), Unlooked()
    journal(fact)
    journal.tell(EventAccepted, 0, "f", "6f1c")
    assert journal.facts[0] is fact
    journal.facts.clear()
    journal.tell(EventAccepted, 1, "f", "6f1c")
    assert (journal.facts, len(journal)) == ([EventAccepted(1, "f", "6f1c")], 1)
