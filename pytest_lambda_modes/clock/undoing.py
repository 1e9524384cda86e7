"""What has been changed, to be put back in the opposite order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any


class Undo:
    """The steps that put things back: an ExitStack at a fraction of its cost, which every test would pay."""

    __slots__ = ("_steps",)

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def add(self, step: Callable[[], object]) -> None:
        self._steps.append(step)

    def replace(self, owner: Any, name: str, stand_in: object) -> None:
        """Give a class or module another attribute, in the place of its own."""
        self._steps.append(partial(setattr, owner, name, vars(owner)[name]))
        setattr(owner, name, stand_in)

    def run(self) -> None:
        """Take every step, the last first, whatever the others raise. The second time there is none left."""
        steps = self._steps
        try:
            while steps:
                steps.pop()()
        finally:
            if steps:
                self.run()
