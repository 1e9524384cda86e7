"""Attributes of classes and modules that are others while virtual time is on."""

from __future__ import annotations

from collections.abc import Callable
from operator import getitem
from typing import Any, NamedTuple


class Place(NamedTuple):
    """An attribute, and what makes a stand-in for the thing that is there."""

    owner: Any
    name: str
    stand_in_for: Callable[[Any], object]


class StandIns:
    """Puts stand-ins in their places, and the real things back.

    They are made once, and anew only when something else is found in a place: to make them for each test would cost it
    more than everything else that it does not use. So they must ask who is on when they are called.
    """

    def __init__(self, *places: Place) -> None:
        self._places = places
        self._owners = [place.owner for place in places]
        self._names = [place.name for place in places]
        self._namespaces = list(map(vars, self._owners))
        self._found: list[object] = []
        self._made: list[object] = []
        self._installed = False

    def install(self) -> None:
        if self._in_place() != self._found:
            self._make()
        self._installed = True
        self._put(self._made)

    def _make(self) -> None:
        # Of ours none is made for another of ours.
        self.sweep()
        found = self._in_place()
        if found != self._found:
            self._made = [place.stand_in_for(each) for place, each in zip(self._places, found, strict=True)]
            self._found = found

    def uninstall(self) -> None:
        """Does nothing if they are not in place."""
        if self._installed:
            self._installed = False
            self._put(self._found)

    def sweep(self) -> None:
        """Take those out that have come back: who patches one, and undoes that after us, puts it there again."""
        in_place = self._in_place()
        if self._installed or in_place == self._found:
            return
        for place, each, mine, real in zip(self._places, in_place, self._made, self._found, strict=False):
            if each is mine:
                setattr(place.owner, place.name, real)

    def _in_place(self) -> list[object]:
        return list(map(getitem, self._namespaces, self._names))

    def _put(self, things: list[object]) -> None:
        for _ in map(setattr, self._owners, self._names, things):
            pass
