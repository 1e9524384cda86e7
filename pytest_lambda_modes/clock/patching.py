"""Puts stand-ins where modules hold readers of time, for the length of one freeze, and the real things back."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

from pytest_lambda_modes.clock import readers
from pytest_lambda_modes.clock.freezegun_stack import others, restore_after_all
from pytest_lambda_modes.clock.host_modules import REAL_TIME, is_host, is_own
from pytest_lambda_modes.clock.patch_sites import by_id, exchange, patch_sites, sites_in

_READERS = {**readers.CLASSES, **readers.FUNCTIONS}
_FREEZEGUN = {**readers.CLASSES, **readers.FREEZEGUN_FUNCTIONS}


class Patches:
    """All globals of modules that one freeze replaces.

    `replacements` maps further real objects to stand-ins, and `host_modules` names further modules that keep real time.
    `first` says that no freeze of freezegun's is on; one that is has replaced the readers, and will put them back.
    Making one of these changes nothing.
    """

    def __init__(self, replacements: Mapping[object, object], host_modules: Collection[str], first: bool) -> None:
        own = {**readers.EXTRAS, **replacements}
        ours = {**_READERS, **own} if first else own
        self._first = first
        self._hosts = tuple(host_modules)
        self._fake = by_id(ours)
        self._any_fake = by_id({**_FREEZEGUN, **ours})
        # Of what freezegun does not know, and of all.
        self._own_real = {id(fake): real for real, fake in own.items()}
        self._any_real = {**readers.REAL_BY_ID, **self._own_real}
        self._sites = patch_sites((*_READERS, *readers.EXTRAS, *replacements), self._hosts)
        self._sites.refresh()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Stand-ins in all modules; to be left while our freeze is still on freezegun's stack."""
        try:
            exchange(self._sites.host_sites, {**self._any_real, id(time): REAL_TIME})
            exchange(self._sites.sites, self._fake)
            yield
        finally:
            if others():
                self._put_back(self._own_real)
            restore_after_all(lambda: self._put_back(self._any_real), self._first)

    def _put_back(self, real: Mapping[int, object]) -> None:
        sites = self._sites
        host_real = {**real, id(REAL_TIME): time}
        exchange(sites.sites, real)
        exchange(sites.host_sites, host_real)
        # Modules that were imported, or got new globals, meanwhile.
        if sites.refresh(also=real):
            exchange(sites.sites, real)
            exchange(sites.host_sites, host_real)

    def sweep(self) -> None:
        """Put the real things wherever a stand-in has come back since the freeze has ended."""
        exchange(self._sites.sites, self._any_real)

    @contextmanager
    def thawed(self) -> Iterator[None]:
        """Real time for whoever takes it from `time` and `datetime` now, in other threads too."""
        exchange(self._sites.core, self._any_real)
        try:
            yield
        finally:
            exchange(self._sites.core, self._any_fake)

    def settle(self, module: ModuleType) -> None:
        """Give a module that was loaded `thawed` what it would have, had it been loaded before the freeze."""
        if is_host(module.__name__, self._hosts):
            exchange(sites_in(module.__dict__, {id(time)}), {id(time): REAL_TIME})
        elif not is_own(module.__name__):
            exchange(sites_in(module.__dict__, self._any_fake.keys()), self._any_fake)

    def loads_thawed(self, name: str) -> bool:
        """Whether a module must be loaded `thawed`, installed or not."""
        return is_host(name, self._hosts) or is_own(name)
