"""Ids that look like AWS's and repeat: each comes from the test's seed, its kind and a counter."""

from __future__ import annotations

from hashlib import blake2b
from struct import Struct


class Identifiers:
    """A source of ids. Same seed and same order of requests within a kind: same ids, on any machine. (VT-7)"""

    __slots__ = ("_counters", "_seeded", "_uuids")

    def __init__(self, seed: str) -> None:
        # Copying a hash that has taken in the seed costs a third of making a keyed one.
        self._seeded = blake2b(f"{seed}\n".encode())
        self._counters: dict[str, int] = {}
        self._uuids: dict[str, list[str]] = {}

    def hex(self, kind: str, length: int = 32) -> str:
        """The next `length` (at most 128) lowercase hex digits of a kind."""
        return self._digits(f"{kind}:{self.count(kind)}")[:length]

    def count(self, kind: str) -> int:
        """How many of a kind there were before: 0, 1, 2, ..."""
        count = self._counters.get(kind, 0)
        self._counters[kind] = count + 1
        return count

    def uuid(self, kind: str) -> str:
        """The next id of a kind in the text form of a version 4 UUID, as AWS's request and message ids are."""
        ready = self._uuids.get(kind)
        if not ready:
            # One digest is enough for four.
            digits = self.hex(kind, 128).encode()
            ready = self._uuids[kind] = [_as_uuid(digits, at) for at in (96, 64, 32, 0)]
        return ready.pop()

    def uuid_of(self, name: str) -> str:
        """The UUID of what has a name of its own: the same whenever it is asked for, and nothing is counted."""
        return _as_uuid(self._digits(name).encode(), 0)

    def fraction(self, kind: str) -> float:
        """The next number of a kind in [0, 1): the seeded stand-in for a dice roll."""
        return int(self.hex(kind, 13), 16) / 16**13

    def _digits(self, name: str) -> str:
        digest = self._seeded.copy()
        digest.update(name.encode())
        return digest.hexdigest()


# Slices of a str take twice as long.
_groups = Struct("8s4s3s3s12s").unpack_from


def _as_uuid(digits: bytes, at: int) -> str:
    return (b"%b-%b-4%b-a%b-%b" % _groups(digits, at)).decode()
