"""`*` in a pattern. (FILT-7.10)"""

from __future__ import annotations

from collections.abc import Callable

from pytest_lambda_modes.filtering.invalid_pattern import InvalidPattern

# AWS refuses what is too complex by an unpublished measure. LocalStack, checked against AWS, draws the line here.
MAX_WILDCARDS = 5


def wildcard(pattern: str) -> Callable[[str], bool]:
    """A test for text in which `*` stands for any run of characters, `\\*` for an asterisk, `\\\\` for a backslash.

    Raises InvalidPattern.
    """
    first, *middle = _pieces(pattern)
    if not middle:
        return lambda text: text == first
    last = middle.pop()

    def test(text: str) -> bool:
        if not text.startswith(first) or not text.endswith(last):
            return False
        position = len(first)
        for piece in middle:
            found = text.find(piece, position)
            if found < 0:
                return False
            position = found + len(piece)
        return position <= len(text) - len(last)

    return test


def _pieces(pattern: str) -> list[str]:
    """The literal texts before, between and after the wildcards."""
    pieces = [""]
    characters = iter(enumerate(pattern))
    for position, character in characters:
        if character == "*":
            if len(pieces) > 1 and not pieces[-1]:
                raise InvalidPattern(f"Consecutive wildcard characters at pos {position}")
            pieces.append("")
            continue
        if character == "\\":
            _, character = next(characters, (position, ""))
            if character not in ("*", "\\"):
                raise InvalidPattern(f"Invalid escape character at pos {position}")
        pieces[-1] += character
    if len(pieces) - 1 > MAX_WILDCARDS:
        raise InvalidPattern(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
            "after a wildcard character"
        )
    return pieces
