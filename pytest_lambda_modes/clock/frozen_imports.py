"""What is imported while time is frozen.

A library fills tables and default arguments with what it finds (pydantic's and SQLAlchemy's types, for example). Were
it to find stand-ins, it would be broken for the rest of the process. So its body runs with the real things in place,
and its globals are patched afterwards, as if it had been imported before. Code of the project under test is left as it
is: what it does at import is part of the program, and reads virtual time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from pytest_lambda_modes.clock.host_modules import is_library
from pytest_lambda_modes.clock.patching import Patches

_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep


def _is_installed(spec: ModuleSpec) -> bool:
    """Whether a module is a library, installed or of the standard one, rather than code of the project under test."""
    return (spec.origin or "").startswith(_STANDARD_LIBRARY) or is_library(spec.origin)


class FrozenImports(MetaPathFinder):
    """Finds what the finders behind it find, and has libraries loaded with real time in place."""

    def __init__(self, patches: Patches) -> None:
        self._patches = patches
        self._installed = False
        self._loading: list[ModuleType] = []

    def install(self) -> None:
        sys.meta_path.insert(0, self)
        self._installed = True

    def uninstall(self) -> None:
        self._installed = False
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        spec = self._find_spec(fullname, path, target)
        # What a library imports meanwhile finds real time as well, whatever it is.
        if spec is not None and (self._loading or _is_installed(spec) or self._patches.loads_thawed(fullname)):
            loader = spec.loader
            if loader is not None and hasattr(loader, "exec_module"):
                spec.loader = _ThawingLoader(loader, self._load)
        return spec

    def _find_spec(self, *arguments: object) -> ModuleSpec | None:
        for finder in sys.meta_path:
            find_spec = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find_spec(*arguments) if find_spec else None
            if spec is not None:
                return spec
        return None

    def _load(self, loader: Loader, module: ModuleType) -> None:
        if not self._installed:
            loader.exec_module(module)
            return
        self._loading.append(module)
        if len(self._loading) > 1:
            loader.exec_module(module)
            return
        try:
            with self._patches.thawed():
                loader.exec_module(module)
        finally:
            # Not before: what one of them takes from another must be real, too.
            loaded, self._loading = self._loading, []
            for each in loaded:
                self._patches.settle(each)


class _ThawingLoader(Loader):
    """Stands in for a module's loader until the module's body runs."""

    def __init__(self, loader: Loader, load: Callable[[Loader, ModuleType], None]) -> None:
        self._loader = loader
        self._load = load

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._load(self._loader, module)
