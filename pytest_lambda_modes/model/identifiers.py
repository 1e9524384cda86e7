"""Ids that look like AWS's and repeat: each comes from the test's seed, its kind and a counter."""

from __future__ import annotations

from hashlib import blake2b


class Identifiers:
    """A source of ids. Same seed and same order of requests within a kind: same ids, on any machine. (VT-7)"""

    __slots__ = ("_counters", "_seeded")

    def __init__(self, seed: str) -> None:
        # Copying a hash that has taken in the seed costs a third of making a keyed one.
        self._seeded = blake2b(f"{seed}\n".encode())
        self._counters: dict[str, int] = {}

    def hex(self, kind: str, length: int = 32) -> str:
        """The next `length` (at most 128) lowercase hex digits of a kind."""
        count = self._counters.get(kind, 0)
        self._counters[kind] = count + 1
        digest = self._seeded.copy()
        digest.update(f"{kind}:{count}".encode())
        return digest.hexdigest()[:length]

    def uuid(self, kind: str) -> str:
        """The next id of a kind in the text form of a version 4 UUID, as AWS's request and message ids are."""
        digits = self.hex(kind)
        return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-{digits[18:30]}"

    def fraction(self, kind: str) -> float:
        """The next number of a kind in [0, 1): the seeded stand-in for a dice roll."""
        return int(self.hex(kind, 13), 16) / 16**13
