"""Our place on freezegun's stack of freezes, and what a freeze changes besides the globals of modules."""

from __future__ import annotations

import copyreg
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

from freezegun import api

from pytest_lambda_modes.clock.undoing import Undo

Factory: TypeAlias = api.FrozenDateTimeFactory | api.TickingDateTimeFactory | api.StepTickTimeFactory

_UUID = uuid.__dict__
# Set, these have uuid1 ask the system for its time, past any freeze.
_REAL_UUID: dict[str, Any] = {
    api.uuid_generate_time_attr: api.real_uuid_generate_time,
    "_UuidCreate": api.real_uuid_create,
}
# The last time each kind of id was made from; the next is never before it.
_UUID_TIMES = [name for name in _UUID if name.startswith("_last_timestamp")]

_PICKLERS: dict[Any, Any] = {api.real_datetime: api.pickle_fake_datetime, api.real_date: api.pickle_fake_date}

_NO_OFFSET = timedelta(0)

_freezegun_stop = api._freeze_time.stop
_inherited: list[Callable[[], object]] = []


class LazyFactory(api.FrozenDateTimeFactory):
    """Tells freezegun the time by asking `read`, which returns whole microseconds since `start` (naive, UTC)."""

    def __init__(self, read: Callable[[], int], start: api.real_datetime) -> None:
        super().__init__(start)
        self._read = read
        self._last = (0, start)

    def __call__(self) -> api.real_datetime:
        now = self._read()
        instant, moment = self._last
        if now != instant:
            moment = self.time_to_freeze + timedelta(microseconds=now)
            self._last = (now, moment)
        return moment


class FollowingFactory(LazyFactory):
    """On top of another freeze, `below`: takes it along, and goes where somebody moves it, as pytest-freezer does."""

    def __init__(self, read: Callable[[], int], start: api.real_datetime, below: Factory) -> None:
        super().__init__(read, start)
        self._below = below
        self._left_at = below.time_to_freeze
        self._taken_along = timedelta(0)

    def __call__(self) -> api.real_datetime:
        moved = self._below.time_to_freeze - self._left_at
        if moved:
            self.time_to_freeze += moved
            self._left_at += moved
            self._last = (-1, self.time_to_freeze)
        return super().__call__()

    def take_along(self, by: timedelta) -> None:
        self._below.time_to_freeze += by
        self._left_at += by
        self._taken_along += by

    def leave(self) -> None:
        """The one below is again where it would be without us."""
        self._below.time_to_freeze -= self._taken_along


def others() -> bool:
    """Whether a freeze besides ours is on, asked while ours is.

    Somebody else's stop may have taken our entry for its own. Then one of those that remain is that somebody's, and
    nobody will remove it, so the count is right in either case.
    """
    return len(api.freeze_factories) > 1


def go_on_stack(factory: LazyFactory, undo: Undo) -> None:
    """On top of the stack at first; taken off wherever it is by then."""
    api.freeze_factories.append(factory)
    api.tz_offsets.append(_NO_OFFSET)
    api.ignore_lists.append(())
    api.tick_flags.append(False)
    undo.add(partial(_take_off, factory))


def _take_off(factory: LazyFactory) -> None:
    _remove(next((place for place, each in enumerate(api.freeze_factories) if each is factory), -1))


def _remove(place: int) -> None:
    stacks: tuple[list[Any], ...] = (api.freeze_factories, api.tz_offsets, api.ignore_lists, api.tick_flags)
    for stack in stacks:
        if stack:
            del stack[place]


def restore_after_all(restore: Callable[[], object], first: bool) -> None:
    """Undo, while our freeze ends, what every freeze relies on: now, unless there are others.

    With others below, the first of all restores it. With others above, it is done when the last of them stops, in place
    of freezegun's own restoring, which knows nothing of our changes and fails in a freeze that was not the first.
    """
    if not others():
        restore()
    elif first:
        _inherited.append(restore)
        api._freeze_time.stop = _stop_and_restore  # type: ignore[method-assign]


def _stop_and_restore(self: api._freeze_time) -> None:
    _remove(-1)
    if not api.freeze_factories:
        api._freeze_time.stop = _freezegun_stop  # type: ignore[method-assign]
        while _inherited:
            _inherited.pop()()


def refuse_real_time_below_threading(undo: Undo) -> None:
    """freezegun looks at its callers' frames, and gives real time to what runs below `threading` or `queue`."""
    undo.replace(api, "call_stack_inspection_limit", 0)


def freeze_ids_and_pickles(first: bool, undo: Undo) -> None:
    """UUIDs made of the frozen time, and pickles of the frozen classes. `first`: no other freeze has seen to it."""
    sources = {name: _UUID.get(name) for name in _REAL_UUID} if first else _REAL_UUID
    times = {name: _UUID[name] for name in _UUID_TIMES}
    picklers = {kind: copyreg.dispatch_table[kind] for kind in _PICKLERS if first and kind in copyreg.dispatch_table}

    def restore() -> None:
        _UUID.update(sources)
        for kind in _PICKLERS:
            copyreg.dispatch_table.pop(kind, None)
        copyreg.dispatch_table.update(picklers)

    undo.add(lambda: restore_after_all(restore, first))
    undo.add(partial(_UUID.update, times))
    _UUID.update(dict.fromkeys((*sources, *times)))
    copyreg.dispatch_table.update(_PICKLERS)


@classmethod  # type: ignore[misc]
def _schema(cls: type, _source: object, handler: Any) -> object:
    return handler.generate_schema(api.real_datetime if issubclass(cls, api.real_datetime) else api.real_date)


def tell_pydantic_of_stand_ins(undo: Undo) -> None:
    """A model defined during the freeze may have the frozen classes as types of its fields."""
    api.FakeDate.__get_pydantic_core_schema__ = _schema  # type: ignore[attr-defined]
    undo.add(partial(delattr, api.FakeDate, "__get_pydantic_core_schema__"))
