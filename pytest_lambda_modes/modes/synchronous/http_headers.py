"""Headers as HTTP clients show them: names in any case, several values of a name together or apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_lambda_modes.modes.synchronous.proxy_fields import Pairs


class Headers(Mapping[str, str]):
    """`headers["X-Id"]` has all values of a name, with `, ` between; `get_all` has them one by one."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Pairs) -> None:
        self._values: dict[str, tuple[str, list[str]]] = {}
        for name, value in pairs:
            self._values.setdefault(name.lower(), (name, []))[1].append(value)

    def get_all(self, name: str) -> list[str]:
        """All values of a name, in order; empty without one."""
        return list(self._values.get(name.lower(), ("", []))[1])

    def __getitem__(self, name: str) -> str:
        try:
            return ", ".join(self._values[name.lower()][1])
        except (KeyError, AttributeError):
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({dict(self)})"
