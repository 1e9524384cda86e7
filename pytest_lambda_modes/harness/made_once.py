"""What an object makes when somebody asks for it: a test pays for what it uses."""

from __future__ import annotations

from _thread import RLock
from functools import cached_property
from typing import TYPE_CHECKING, Any

_MAKING = RLock()

if TYPE_CHECKING:
    made_once = cached_property
else:

    class made_once(cached_property):
        """A cached property that is made once, also when several threads are the first to ask for it."""

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            with _MAKING:
                return super().__get__(instance, owner)
