"""From a handler setting to a function, with modules of its own for each cold start."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pytest_lambda_modes.runtime.environment_modules import EnvironmentModules, FirstParty
from pytest_lambda_modes.runtime.error_payload import ReportedError, log_text
from pytest_lambda_modes.runtime.faults import HandlerFault
from pytest_lambda_modes.runtime.handler_import import ImportedHandler, import_handler

Write = Callable[..., Path]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on sys.path. Whatever a test imports from it is forgotten at the end."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(tmp_path) in repr(module):
            del sys.modules[name]


@pytest.fixture
def write(root: Path) -> Write:
    def write(path: str, *lines: str) -> Path:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")
        # Finders go by the time at which a folder has changed, which is coarse.
        importlib.invalidate_caches()
        return file

    return write


def forget(*tops: str) -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] in tops:
            del sys.modules[name]
    importlib.invalidate_caches()


# What can go wrong: RT-2's table, row by row


@pytest.fixture
def broken(write: Write) -> None:
    write("app.py", "def handler(event, context): pass")
    write("needs.py", "import no_such_dependency")
    write("refuses.py", "raise ImportError('wrong platform')")
    write("syntax.py", "def handler(event, context):", "    return (1")
    write("value.py", "def check():", "    raise ValueError('no table')", "", "check()")
    write("mute.py", "class Mute(Exception): pass", "raise Mute")
    write("package/__init__.py", "raise KeyError('k')")
    write("package/app.py", "def handler(event, context): pass")


ROWS = {
    "no dot": "handler",
    "empty": "",
    "no module": ".handler",
    "built-in module": "sys.handler",
    "built-in package": "sys.path.handler",
    "no such module": "absent.handler",
    "no such module, with slashes": "src/absent.handler",
    "no such submodule": "app.sub.handler",
    "a dependency that is not there": "needs.handler",
    "the body's own ImportError": "refuses.handler",
    "syntax error": "syntax.handler",
    "no such attribute": "app.other",
    "no attribute at all": "app.",
    "another exception": "value.handler",
    "an exception of its own": "mute.handler",
    "the package's exception": "package.app.handler",
}


@pytest.mark.rule("RT-2", "RT-3", "RT-18")
@pytest.mark.parametrize("handler", ROWS.values(), ids=ROWS)
@pytest.mark.usefixtures("broken")
def test_an_init_error_is_awss(oracle: Any, handler: str) -> None:
    """Type, message, frames and log of an init error are those of AWS's runtime, importlib's frames included."""
    expected = oracle.import_error(handler)
    forget("app", "needs", "refuses", "syntax", "value", "mute", "package")
    with pytest.raises(Exception) as caught:
        import_handler(handler)
    error = caught.value.with_traceback(caught.tb.tb_next)
    payload = ReportedError("init_error", "RT-3", error, "", oracle.runtime).payload
    assert (payload, log_text(json.loads(payload))) == expected


@pytest.mark.rule("RT-2")
@pytest.mark.parametrize(
    "handler, error_type",
    [
        ("handler", "Runtime.MalformedHandlerName"),
        ("sys.handler", "Runtime.BuiltInModuleConflict"),
        ("needs.handler", "Runtime.ImportModuleError"),
        ("syntax.handler", "Runtime.UserCodeSyntaxError"),
        ("app.other", "Runtime.HandlerNotFound"),
    ],
)
@pytest.mark.usefixtures("broken")
def test_a_setting_that_leads_nowhere_has_one_of_five_types(handler: str, error_type: str) -> None:
    """Each way to lead nowhere has its own error type."""
    with pytest.raises(HandlerFault) as caught:
        import_handler(handler)
    assert caught.value.error_type == error_type


@pytest.mark.rule("RT-2")
@pytest.mark.parametrize("end", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()], ids=repr)
def test_what_ends_the_process_comes_through(write: Write, end: BaseException) -> None:
    """Only subclasses of Exception are init errors; others leave the import as they are."""
    write("ending.py", f"raise {end!r}")
    with pytest.raises(type(end)):
        import_handler("ending.handler")


# What can be named


@pytest.mark.rule("RT-1", "RT-5")
@pytest.mark.parametrize(
    "path, handler",
    [
        ("app.py", "app.handler"),
        ("src/app.py", "src.app.handler"),
        ("src/app.py", "src/app.handler"),
        ("localstack_package/def/main.py", "localstack_package.def.main.handler"),
        ("package/class/__init__.py", "package/class.handler"),
    ],
)
def test_a_handler_is_found_by_its_path(write: Write, path: str, handler: str) -> None:
    """Dots and slashes lead to it, through folders without __init__.py, and through names that are keywords."""
    file = write(path, "def handler(event, context): return __file__")
    assert import_handler(handler).function(None, None) == str(file)


# Modules of one's own


@pytest.mark.rule("RT-4")
def test_each_import_has_modules_of_its_own(write: Write) -> None:
    """A second cold start shares nothing with the first: neither the handler's module nor what it imports."""
    write("shop/__init__.py", "import shop.state")
    write("shop/state.py", "count = 0")
    write("tools.py", "calls = []")
    write(
        "shop/app.py",
        "import shop.state",
        "from shop import state",
        "import tools",
        "def handler(event, context):",
        "    assert shop.state is state",
        "    state.count += 1",
        "    tools.calls.append(event)",
        "    return state.count, len(tools.calls)",
    )
    first, second = import_handler("shop.app.handler"), import_handler("shop.app.handler")
    assert [first.function(1, None), first.function(2, None), second.function(3, None)] == [(1, 1), (2, 2), (1, 1)]
    assert set(first.modules) == {"shop", "shop.app", "shop.state", "tools"}
    assert all(second.modules[name] is not module for name, module in first.modules.items())


