"""What all functions of one test share: the clock's hub, ids, the account, and who is told what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.watchdog import Watchdog
from pytest_lambda_modes.errors import StuckHandlerError
from pytest_lambda_modes.model.facts import Emit
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.runtime.concurrency import AccountConcurrency
from pytest_lambda_modes.runtime.environment_variables import ProcessVariables
from pytest_lambda_modes.runtime.http_endpoints import HttpEndpoints
from pytest_lambda_modes.runtime.logs import LogCapture

if TYPE_CHECKING:
    from pytest_lambda_modes.runtime.function import Function


class Platform:
    """The Lambda service of one test.

    `emit` is told every fact. `passes_through` are the exceptions that no handler's end turns into a function error:
    they belong to whoever runs the test. `assertions` collects the failed asserts of handlers. `endpoints` are the
    HTTP endpoints that handlers reach.
    """

    __slots__ = (
        "account",
        "assertions",
        "emit",
        "endpoints",
        "functions",
        "hub",
        "identifiers",
        "legacy_timeout_format",
        "logs",
        "passes_through",
        "variables",
        "watchdog",
    )

    def __init__(
        self,
        hub: Hub,
        identifiers: Identifiers,
        account: AccountConcurrency,
        logs: LogCapture,
        variables: ProcessVariables,
        watchdog: Watchdog,
        emit: Emit,
        passes_through: tuple[type[BaseException], ...] = (KeyboardInterrupt,),
        legacy_timeout_format: bool = False,
    ) -> None:
        self.hub = hub
        self.identifiers = identifiers
        self.account = account
        self.logs = logs
        self.variables = variables
        self.watchdog = watchdog
        self.emit = emit
        self.passes_through = (*passes_through, StuckHandlerError)
        self.legacy_timeout_format = legacy_timeout_format
        self.endpoints = HttpEndpoints()
        self.functions: dict[str, Function] = {}
        self.assertions: list[AssertionError] = []
