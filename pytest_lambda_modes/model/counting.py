"""How many there are, in words."""

from __future__ import annotations


def counted(count: int, thing: str, things: str = "") -> str:
    """`1 record`, `2 records`. `things` is the plural where it takes more than an `s`."""
    return f"{count} {thing if count == 1 else things or f'{thing}s'}"
