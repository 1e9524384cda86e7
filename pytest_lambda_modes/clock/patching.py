"""Puts stand-ins where modules hold readers of time, for the length of one freeze, and the real things back."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType

from pytest_lambda_modes.clock import readers
from pytest_lambda_modes.clock.freezegun_stack import others, restore_after_all
from pytest_lambda_modes.clock.host_modules import REAL_TIME, is_host, is_own
from pytest_lambda_modes.clock.patch_sites import Exchange, by_id, patch_sites, sites_in

_FAKE = by_id({**readers.CLASSES, **readers.FUNCTIONS, **readers.EXTRAS})
_FAKE_EXTRAS = by_id(readers.EXTRAS)
_FAKE_OF_FREEZEGUN = by_id({**readers.CLASSES, **readers.FREEZEGUN_FUNCTIONS})

_TIME_OF_HOSTS: dict[int, object] = {id(time): REAL_TIME}
_TIME_BACK: dict[int, object] = {id(REAL_TIME): time}
_REAL_AT_HOSTS = {**readers.REAL_BY_ID, **_TIME_OF_HOSTS}
_REAL = {**readers.REAL_BY_ID, **_TIME_BACK}


class Patches:
    """All globals of modules that a freeze replaces.

    `replacements` maps further real objects to stand-ins, and `host_modules` names further modules that keep real time.
    `first` says that no freeze of freezegun's is on; one that is has replaced the readers, and will put them back.
    """

    def __init__(self, replacements: Mapping[object, object], host_modules: Collection[str], first: bool) -> None:
        self._first = first
        self._hosts = tuple(host_modules)
        self._fake = {**(_FAKE if first else _FAKE_EXTRAS), **by_id(replacements)}
        self._replaced = {id(fake): real for real, fake in replacements.items()}
        self._real_at_hosts = {**_REAL_AT_HOSTS, **self._replaced}
        self._real = {**_REAL, **self._replaced}
        self._sites = patch_sites(tuple(replacements), self._hosts)
        self._looks = -1

    def look(self) -> None:
        """Find all modules' readers of time. Changes nothing; call it before each freeze."""
        self._sites.refresh()
        if self._sites.looks != self._looks:
            self._prepare()

    def _prepare(self) -> None:
        sites, hosts = self._sites.sites, self._sites.host_sites
        self._looks = self._sites.looks
        self._freezing = (Exchange(hosts, self._real_at_hosts), Exchange(sites, self._fake))
        self._thawing = (Exchange(sites, self._real), Exchange(hosts, self._real))
        self._sweeping = Exchange(sites, self._real)

    def apply(self) -> None:
        """Put stand-ins in all modules."""
        for exchange in self._freezing:
            exchange()

    def remove(self) -> None:
        """Put the real things back, while our freeze is still on freezegun's stack."""
        if others():
            extras = {id(fake): real for real, fake in readers.EXTRAS.items()}
            mine = {**_TIME_BACK, **extras, **self._replaced}
            self._put_back(lambda: (Exchange(self._sites.sites, mine), Exchange(self._sites.host_sites, mine)))
        restore_after_all(lambda: self._put_back(lambda: self._thawing), self._first)

    def _put_back(self, thawing: Callable[[], Iterable[Exchange]]) -> None:
        for exchange in thawing():
            exchange()
        # Modules that were imported, or got new globals, meanwhile.
        if self._sites.refresh(also=self._replaced):
            self._prepare()
            for exchange in thawing():
                exchange()

    def sweep(self) -> None:
        """Put the real things wherever a stand-in has come back since the freeze has ended."""
        self._sweeping()

    @contextmanager
    def thawed(self) -> Iterator[None]:
        """Real time for whoever takes it from `time` and `datetime` now, in other threads too."""
        Exchange(self._sites.core, self._real)()
        try:
            yield
        finally:
            Exchange(self._sites.core, self._any_fake())()

    def settle(self, module: ModuleType) -> None:
        """Give a module that was loaded `thawed` what it would have, had it been loaded before the freeze."""
        if is_host(module.__name__, self._hosts):
            Exchange(sites_in(module.__dict__, _TIME_OF_HOSTS.keys()), _TIME_OF_HOSTS)()
        elif not is_own(module.__name__):
            fake = self._any_fake()
            Exchange(sites_in(module.__dict__, fake.keys()), fake)()

    def _any_fake(self) -> Mapping[int, object]:
        """What stands in for each real thing now, ours or freezegun's own."""
        return {**_FAKE_OF_FREEZEGUN, **self._fake}

    def loads_thawed(self, name: str) -> bool:
        """Whether a module must be loaded `thawed`, installed or not."""
        return is_host(name, self._hosts) or is_own(name)


@lru_cache(maxsize=2)
def patches_of(replacements: tuple[tuple[object, object], ...], hosts: tuple[str, ...], first: bool) -> Patches:
    """Those of a freeze, kept for the next one."""
    return Patches(dict(replacements), hosts, first)
