"""Freezes everything that reads time to the virtual clock, from `Freezer.start` to `Freezer.stop`.

freezegun provides the frozen classes and the stack of freezes, so that other users of freezegun fit in. Its own start
is not called: it looks up every attribute of every module, which is slow, wakes lazy modules, and may fail half-way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta, timezone

from freezegun import api

from pytest_lambda_modes import units
from pytest_lambda_modes.clock import readers
from pytest_lambda_modes.clock.freezegun_stack import (
    Factory,
    FollowingFactory,
    LazyFactory,
    freeze_ids_and_pickles,
    go_on_stack,
    refuse_real_time_below_threading,
    tell_pydantic_of_stand_ins,
)
from pytest_lambda_modes.clock.frozen_imports import FrozenImports
from pytest_lambda_modes.clock.local_time import go_to_utc
from pytest_lambda_modes.clock.patching import Patches, patches_of
from pytest_lambda_modes.clock.undoing import Undo
from pytest_lambda_modes.errors import ClockError

DEFAULT_START = api.real_datetime(2026, 1, 1, tzinfo=timezone.utc)
_DEFAULT_EPOCH = units.epoch_microseconds(DEFAULT_START)

_factories = api.freeze_factories


class Freezer:
    """Has every reader of time, in every thread, show the virtual clock.

    `read` returns whole microseconds since the virtual start, and is asked once for each read. `start` is an aware
    datetime; None means the instant of a freeze of freezegun's that is already on, else 2026-01-01T00:00:00Z.
    `replacements` maps further real objects to stand-ins: module globals that are the one become the other.
    `host_modules` names further modules or packages that must see real time. `epoch` is the virtual start in
    microseconds since 1970, known once started.
    """

    epoch: int

    def __init__(
        self,
        read: Callable[[], int],
        start: api.real_datetime | None = None,
        replacements: Mapping[object, object] = {},
        host_modules: Collection[str] = (),
    ) -> None:
        self._read = read
        self._start = start
        self._replacements = tuple(replacements.items())
        self._host_modules = tuple(host_modules)
        self._factory: LazyFactory | None = None
        self._patches: Patches | None = None
        self._undo = Undo()

    def start(self) -> None:
        """Freeze. Raises ClockError, with nothing changed, while time-machine travels or another Freezer is on."""
        _refuse_other_clocks()
        first = not _factories
        self._patches = patches = patches_of(self._replacements, self._host_modules, first)
        patches.look()
        imports = FrozenImports(patches)
        self.epoch = _start(self._start)
        moment = units.utc_datetime(self.epoch).replace(tzinfo=None)
        undo = self._undo
        if first:
            self._factory = LazyFactory(self._read, moment)
        else:
            self._factory = FollowingFactory(self._read, moment, _factories[-1])
            undo.add(self._factory.leave)
        readers.start_monotonic_clocks(moment)
        try:
            go_on_stack(self._factory, undo)
            refuse_real_time_below_threading(undo)
            freeze_ids_and_pickles(first, undo)
            tell_pydantic_of_stand_ins(undo)
            go_to_utc(undo)
            undo.add(patches.remove)
            patches.apply()
            undo.add(imports.uninstall)
            imports.install()
        except BaseException:
            undo.run()
            raise

    def stop(self) -> None:
        """Put everything back that is still as `start` left it. Does nothing the second time."""
        self._undo.run()

    def sweep(self) -> None:
        """Put back once more, for who was patched meanwhile and has got back what it was then: a stand-in of ours."""
        if self._patches is not None and not _factories:
            self._patches.sweep()

    def foreign(self) -> Factory | None:
        """The factory of a freeze of freezegun's that lies on top of ours, e.g. of `@freeze_time` on the test."""
        return _factories[-1] if _factories and _factories[-1] is not self._factory else None

    def wall(self) -> int:
        """What readers of the wall clock show now, in microseconds since 1970."""
        top = _factories[-1] if _factories else None
        return self.epoch + self._read() if top is None or type(top) is LazyFactory else _since_1970(top())

    def moved(self, by: int) -> None:
        """The clock has moved by so many microseconds: freezes on top of ours and below it move along."""
        foreign = self.foreign()
        if foreign is not None:
            # Not by its tick: a ticking one would lose the real time that has passed.
            foreign.time_to_freeze += timedelta(microseconds=by)
        if isinstance(self._factory, FollowingFactory):
            self._factory.take_along(timedelta(microseconds=by))


def _start(start: api.real_datetime | None) -> int:
    if start is not None:
        return units.epoch_microseconds(start)
    return _since_1970(_factories[-1]()) if _factories else _DEFAULT_EPOCH


def _since_1970(moment: api.real_datetime) -> int:
    """Microseconds from 1970 to what a factory of freezegun's returns: a naive datetime, in UTC."""
    return units.epoch_microseconds(moment.replace(tzinfo=timezone.utc))


def _refuse_other_clocks() -> None:
    """Raise ClockError when something else that owns time is on."""
    hatch = getattr(sys.modules.get("time_machine"), "escape_hatch", None)
    if hatch is not None and hatch.is_travelling():
        shown = units.iso_seconds(api.real_time_ns() // 1000)
        raise ClockError(
            f"time-machine is travelling (it is {shown} there), so virtual time cannot start.\n\n"
            "It changes the clocks below Python, where virtual time cannot move them along, so handlers would see one "
            "time, and their timeouts and retries another.\n"
            f'Start at that instant instead:\n  @pytest.mark.lambda_modes(start="{shown}")\n'
            "Or stop travelling before the first fixture of lambda_modes starts."
        )
    for factory in _factories:
        if isinstance(factory, LazyFactory):
            shown = units.iso_seconds(_since_1970(factory.time_to_freeze))
            raise ClockError(
                f"Virtual time is on already (it started at {shown}), so it cannot start again.\n\n"
                "One clock owns everything that waits. Use the one that is on, or let its test end first."
            )
