"""From a handler setting to the function it names, by the steps of AWS's runtime. (RT-1, RT-2)"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from pytest_lambda_modes.runtime.environment_modules import EnvironmentModules
from pytest_lambda_modes.runtime.faults import HandlerFault


class ImportedHandler(NamedTuple):
    """The handler, and the modules that were imported for it."""

    function: Callable[..., Any]
    modules: EnvironmentModules


def import_handler(handler: str, modules: EnvironmentModules | None = None) -> ImportedHandler:
    """Import the handler `"package.module.function"` for a cold start. Slashes stand for dots, too. (RT-1, RT-5)

    The modules are new ones. Unless the given `modules` are installed already, `sys.modules` is afterwards as it was,
    but for installed packages that the import brought.

    Raises HandlerFault when the setting leads nowhere (RT-2). Whatever else the module's body raises comes through.
    """
    module_name, attribute = _split(handler)
    modules = EnvironmentModules() if modules is None else modules
    already_installed = modules.installed
    # A test may have written the file just now, within the resolution of its folder's time stamp.
    importlib.invalidate_caches()
    modules.renew(module_name.replace("/", "."))
    modules.install()
    try:
        return ImportedHandler(_load(module_name, attribute), modules)
    finally:
        modules.remove()
        if already_installed:
            modules.install()


def _split(handler: str) -> tuple[str, str]:
    try:
        module_name, attribute = handler.rsplit(".", 1)
    except ValueError as error:
        raise HandlerFault("Runtime.MalformedHandlerName", f"Bad handler '{handler}': {error}") from error
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise HandlerFault(
            "Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module"
        )
    return module_name, attribute


def _load(module_name: str, attribute: str) -> Any:
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise HandlerFault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        place = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise HandlerFault(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", [place]
        ) from error
    try:
        return getattr(module, attribute)
    except AttributeError as error:
        raise HandlerFault(
            "Runtime.HandlerNotFound", f"Handler '{attribute}' missing on module '{module_name}'"
        ) from error
