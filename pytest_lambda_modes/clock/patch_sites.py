"""Where in the process time is read from: every module global that is one of the things we replace."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any, NamedTuple

from pytest_lambda_modes.clock import readers
from pytest_lambda_modes.clock.host_modules import HOST_MODULES, REAL_TIME, is_host, is_library, is_own

Namespace = dict[str, Any]
Site = tuple[Namespace, str]

_TIME_MODULES = {id(time), id(REAL_TIME)}
# Packages that bind no reader of time once they are loaded, as installed libraries do. They have nearly all modules,
# and to look at a thousand of them at each freeze would cost more than all the rest of it.
_SETTLED = sys.stdlib_module_names | HOST_MODULES
# A module that holds a stand-in under its own name imported it on purpose.
_STAND_IN_NAMES = {stand_in.__name__ for stand_in in readers.STAND_INS}


def by_id(table: Mapping[Any, object]) -> dict[int, object]:
    """A table keyed by identity: what modules hold need not be hashable, nor compare without side effects."""
    return {id(old): new for old, new in table.items()}


class Exchange:
    """Where a site holds one of the old things, by id, puts the new one. Whatever else it holds stays.

    The first time it learns what each site holds. It is mostly the same again, and then there is nothing to look up.
    """

    def __init__(self, sites: Sequence[Site], new_of: Mapping[int, object]) -> None:
        self._sites = sites
        self._new_of = new_of
        self._steps: list[tuple[Namespace, str, object, object]] | None = None

    def __call__(self) -> None:
        if self._steps is None:
            self._steps = self._learn()
        find = self._new_of.get
        for namespace, name, usual, its_new in self._steps:
            try:
                held = namespace[name]
            except KeyError:
                continue
            if held is usual:
                namespace[name] = its_new
            elif (new := find(id(held))) is not None:
                namespace[name] = new

    def _learn(self) -> list[tuple[Namespace, str, object, object]]:
        """Of what is neither old nor new nothing is kept, for it is somebody's own."""
        known = {**{id(new): new for new in self._new_of.values()}, **self._new_of}
        held = [namespace.get(name) for namespace, name in self._sites]
        return [
            (*site, each, known[id(each)]) if id(each) in known else (*site, _NOTHING, _NOTHING)
            for site, each in zip(self._sites, held, strict=True)
        ]


_NOTHING = object()


def namespace_of(module: object) -> Namespace | None:
    """A module's globals, without waking a lazy one: no attribute of the module is looked up."""
    try:
        namespace = object.__getattribute__(module, "__dict__")
    except Exception:
        return None
    return namespace if type(namespace) is dict else None


def sites_in(namespace: Namespace, wanted: Set[int]) -> list[Site]:
    """The globals that hold something with one of these ids."""
    if wanted.isdisjoint(map(id, list(namespace.values()))):
        return []
    return [
        (namespace, name)
        for name, value in list(namespace.items())
        if id(value) in wanted and name not in _STAND_IN_NAMES
    ]


class _Module(NamedTuple):
    namespace: Namespace
    length: int
    grows: bool
    sites: list[Site]
    host_sites: list[Site]


class PatchSites:
    """The sites of all modules, kept between freezes. `refresh` looks only at what changed since the last look.

    `replaced` are the real objects that a freeze replaces besides the readers of time. `looks` is another number when
    the sites may be others.

    A module has changed when it is new, or has more or fewer globals than before. Known sites are looked at each time,
    whatever they held meanwhile. What escapes: a reader bound to a global that existed before and never held one;
    readers in default arguments, class attributes and containers; modules that are not in `sys.modules`. And, for as
    long as no module is new, a reader bound to a new global of a settled module or an installed library, and a module
    that was put by hand into the entry of one of these that reads no time.
    """

    def __init__(self, replaced: Iterable[object], hosts: Collection[str]) -> None:
        self.sites: list[Site] = []
        self.host_sites: list[Site] = []
        self.looks = 0
        self._wanted = {*readers.REAL_BY_ID, *map(id, readers.REAL_BY_ID.values()), *map(id, replaced)}
        self.core = [*sites_in(time.__dict__, self._wanted), *sites_in(datetime.__dict__, self._wanted)]
        self._hosts = hosts
        self._modules: list[object] = []
        self._count = 0
        self._telling: list[str] = []
        self._seen: list[object] = []
        self._namespaces: list[Namespace] = []
        self._lengths: list[int] = []
        self._known: dict[int, _Module] = {}

    def refresh(self, also: Iterable[int] = ()) -> bool:
        """Look for new sites; in what changed, also for things with these further ids. Says whether anything had."""
        if self._is_current():
            return False
        wanted = self._wanted.union(also)
        modules = dict(sys.modules)
        known: dict[int, _Module] = {}
        for name, module in modules.items():
            seen = self._known.get(id(module))
            if seen is None or len(seen.namespace) != seen.length:
                seen = self._look(name, module, wanted)
            known[id(module)] = seen
        # Kept alive along with their ids.
        self._modules = list(modules.values())
        self._known = known
        self._telling = [name for name, module in modules.items() if (seen := known[id(module)]).grows or seen.sites]
        growing = [seen for seen in known.values() if seen.grows]
        self._namespaces = [seen.namespace for seen in growing]
        self._lengths = [seen.length for seen in growing]
        self._note_modules()
        self.looks += 1
        self.sites = [site for seen in known.values() for site in seen.sites]
        self.host_sites = [site for seen in known.values() for site in seen.host_sites]
        return True

    def _is_current(self) -> bool:
        if list(map(len, self._namespaces)) != self._lengths:
            return False
        if len(sys.modules) == self._count and _same(self._modules_that_tell(), self._seen):
            return True
        if self._known.keys() != set(map(id, list(sys.modules.values()))):
            return False
        # The same modules in another order are what a cold start of a handler leaves behind.
        self._note_modules()
        return True

    def _note_modules(self) -> None:
        self._count, self._seen = len(sys.modules), self._modules_that_tell()

    def _modules_that_tell(self) -> list[object]:
        """With their number, these tell whether others are there: all that may grow, all that read time, and the last,
        for one that is new while another is gone is behind it."""
        modules = sys.modules
        return [*map(modules.get, self._telling), *next(reversed(modules.items()), ())]

    def _look(self, name: str, module: object, wanted: Set[int]) -> _Module:
        namespace = namespace_of(module)
        if namespace is None:
            return _Module({}, 0, False, [], [])
        settled = is_own(name) or name.partition(".")[0] in _SETTLED or is_library(namespace.get("__file__"))
        length, grows = len(namespace), not settled
        if is_host(name, self._hosts):
            return _Module(namespace, length, grows, [], sites_in(namespace, wanted | _TIME_MODULES))
        sites = sites_in(namespace, wanted)
        return _Module(namespace, length, grows, *(([], sites) if is_own(name) else (sites, [])))


def _same(modules: Sequence[object], known: Sequence[object]) -> bool:
    """Four times faster than asking `is` of each pair. Only of the first pair that differs is `==` asked."""
    try:
        return modules == known
    except Exception:
        return False


@lru_cache(maxsize=1)
def patch_sites(replaced: tuple[object, ...], hosts: tuple[str, ...]) -> PatchSites:
    """The process's registry of sites. Another set of things to replace, or of host modules, means another one."""
    return PatchSites(replaced, hosts)
