"""A frozen clock makes values of freezegun's classes. What is told of them names the classes that they stand for."""

from __future__ import annotations

_REAL_NAMES = {
    "FakeDatetime(": "datetime.datetime(",
    "FakeDate(": "datetime.date(",
    "FakeDatetime": "datetime",
    "FakeDate": "date",
}


def with_real_names(text: str) -> str:
    """A text about values, with the names of the real classes in it."""
    for stand_in, real in _REAL_NAMES.items():
        text = text.replace(stand_in, real)
    return text
