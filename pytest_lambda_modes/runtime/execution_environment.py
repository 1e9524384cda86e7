"""Where a version of a function runs: cold at first, then warm, reset by what kills the process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.activity import Activity, Unwind
from pytest_lambda_modes.clock.host_state import HostState
from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.facts import InitFailed, InitTimedOut
from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.runtime import endings
from pytest_lambda_modes.runtime.environment_modules import EnvironmentModules
from pytest_lambda_modes.runtime.environment_variables import (
    LOG_STREAM_NAME,
    EnvironmentVariables,
    encode,
    lambda_variables,
)
from pytest_lambda_modes.runtime.handler_import import import_handler
from pytest_lambda_modes.runtime.lambda_context import LambdaContext
from pytest_lambda_modes.runtime.log_lines import log_stream_name
from pytest_lambda_modes.runtime.logs import InvocationLog, Writer, root_level_of
from pytest_lambda_modes.runtime.platform import Platform

if TYPE_CHECKING:
    from pytest_lambda_modes.runtime.invocation import Invocation
    from pytest_lambda_modes.runtime.versions import Version

Handler = Callable[[Any, Any], object]


class ExecutionEnvironment:
    """One sandbox of one version: its own module state, variables, context variables and log stream. (RT-23)"""

    def __init__(self, platform: Platform, belongs_to: Version) -> None:
        self.platform = platform
        self.belongs_to = belongs_to
        self.config = config = belongs_to.config
        self.version = belongs_to.number
        self.timeout = config.timeout * units.SECOND
        self.setting = belongs_to.handler
        self.warm: bool
        self.handler: Handler | None
        self.contextvars: Context
        digits = platform.identifiers.hex("log stream")
        self.log_stream = log_stream_name(platform.hub.scheduler.epoch(), self.version, digits)
        self.root_level = root_level_of(config)
        self._log_group = config.log_group_name
        self._memory_limit = str(config.memory_size)
        self._own_variables = {**_variables_of(belongs_to), **encode({LOG_STREAM_NAME: self.log_stream})}
        self._suppressed = False
        self._start_process()

    def _start_process(self) -> None:
        """A new process: nothing of what an earlier one had is left."""
        platform = self.platform
        self.warm = False
        self.handler = None
        self.contextvars = copy_context()
        self._variables = EnvironmentVariables(platform.variables, self._own_variables)
        host = self._host = HostState(platform.logs)
        host.stdout, host.stderr = platform.logs.stdout, platform.logs.stderr
        host.modules = EnvironmentModules() if isinstance(self.setting, str) else None
        self._modules = host.modules

    def enter(self, log: Writer, trace_header: Callable[[], str] | None) -> None:
        """Put in place what the handler sees of the process. In the init there is no trace id. (RT-36)"""
        logs, host = self.platform.logs, self._host
        stdout, stderr = sys.stdout, sys.stderr
        if stdout is not logs.stdout:
            logs.stdout.target = stdout
        if stderr is not logs.stderr:
            logs.stderr.target = stderr
        host.variables = self._variables.prepare(trace_header)
        host.log = log
        host.exchange()

    def leave(self) -> None:
        self._host.exchange()
        self._variables.note_changes()

    # The init phase

    @property
    def init_limit(self) -> int:
        """How long an init phase before the next invocation may take, in microseconds: 0 if there is none."""
        return 0 if self.warm or self._suppressed or not isinstance(self.setting, str) else limits.INIT_LIMIT

    def initialise(self, invocation: Invocation) -> Outcome | None:
        """The init phase before a first invocation; its failure, if it fails. (RT-4)

        After a reset it is suppressed: it happens inside the invocation, in `load`, under the function's timeout
        (RT-22). The same is true of one that took longer than 10 s (RT-24).
        """
        if not isinstance(self.setting, str):
            self.handler = self.setting
            self.warm = True
            invocation.init_duration = None if self._suppressed else 0
            return None
        if self._suppressed:
            return None
        hub, emit = self.platform.hub, self.platform.emit
        began = hub.scheduler.now
        init = Activity(self.config.function_name, began + limits.INIT_LIMIT)
        failed: list[Outcome | None] = [None]

        def work() -> None:
            # What the init writes is before START, and in no LogResult. (RT-38)
            self.enter(InvocationLog("", self.config, self.version), None)
            try:
                failed[0] = self.load(invocation)
            finally:
                self.leave()

        hub.run(init, work)
        if init.unwind == "deadline":
            self.reset()
            emit(InitTimedOut, hub.scheduler.now, init.name, "RT-24")
            return None
        invocation.init_duration = hub.scheduler.now - began
        if init.unwind == "killed":
            failed[0] = endings.exited(invocation.request.request_id, init.exit_status)
        elif init.unwind is not None:
            raise Unwind(init.unwind)
        outcome = failed[0]
        if outcome is not None:
            emit(InitFailed, hub.scheduler.now, init.name, outcome.error_text or outcome.error_type or "", outcome.rule)
        return outcome

    def load(self, invocation: Invocation) -> Outcome | None:
        """Import the handler's module anew. The outcome if that fails: an init error, or the end of the process."""
        assert isinstance(self.setting, str)
        try:
            imported = self.contextvars.run(import_handler, self.setting, self._modules)
        except Exception as error:
            if isinstance(error, self.platform.passes_through):
                raise
            return endings.init_error(error, self.config.runtime)
        except BaseException as error:
            return invocation.ended_by(error)
        self.handler = imported.function
        self.warm = True
        return None

    # The invocation

    def context_of(self, invocation: Invocation) -> LambdaContext:
        request, config = invocation.request, self.config
        # By position, which is faster.
        # fmt: off
        return LambdaContext(
            request.request_id, invocation.remaining, self._log_group, self.log_stream, config.function_name,
            self._memory_limit, self.version, invocation.arn, request._client_context, None, None,
        )
        # fmt: on

    def reset(self) -> None:
        """The process is gone, and with it its module state. (RT-22)"""
        self.close()
        self._start_process()
        self._suppressed = True

    def close(self) -> None:
        """Close the event loop that the handler left behind in its asyncio policy, if any."""
        loop = getattr(self._host.policy_local, "_loop", None)
        self._host.policy_local = None
        if loop is not None and not loop.is_running() and not loop.is_closed():
            loop.close()


def _variables_of(version: Version) -> dict[bytes, bytes]:
    """What all environments of a version have, encoded once."""
    if version.variables is None:
        handler = _handler_text(version.handler)
        version.variables = encode(lambda_variables(version.config, handler=handler, version=version.number))
    return version.variables


def _handler_text(handler: Handler | str) -> str:
    """The handler setting as text: of a callable, where it is defined."""
    if isinstance(handler, str):
        return handler
    kind = type(handler)
    module = getattr(handler, "__module__", None) or kind.__module__
    return f"{module}.{getattr(handler, '__name__', kind.__name__)}"
