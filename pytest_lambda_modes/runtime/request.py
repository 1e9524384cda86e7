"""What a mode asks a function to run."""

from __future__ import annotations

from typing import Any, ClassVar


class Request:
    """What all attempts at it share; of a stream's batch each attempt is a request.

    Its kinds are the handles that a test holds, so what the runtime alone reads is underscored. `_mode` is `"sync"`,
    `"async"` or `"poll"`. `_queued_at` is when an asynchronous event was accepted, in microseconds since the virtual
    start, and below 0 for all others. `_lineage` counts, by function, the invocations that led to this one (ASYNC-36).
    """

    __slots__ = ("request_id",)

    _mode: ClassVar[str]
    request_id: str
    # A kind of request has those of these that it needs.
    _qualifier: str | None = None
    _queued_at: int = -1
    _client_context: Any = None
    _lineage: dict[str, int] | None = None

    def _make_event(self) -> object:
        """The event as the handler receives it, made anew each time. Raises UnmarshalError. (RT-7, RT-9)"""
        raise NotImplementedError
