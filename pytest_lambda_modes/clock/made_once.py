"""What an object makes when somebody asks for it: a test pays for what it uses."""

from __future__ import annotations

from _thread import RLock
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    made_once = cached_property
else:

    class made_once(cached_property):
        """A cached property that is made once, also when several threads are the first to ask for it.

        Each has a lock of its own: to make one may start a thread, which asks for another before it is waited for.
        """

        def __init__(self, make: Callable[[Any], Any]) -> None:
            super().__init__(make)
            self._making = RLock()

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            with self._making:
                return super().__get__(instance, owner)