def test_the_tests_own_copies_are_not_the_handlers(write: Write) -> None:
    """A test that has imported the application keeps its copy, and the handler gets another."""
    write("state.py", "owner = 'nobody'")
    write("counter.py", "import state", "def handler(event, context): return state.owner")
    importlib.invalidate_caches()
    mine = importlib.import_module("counter")
    mine.state.owner = "test"
    assert import_handler("counter.handler").function(None, None) == "nobody"
    assert sys.modules["counter"] is mine
    assert importlib.import_module("state").owner == "test"


BODIES = {
    "success": "",
    "ImportError": "import absent",
    "SyntaxError": "import broken",
    "ValueError": "raise ValueError",
    "SystemExit": "raise SystemExit",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "removes itself": "import sys; del sys.modules[__name__]",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_sys_modules_is_afterwards_as_it_was(write: Write, body: str) -> None:
    """However the import ends, the test finds the modules that it left."""
    write("broken.py", "(")
    write("state.py")
    write("shop/__init__.py")
    write("shop/late.py")
    write("shop/app.py", "import state, shop.late", body, "def handler(event, context): pass")
    importlib.invalidate_caches()
    importlib.import_module("state")
    importlib.import_module("shop.late")
    before = dict(sys.modules)
    with contextlib.suppress(BaseException):
        import_handler("shop.app.handler")
    assert sys.modules == before


def test_installed_packages_are_shared(write: Write, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in site-packages is imported once in the process, also from a virtual environment in the checkout."""
    write(".venv/lib/site-packages/vendor_of_mine.py")
    monkeypatch.syspath_prepend(root / ".venv/lib/site-packages")
    monkeypatch.syspath_prepend(root)
    write("app.py", "import json, vendor_of_mine", "def handler(event, context): return json, vendor_of_mine")
    first, second = import_handler("app.handler"), import_handler("app.handler")
    assert first.function(None, None) == second.function(None, None)
    assert first.function(None, None) == (json, sys.modules["vendor_of_mine"])
    assert set(first.modules) == {"app"}


def test_an_installed_handler_has_only_its_own_package_anew(
    write: Write, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that is itself installed shares its neighbours with the test."""
    monkeypatch.syspath_prepend(root / "site-packages")
    write("site-packages/neighbour.py")
    write("site-packages/vendor_app/__init__.py")
    write("site-packages/vendor_app/state.py")
    write("site-packages/vendor_app/main.py", "import neighbour", "from . import state", "handler = state.__dict__.get")
    assert set(import_handler("vendor_app.main.handler").modules) == {
        "vendor_app",
        "vendor_app.main",
        "vendor_app.state",
    }
    assert "neighbour" in sys.modules


def test_a_module_of_that_name_from_another_folder_is_not_mistaken_for_it(
    write: Write, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another project's `app`, imported by an earlier test, does not stand in for the handler's."""
    write("old/app.py", "def handler(event, context): return 'old'")
    with monkeypatch.context() as patch:
        patch.syspath_prepend(root / "old")
        importlib.import_module("app")
    write("new/app.py", "def handler(event, context): return 'new'")
    monkeypatch.syspath_prepend(root / "new")
    assert import_handler("app.handler").function(None, None) == "new"


def test_a_file_that_was_just_written_is_found(write: Write) -> None:
    """A module that was not there a moment ago is found by the next cold start."""
    write("first.py", "handler = print")
    import_handler("first.handler")
    with pytest.raises(HandlerFault):
        import_handler("second.handler")
    write("second.py", "handler = print")
    assert import_handler("second.handler").function is print


def test_a_fake_that_the_test_put_in_place_stays(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module without a file is the test's fake, or its way to say that something is missing."""
    write("shop/__init__.py")
    write("shop/database.py", "kind = 'real'")
    write("shop/optional.py")
    write(
        "shop/app.py",
        "from shop.database import kind",
        "try: import shop.optional",
        "except ImportError: kind += ', without extras'",
        "def handler(event, context): return kind",
    )
    fake = ModuleType("shop.database")
    fake.kind = "fake"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop.database", fake)
    monkeypatch.setitem(sys.modules, "shop.optional", None)  # type: ignore[arg-type]
    assert import_handler("shop.app.handler").function(None, None) == "fake, without extras"


def test_test_modules_stay_in_sight(write: Write) -> None:
    """Test modules and conftest files are the test's own, though they lie in the same folder."""
    write("test_shop.py")
    write("app.py", "import sys, test_shop", "handler = sys.modules.get")
    importlib.invalidate_caches()
    mine = importlib.import_module("test_shop")
    imported = import_handler("app.handler")
    assert set(imported.modules) == {"app"}
    assert imported.function("test_shop", None) is mine


def test_a_handler_in_a_test_module_is_imported_anew(write: Write) -> None:
    """The handler's own module is new for each cold start, even if it looks like a test."""
    write(
        "test_app.py", "calls = []", "def handler(event, context):", "    calls.append(event)", "    return len(calls)"
    )
    assert import_handler("test_app.handler").function(1, None) == 1
    assert import_handler("test_app.handler").function(1, None) == 1


# While the environment runs


def run(imported: ImportedHandler, event: object = None) -> Any:
    imported.modules.install()
    try:
        return imported.function(event, None)
    finally:
        imported.modules.remove()


@pytest.fixture
def lazy(write: Write) -> None:
    write("shop/__init__.py")
    write("shop/late.py", "calls = []")
    write("shop/never.py")
    write(
        "shop/app.py",
        "import sys",
        "def handler(event, context):",
        "    from shop import late",
        "    late.calls.append(event)",
        "    return len(late.calls), sys.modules['shop.late'] is late, 'shop.never' in sys.modules",
    )


@pytest.mark.usefixtures("lazy")
def test_what_a_handler_imports_late_belongs_to_its_environment() -> None:
    """An import inside the handler happens once per environment, and leaves no trace in the test."""
    first, second = import_handler("shop.app.handler"), import_handler("shop.app.handler")
    before = dict(sys.modules)
    assert [run(first), run(first), run(second)] == [(1, True, False), (2, True, False), (1, True, False)]
    assert sys.modules == before
    assert set(first.modules) == {"shop", "shop.app", "shop.late"}


@pytest.mark.usefixtures("lazy")
def test_the_tests_copies_are_out_of_sight_during_a_run() -> None:
    """A late import does not find the copy that the test has."""
    importlib.invalidate_caches()
    mine = importlib.import_module("shop.late")
    importlib.import_module("shop.never")
    imported = import_handler("shop.app.handler")
    assert run(imported) == (1, True, False)
    assert mine.calls == []
    assert sys.modules["shop.late"] is mine


@pytest.mark.usefixtures("lazy")
def test_what_the_test_imports_later_is_displaced_during_a_run() -> None:
    """The environment's modules win while it runs, and the test's are back afterwards."""
    imported = import_handler("shop.app.handler")
    importlib.invalidate_caches()
    mine = importlib.import_module("shop.app")
    imported.modules.install()
    assert sys.modules["shop.app"] is imported.modules["shop.app"] is not mine
    imported.modules.remove()
    assert sys.modules["shop.app"] is mine


@pytest.mark.usefixtures("lazy")
def test_overlapping_runs_keep_their_own_modules() -> None:
    """Removed for another environment and installed again, each finds its own."""
    first, second = import_handler("shop.app.handler"), import_handler("shop.app.handler")
    before = dict(sys.modules)
    first.modules.install()
    first.function(None, None)
    first.modules.remove()
    assert run(second)[0] == 1
    first.modules.install()
    assert first.function(None, None)[0] == 2
    first.modules.remove()
    assert sys.modules == before


@pytest.mark.usefixtures("lazy")
def test_installing_and_removing_twice_is_once() -> None:
    """Both may be called without knowing the state."""
    before = dict(sys.modules)
    modules = import_handler("shop.app.handler").modules
    assert not modules.installed
    modules.install()
    modules.install()
    assert modules.installed
    modules.remove()
    modules.remove()
    assert sys.modules == before


@pytest.mark.parametrize("before_the_wait", ["import json", "import json, state"])
def test_an_import_may_be_interrupted_by_another(write: Write, before_the_wait: str) -> None:
    """A module body that waits is out of place meanwhile: its modules go, others come, and then it goes on."""
    write("state.py", "runs = []")
    write(
        "app.py",
        before_the_wait,
        "json.interrupt(__name__)",
        "import shop_late, state",
        "assert shop_late.state is state",
        "def handler(event, context): return state.runs",
    )
    write("shop_late.py", "import state", "state.runs.append('late')")
    before = dict(sys.modules)
    outer, inner = EnvironmentModules(), EnvironmentModules()
    seen: list[Any] = []

    def interrupt(name: str) -> None:
        if seen:
            return
        seen.append(sys.modules[name])
        outer.remove()
        seen.append(dict(sys.modules) == before)
        seen.append(import_handler("app.handler", inner).function(None, None))
        outer.install()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json, "interrupt", interrupt, raising=False)
        imported = import_handler("app.handler", outer)
    assert imported.modules is outer
    assert imported.function(None, None) == ["late"] == seen[2]
    assert seen[:2] == [outer["app"], True]
    assert outer["state"] is not inner["state"]
    assert sys.modules == before


def test_an_import_within_a_run_leaves_the_modules_installed(write: Write) -> None:
    """Whoever has installed the modules removes them, also when a cold start happened meanwhile."""
    write("app.py", "def handler(event, context): pass")
    before = dict(sys.modules)
    modules = EnvironmentModules()
    modules.install()
    imported = import_handler("app.handler", modules)
    first = sys.modules["app"]
    assert imported.modules["app"] is first
    import_handler("app.handler", modules)
    assert sys.modules["app"] is modules["app"] is not first
    modules.remove()
    assert sys.modules == before


# Whose is it


def at(file: str | None = None, **namespace: Any) -> ModuleType:
    module = ModuleType("given")
    if file is not None:
        namespace["__file__"] = file
    vars(module).update(namespace)
    return module


@pytest.mark.usefixtures("broken")
def test_first_party_is_what_lies_beside_the_handler(root: Path) -> None:
    """Under the same entry of sys.path, not installed, not compiled, not a test, and with a file."""
    first_party = FirstParty("app")

    def owns(name: str, *path: str, **namespace: Any) -> bool:
        return first_party.owns(name, at(os.path.join(root, *path) if path else None, **namespace))

    assert owns("helpers", "helpers.py")
    assert owns("pkg.helpers", "pkg", "helpers.py")
    assert owns("ns", __path__=[str(root / "ns")])
    assert not owns("ns", __path__=[str(root / "ns"), "/elsewhere/ns"])
    assert not owns("vendor", "venv", "site-packages", "vendor.py")
    assert not owns("vendor", "dist-packages", "vendor.py")
    assert not owns("compiled", "compiled" + EXTENSION_SUFFIXES[0])
    assert not owns("test_helpers", "test_helpers.py")
    assert not owns("pkg.conftest", "pkg", "conftest.py")
    assert not owns("__main__", "__main__.py")
    assert not owns("pytest_lambda_modes.runtime", "pytest_lambda_modes", "runtime.py")
    assert not owns("fake")
    assert not first_party.owns("elsewhere", at(str(root) + "2/elsewhere.py"))
    assert first_party.owns("app", at("/elsewhere/app.py"))


@pytest.mark.usefixtures("broken")
def test_looking_at_modules_wakes_none_of_them() -> None:
    """Whose a module is, is told without its __getattr__, which may import; and anything may be in sys.modules."""
    woken: list[str] = []
    module = at(__getattr__=woken.append)
    first_party = FirstParty("app")
    for thing in (module, None, SimpleNamespace(__path__=7), object()):
        assert not first_party.owns("thing", thing)  # type: ignore[arg-type]
    assert woken == []


@pytest.mark.parametrize("name", ["json.tool", "absent", ""])
def test_without_a_source_root_nothing_else_is_first_party(name: str) -> None:
    """A handler in the standard library, or nowhere, has no neighbours."""
    first_party = FirstParty(name)
    assert not first_party.owns("os", os)
    assert not first_party.owns(__name__, sys.modules[__name__])
