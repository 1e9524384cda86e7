"""What a mode asks a function to run."""

from __future__ import annotations

from typing import Any, ClassVar


class Request:
    """All attempts at it are the same request.

    `mode` is `"sync"`, `"async"` or `"poll"`. `queued_at` is when an asynchronous event was accepted, in microseconds
    since the virtual start. `lineage` counts, by function, the invocations that led to this one (ASYNC-36).
    """

    __slots__ = ("request_id",)

    mode: ClassVar[str]
    request_id: str
    # A kind of request has those of these that it needs.
    qualifier: str | None = None
    queued_at: int | None = None
    client_context: Any = None
    lineage: dict[str, int] | None = None

    def make_event(self) -> object:
        """The event as the handler receives it, made anew each time. Raises UnmarshalError. (RT-7, RT-9)"""
        raise NotImplementedError
