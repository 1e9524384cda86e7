"""How the runtime itself fails an invocation, before or after the handler's own code."""

from __future__ import annotations


class RuntimeFault(Exception):
    """A function error that the runtime reports in its own name: it has a type and a message, and no frames.

    `stack_trace` is empty but for a syntax error, which brings one string. (RT-2, RT-7, RT-11, RT-26)
    """

    error_type: str

    def __init__(self, message: str, stack_trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.stack_trace = stack_trace or []


class HandlerFault(RuntimeFault):
    """The handler setting names nothing that can be called up. `error_type` is one of RT-2's."""

    def __init__(self, error_type: str, message: str, stack_trace: list[str] | None = None) -> None:
        super().__init__(message, stack_trace)
        self.error_type = error_type


class ContextFault(RuntimeFault):
    """A client context that is not JSON. (RT-26)"""

    error_type = "Runtime.LambdaContextUnmarshalError"


class UnmarshalError(RuntimeFault):
    """An event that the runtime cannot parse. (RT-7)"""

    error_type = "Runtime.UnmarshalError"


class MarshalError(RuntimeFault):
    """A return value that the runtime cannot write as JSON. (RT-11)"""

    error_type = "Runtime.MarshalError"


class RuntimeCrash(BaseException):
    """The runtime's own code failed where nothing catches it: the process ends with exit status 1. (RT-17, RT-20)"""
