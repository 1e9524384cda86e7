"""The timeline as text: a line for each fact, in columns."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_lambda_modes.model.facts import Fact
from pytest_lambda_modes.timeline import wording

# Wider cells push the rest of their own line to the right, and nobody else's. The last column needs no width.
_WIDEST = (20, 30, 40, 60)
_KEEP = 60


def render(facts: Sequence[Fact], keep: int = _KEEP) -> str:
    """`time  who  what  detail  rule`, a line for each fact.

    Of a long timeline the first and last `keep` lines stay, with a line between that says how many are left out; those
    are never formatted.
    """
    left_out = len(facts) - 2 * keep
    if left_out <= 1:
        return "\n".join(_lines(facts))
    lines = _lines([*facts[:keep], *facts[len(facts) - keep :]])
    lines.insert(keep, f"... {left_out:,} facts left out ...")
    return "\n".join(lines)


def _lines(facts: Sequence[Fact]) -> list[str]:
    rows = [_row(fact) for fact in facts]
    widths = [min(max((len(row[column]) for row in rows), default=0), widest) for column, widest in enumerate(_WIDEST)]
    return [_line(row, widths) for row in rows]


def _row(fact: Fact) -> tuple[str, ...]:
    what, detail = wording.words(fact)
    return wording.moment(fact.at), fact.who, what, detail, wording.rule_of(fact)


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    time, *cells = row
    padded = [cell.ljust(width) for cell, width in zip(cells, widths[1:], strict=False)]
    return "  ".join([time.rjust(widths[0]), *padded, cells[-1]]).rstrip()
