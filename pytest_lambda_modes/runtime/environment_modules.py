"""The modules that an execution environment imported for itself: each cold start has its own, as in Lambda. (RT-4)

They are in `sys.modules` only while that environment runs. Everything installed (AWS's SDK, the standard library) is
shared with the test.
"""

from __future__ import annotations

import os
import re
import sys
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from itertools import takewhile
from types import ModuleType

_ABSENT = ModuleType("absent")

_STANDARD_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")
_INSTALLED = (_STANDARD_LIBRARY, *(os.path.join(path, "") for path in (sys.prefix, sys.exec_prefix, sys.base_prefix)))
_PACKAGE_FOLDER = re.compile(r"[\\/](?:site|dist)-packages[\\/]")

# Of the test's, not of the function's. Out of sight, pickling and typing would not find what they define.
_TEST_MODULE = re.compile(r"(?:.+\.)?(?:__main__|conftest|test_[^.]*|[^.]*_test)")
_OWN_PACKAGE = __name__.partition(".")[0]

# Many an extension module can be loaded only once in a process.
_EXTENSIONS = tuple(EXTENSION_SUFFIXES)


class FirstParty:
    """Which modules belong to the function whose handler is in `module`.

    The handler's own module, all of its top-level package, and whatever lies under the same entry of `sys.path` and is
    not installed there. A handler that is itself installed has only its own top-level package. Compiled modules, test
    modules and modules without a file (a test's fakes) never belong.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._top = module.partition(".")[0]
        self._roots = tuple(root for root in _roots(self._top) if not _is_installed_root(root))
        self._installed = tuple(path for path in _INSTALLED if path.startswith(self._roots) and path not in self._roots)

    def owns(self, name: str, module: ModuleType) -> bool:
        places = _places(module)
        top = name.partition(".")[0]
        if top != self._top:
            # Most modules end here: a cold start asks this of every module in the process.
            if not places or not places[0].startswith(self._roots):
                return False
            if top == _OWN_PACKAGE or not all(map(self._is_source, places)):
                return False
        if not places or places[0].endswith(_EXTENSIONS):
            return False
        return name == self._module or _TEST_MODULE.fullmatch(name) is None

    def _is_source(self, place: str) -> bool:
        if not place.startswith(self._roots) or place.startswith(self._installed):
            return False
        return _PACKAGE_FOLDER.search(place) is None


def _roots(top: str) -> list[str]:
    """The folders in which a top-level name is found, as prefixes. Found without importing it, or asking `sys.modules`,
    where another module of that name may be."""
    spec = _find_spec(top) if top else None
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        places = list(spec.submodule_search_locations)
    else:
        places = [spec.origin] if spec.origin and spec.has_location else []
    return [os.path.join(os.path.dirname(place), "") for place in places]


def _find_spec(top: str) -> ModuleSpec | None:
    for finder in sys.meta_path:
        find_spec = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find_spec(top, None) if find_spec else None
        if spec is not None:
            return spec
    return None


def _is_installed_root(root: str) -> bool:
    return root.startswith(_STANDARD_LIBRARY) or _PACKAGE_FOLDER.search(root) is not None


def _places(module: ModuleType) -> list[str]:
    # Through vars: getattr would call a module's own __getattr__, which may import. Anything may be in sys.modules.
    namespace = getattr(module, "__dict__", {})
    file = namespace.get("__file__")
    if isinstance(file, str):
        return [file]
    try:
        return [os.path.join(place, "") for place in namespace.get("__path__", ())]
    except (KeyError, TypeError):
        return []


class EnvironmentModules(dict[str, ModuleType]):
    """The modules of one environment by name: `install` puts them into `sys.modules`, `remove` restores what was there.

    While they are installed, the test's copies of first-party modules are out of sight; what the handler imports late
    is imported anew, and kept here by `remove`. Both may be called in the middle of an import, do nothing when it is
    done already, and cost as much as there are such modules.
    """

    def __init__(self) -> None:
        self._first_party: FirstParty | None = None
        self._names: dict[str, None] = {}
        self._displaced: dict[str, ModuleType] | None = None
        self._last = ""

    @property
    def installed(self) -> bool:
        return self._displaced is not None

    def renew(self, module: str) -> None:
        """Forget all modules, before the cold start of a handler in `module`. Stays installed if it is."""
        installed = self.installed
        self.remove()
        self.clear()
        self._first_party = first_party = FirstParty(module)
        self._names = {name: None for name, module in list(sys.modules.items()) if first_party.owns(name, module)}
        if installed:
            self.install()

    def install(self) -> None:
        if self._displaced is not None:
            return
        self._displaced = self._take()
        self._last = next(reversed(sys.modules))
        sys.modules.update(self)

    def remove(self) -> None:
        if self._displaced is None:
            return
        self._names.update(dict.fromkeys(self._late_imports()))
        taken = self._take()
        self.clear()
        self.update(taken)
        sys.modules.update(self._displaced)
        self._displaced = None

    def _take(self) -> dict[str, ModuleType]:
        taken = {name: sys.modules.pop(name, _ABSENT) for name in self._names}
        return {name: module for name, module in taken.items() if module is not _ABSENT}

    def _late_imports(self) -> list[str]:
        first_party = self._first_party
        if first_party is None:
            return []
        # A dict keeps the order of arrival, so what is new stands behind the last module of others.
        late = [name for name in takewhile(self._last.__ne__, reversed(sys.modules)) if name not in self._names]
        return [name for name in reversed(late) if first_party.owns(name, sys.modules[name])]
