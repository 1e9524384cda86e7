"""The environment variables a handler sees: the process's, Lambda's, its function's, and what it changed itself.

`os.environ` is a dict behind a face, so a handler gets a dict of its own there while it runs. That leaves C alone:
`os.system` and C libraries see the process's variables; `subprocess` is told.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, Protocol, cast

from pytest_lambda_modes.clock.host_state import put_variables
from pytest_lambda_modes.model.function_config import FunctionConfig

if TYPE_CHECKING:
    from _collections_abc import dict_items


class _Environ(Protocol):
    """The part of `os.environ` that its type does not tell. On Windows the bytes are str."""

    _data: dict[bytes, bytes]
    encodekey: Callable[[str], bytes]
    encodevalue: Callable[[str], bytes]


_environ = cast(_Environ, os.environ)
# A test may put something else in its place: `mock.patch("subprocess.Popen")`.
_Popen = subprocess.Popen
_TRACE_ID = _environ.encodekey("_X_AMZN_TRACE_ID")

# The only one that each environment of a version has for itself.
LOG_STREAM_NAME = "AWS_LAMBDA_LOG_STREAM_NAME"

# The place of `env` among Popen's positional arguments.
_POPEN_ENV = 10


def lambda_variables(
    config: FunctionConfig,
    *,
    handler: str,
    version: str,
    initialization_type: str = "on-demand",
) -> dict[str, str]:
    """What Lambda sets for every environment of the function, and the function's own; not the log stream's. (RT-35)

    `handler` is the handler setting as text, `version` is `"$LATEST"` or a number. Credentials are fake whatever the
    machine has. PATH, PYTHONPATH, LD_LIBRARY_PATH, PWD and SHLVL are the machine's, so they are not here.
    """
    variables = {
        "_HANDLER": handler,
        "AWS_REGION": config.region,
        "AWS_DEFAULT_REGION": config.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": config.function_name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.memory_size),
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": initialization_type,
        "AWS_LAMBDA_LOG_GROUP_NAME": config.log_group_name,
        "AWS_LAMBDA_RUNTIME_API": "169.254.100.1:9001",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LANG": "en_US.UTF-8",
        "LC_CTYPE": "C.UTF-8",
        "TZ": ":UTC",
    }
    if config.log_format == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = config.application_log_level or "INFO"
    return {**variables, **config.environment}


def encode(variables: Mapping[str, str]) -> dict[bytes, bytes]:
    """Variables as `os.environ` keeps them. Encode what environments share once, not for each."""
    return {_environ.encodekey(name): _environ.encodevalue(value) for name, value in variables.items()}


class Recorded(dict[bytes, bytes]):
    """Encoded variables that know how often they were changed through `os.environ`, and which of them."""

    __slots__ = ("changed", "changes")

    def __init__(self, variables: Mapping[bytes, bytes]) -> None:
        super().__init__(variables)
        self.changes = 0
        self.changed: set[bytes] = set()

    def __setitem__(self, name: bytes, value: bytes) -> None:
        self.changes += 1
        self.changed.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: bytes) -> None:
        self.changes += 1
        self.changed.add(name)
        super().__delitem__(name)


class Traced(Recorded):
    """Those of an execution environment. Few handlers ask for the trace id, so it is made for those that do. (RT-36)"""

    __slots__ = ("_header",)

    def __init__(self, variables: Mapping[bytes, bytes]) -> None:
        super().__init__(variables)
        self._header: Callable[[], str] | None = None

    def trace(self, header: Callable[[], str] | None) -> None:
        """Have a trace id from now on; with None, none."""
        if header is None:
            dict.pop(self, _TRACE_ID, None)
        elif self._header is None:
            dict.__setitem__(self, _TRACE_ID, b"")
        self._header = header

    def __getitem__(self, name: bytes) -> bytes:
        if name == _TRACE_ID and self._header is not None:
            return _environ.encodevalue(self._header())
        return super().__getitem__(name)

    def __setitem__(self, name: bytes, value: bytes) -> None:
        self._forget(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: bytes) -> None:
        self._forget(name)
        super().__delitem__(name)

    def items(self) -> dict_items[bytes, bytes]:
        return {name: self[name] for name in self}.items()

    def _forget(self, name: bytes) -> None:
        if name == _TRACE_ID:
            self._header = None


class ProcessVariables:
    """The variables of the process itself: what a test sees, and what every handler's are laid over."""

    def __init__(self) -> None:
        self.variables = Recorded({})
        self.changed_by_handlers: set[bytes] = set()
        self._original: dict[bytes, bytes] | None = None
        self._popen: Callable[..., None] | None = None
        self._displaced_popen: Callable[..., None] | None = None
        self._installed = False

    def install(self) -> None:
        """Start subprocesses with what `os.environ` says."""
        self._installed = True
        self._displaced_popen = _Popen.__init__
        self._popen = _with_current_variables(self._displaced_popen)
        _Popen.__init__ = self._popen  # type: ignore[method-assign]

    def watch(self) -> None:
        """Note all changes of `os.environ` from now on: there is an environment, whose variables are laid over it."""
        if self._original is None and self._installed:
            self._original = _environ._data
            self.variables = Recorded(self._original)
            put_variables(self.variables)

    def uninstall(self) -> None:
        """Undo it, if it is done. What a test changed stays; what handlers changed is gone, from C's variables too."""
        self._installed = False
        self.sweep()
        original, self._original = self._original, None
        if original is None:
            return
        if self.variables.changes:
            original.clear()
            original.update(self.variables)
        put_variables(original)
        for name in self.changed_by_handlers:
            if name in original:
                os.putenv(name, original[name])
            else:
                os.unsetenv(name)

    def sweep(self) -> None:
        """Take ours out of Popen, if it is there. Whoever patched it, and undoes that after us, puts it there again."""
        if not self._installed and self._popen is not None and _Popen.__init__ is self._popen:
            _Popen.__init__ = self._displaced_popen  # type: ignore[method-assign,assignment]


