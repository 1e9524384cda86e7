"""One run of a handler: begin, call, end, whatever way it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.activity import Activity, Unwind
from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.facts import FunctionEnded, FunctionStarted
from pytest_lambda_modes.model.faults import Kill
from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.runtime import endings
from pytest_lambda_modes.runtime.lambda_context import remaining_in_millis
from pytest_lambda_modes.runtime.logs import InvocationLog
from pytest_lambda_modes.runtime.payload import encode_response
from pytest_lambda_modes.runtime.request import Request
from pytest_lambda_modes.runtime.trace_header import trace_header

if TYPE_CHECKING:
    from pytest_lambda_modes.runtime.execution_environment import ExecutionEnvironment
    from pytest_lambda_modes.runtime.function import Function


class Invocation(Activity):
    """One attempt at a request, in one execution environment. `execute` runs it, once. What it logs is written here.

    `attempt` counts from 1. `kill` says when and how the process is to be killed, if the test wants that.
    """

    # A test may have many thousands of these, so each keeps nothing that can be worked out when somebody looks.
    __slots__ = (
        "_written",
        "arn",
        "attempt",
        "cold_start",
        "ended_at",
        "environment",
        "function",
        "init_duration",
        "kill",
        "outcome",
        "request",
        "started_at",
    )

    outcome: Outcome

    def __init__(
        self,
        function: Function,
        environment: ExecutionEnvironment,
        request: Request,
        arn: str,
        attempt: int,
        kill: Kill | None,
    ) -> None:
        super().__init__(function.function_name)
        self.function = function
        self.environment = environment
        self.request = request
        self.arn = arn
        self.attempt = attempt
        self.kill = kill
        self.cold_start = not environment.warm
        self.init_duration: int | None = None
        self.started_at = 0
        self.ended_at = -1
        self._written: list[str | bytes] | None = None

    @property
    def ends_by(self) -> int:
        """The latest instant at which this can end, if it is executed now."""
        environment = self.environment
        init_limit = 0 if environment.warm else environment.init_limit
        return environment.platform.hub.scheduler.now + init_limit + environment.timeout

    @property
    def lineage(self) -> dict[str, int]:
        """By function, the invocations that led here, this one included. (ASYNC-36)"""
        before, name = self.request._lineage or {}, self.name
        return {**before, name: before.get(name, 0) + 1}

    @property
    def killed_its_process(self) -> bool:
        """Whether the next one initialises anew. (RT-22) So it is if the end of the test took this off its stack."""
        return self.ended_at < 0 or self.outcome.kind in _KILLS

    def execute(self) -> Outcome:
        """Run the handler on this stack. The environment is released at the end, whatever that is."""
        environment, request = self.environment, self.request
        attempt, name = self.attempt, self.name
        platform, request_id, mode = environment.platform, request.request_id, request._mode
        hub, emit = platform.hub, platform.emit
        scheduler = hub.scheduler
        try:
            failed = None if environment.warm else environment.initialise(self)
            self.started_at = began = scheduler.now
            self.deadline = began + environment.timeout
            if self.kill is not None:
                self.deadline = began + min(environment.timeout, units.from_timedelta(self.kill.after))
            dwell = began - request._queued_at if request._queued_at >= 0 else None
            emit(FunctionStarted, began, name, request_id, mode, attempt, self.cold_start, dwell)
            if failed is None:
                hub.run(self, self._run)
                if self.unwind is not None:
                    self.outcome = self._taken_off()
            else:
                self.outcome = failed
            outcome = self.outcome
            self.ended_at = now = scheduler.now
            kind, duration, rule = outcome.kind, now - began, outcome.rule
            emit(FunctionEnded, now, name, request_id, attempt, kind, duration, outcome.error_text, rule)
            if mode != "sync":
                outcome.let_go()
            return outcome
        finally:
            self.function.release(self)

    def _run(self) -> None:
        environment = self.environment
        watchdog = environment.platform.watchdog
        environment.enter(self, self.trace_header)
        try:
            if environment.handler is None:
                failed = environment.load(self)
                if failed is not None:
                    self.outcome = failed
                    return
            assert environment.handler is not None
            event, context = self.request._make_event(), environment.context_of(self)
            response = environment.contextvars.run(environment.handler, event, context)
            if watchdog.fired:
                raise watchdog.error()
            answer = encode_response(response, environment.config.runtime)
            if len(answer) <= limits.SYNC_RESPONSE_BYTES:
                self.outcome = endings.success(answer)
            else:
                self.outcome = endings.response_too_large()
        except BaseException as error:
            self.outcome = self.ended_by(error)
        finally:
            environment.leave()

    def ended_by(self, error: BaseException) -> Outcome:
        """What an exception that left the user's code makes of this. Those that are the test's own go on."""
        platform = self.environment.platform
        if platform.watchdog.fired:
            raise platform.watchdog.error() from None
        if isinstance(error, platform.passes_through):
            raise error
        if isinstance(error, Exception):
            # In Lambda a process that is killed runs nothing more, so what fails while it unwinds is nobody's assert.
            if isinstance(error, AssertionError) and self.unwind is None:
                platform.assertions.append(error)
            return endings.function_error(error, self.request.request_id, self.environment.config.runtime)
        return endings.from_base_exception(error, self.request.request_id)

    def _taken_off(self) -> Outcome:
        """What it is to have been unwound. Where that is not an end AWS knows, the unwinding goes on."""
        request, platform = self.request, self.environment.platform
        if self.unwind == "killed":
            return endings.exited(request.request_id, self.exit_status)
        if self.unwind != "deadline":
            raise Unwind(self.unwind or "abandoned")
        if self.kill is not None and self.deadline < self.started_at + self.environment.timeout:
            if self.kill.cause == "out_of_memory":
                return endings.out_of_memory(request.request_id)
            return endings.exited(request.request_id, "killed")
        legacy_at = platform.hub.scheduler.epoch() if platform.legacy_timeout_format else None
        return endings.timed_out(request.request_id, self.environment.timeout, legacy_at)

    def remaining(self) -> int:
        """Milliseconds left to the handler, as the context tells them. (RT-29)"""
        hub = self.environment.platform.hub
        start = hub.scheduler.start
        return remaining_in_millis(start + self.started_at + self.environment.timeout, start + hub.read())

    def trace_header(self) -> str:
        """The X-Ray trace header of this invocation. (RT-36)"""
        request = self.request
        began = request._queued_at if request._queued_at >= 0 else self.started_at
        return trace_header(request.request_id, self.environment.platform.hub.scheduler.start + began)

    # The log

    @property
    def request_id(self) -> str:
        return self.request.request_id

    @property
    def tenant_id(self) -> str | None:
        return None

    @property
    def config(self) -> FunctionConfig:
        return self.environment.config

    @property
    def root_level(self) -> int | None:
        return self.environment.root_level

    def write(self, text: str | bytes) -> None:
        if self._written is None:
            self._written = []
        self._written.append(text)

    @property
    def log(self) -> InvocationLog:
        """What was written so far, with what the platform and the runtime add to it. (RT-38)"""
        environment, start = self.environment, self.environment.platform.hub.scheduler.start
        log = InvocationLog(self.request.request_id, environment.config, environment.version)
        log.begin(start + self.started_at)
        for text in self._written or ():
            log.write(text)
        if self.ended_at >= 0:
            self._end_log(log, start + self.ended_at)
        return log

    def _end_log(self, log: InvocationLog, epoch: int) -> None:
        kind, duration = self.outcome.kind, self.ended_at - self.started_at
        if kind == "success":
            log.end(epoch, duration, self.init_duration)
        elif kind in _REPORTED_BY_THE_RUNTIME:
            log.write_error(self.outcome, epoch)
            log.end(epoch, duration, self.init_duration)
        elif kind == "timeout":
            log.end(epoch, duration, self.init_duration, "timeout")
        else:
            log.end(epoch, duration, self.init_duration, "error", self.outcome.error_type)


_KILLS = frozenset({"timeout", "exit", "out_of_memory", "init_error"})

# The runtime writes these to the log itself; the others are the platform's, which says so in its report. (RT-18)
_REPORTED_BY_THE_RUNTIME = frozenset({"function_error", "marshal_error", "unmarshal_error", "init_error"})