@lru_cache(maxsize=1)
def _with_current_variables(displaced: Callable[..., None]) -> Callable[..., None]:
    @wraps(displaced)
    def init(popen: subprocess.Popen[Any], *arguments: Any, **options: Any) -> None:
        if len(arguments) <= _POPEN_ENV and options.get("env") is None:
            options["env"] = os.environ.copy()
        displaced(popen, *arguments, **options)

    return init


class EnvironmentVariables:
    """The variables of one execution environment. A handler's own changes last as long as it. (RT-22)

    `own` are Lambda's and the function's, encoded; they win over the process's, and a handler's changes over both.
    """

    __slots__ = ("_own", "_process", "_seen", "_variables")

    def __init__(self, process: ProcessVariables, own: Mapping[bytes, bytes]) -> None:
        process.watch()
        self._process = process
        self._own = own
        self._seen = -1
        self._variables = Traced({})

    def prepare(self, trace_header: Callable[[], str] | None = None) -> dict[bytes, bytes]:
        """What `os.environ` is to show while the handler runs. In the init there is no trace header. (RT-36)"""
        if self._process.variables.changes != self._seen:
            self._lay_over_the_process()
        variables = self._variables
        if trace_header is None or variables._header is None:
            variables.trace(trace_header)
        else:
            # It has had one, as for nearly every handler but the first: there is no key to be put or taken out.
            variables._header = trace_header
        return variables

    def note_changes(self) -> None:
        """The handler has run: what it changed is to be undone at the end of the test."""
        if self._variables.changed:
            self._process.changed_by_handlers |= self._variables.changed

    def _lay_over_the_process(self) -> None:
        before, process = self._variables, self._process.variables
        variables = Traced({**process, **self._own})
        for name in before.changed:
            if name in before:
                dict.__setitem__(variables, name, before[name])
            else:
                dict.pop(variables, name, None)
        variables.changed = before.changed
        self._variables = variables
        self._seen = process.changes
