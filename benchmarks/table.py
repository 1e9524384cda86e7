"""The table of ratios: `python -m benchmarks.table RESULTS.json [--strict]`.

Reads what pytest-benchmark wrote. With `--strict` a target that is missed, or was not measured, is exit status 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.rows import ROWS, Amount, Ratio, Row

HEADINGS = ("what", "ours", "beside", "", "ratio", "target", "met", "others, in the same measure")
NUMBERS = (1, 3, 4, 5)


@dataclass
class Laps:
    """What one contestant needed, lap by lap: seconds for an operation, and notes."""

    seconds: dict[int, float] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return median(self.seconds.values())


Results = dict[str, dict[str, Laps]]


def read(benchmarks: Iterable[dict[str, Any]]) -> Results:
    """Races, contestants and their laps from the benchmarks in pytest-benchmark's JSON."""
    results: Results = {}
    for benchmark in benchmarks:
        info = benchmark["extra_info"]
        laps = results.setdefault(info["race"], {}).setdefault(info["contestant"], Laps())
        laps.seconds[info["lap"]] = benchmark["stats"]["median"] / info["operations"]
        laps.notes.update(info)
    return results


def ratio(ours: Laps, base: Laps) -> float:
    """The median of the ratios within each lap."""
    return median(ours.seconds[lap] / base.seconds[lap] for lap in ours.seconds.keys() & base.seconds.keys())


@dataclass(frozen=True)
class Line:
    """One row as it is shown. `met` is None if there is no target."""

    cells: tuple[str, ...]
    met: bool | None


def _line(row: Row, race: dict[str, Laps]) -> Line:
    needed = {row.ours, row.base} if isinstance(row, Ratio) else {row.ours}
    if not needed <= race.keys():
        return Line((row.what, "not measured", "", "", "", "", "", ""), None if row.at_most is None else False)
    return _ratio_line(row, race) if isinstance(row, Ratio) else _amount_line(row, race)


def _ratio_line(row: Ratio, race: dict[str, Laps]) -> Line:
    ours, base = race[row.ours], race[row.base]
    value = ratio(ours, base)
    met = None if row.at_most is None else value <= row.at_most
    shown = _SHOWN[row.unit]
    others = [f"{_words(name)} {_short(ratio(laps, base))}" for name, laps in _others(race, row.ours, row.base)]
    cells = (row.what, shown(ours.median), _words(row.base), shown(base.median), f"{value:.2f}")
    return Line((*cells, *_target(row.at_most, met), ", ".join(others)), met)


def _amount_line(row: Amount, race: dict[str, Laps]) -> Line:
    def amount(laps: Laps) -> float:
        return laps.median * 1000 if row.note is None else float(laps.notes[row.note])

    value = amount(race[row.ours])
    met = value <= row.at_most
    others = [f"{_words(name)} {_short(amount(laps))}" for name, laps in _others(race, row.ours)]
    return Line((row.what, _short(value), "", "", "", *_target(row.at_most, met), ", ".join(others)), met)


def _others(race: dict[str, Laps], *shown: str) -> list[tuple[str, Laps]]:
    return [(name, laps) for name, laps in race.items() if name not in shown]


def _target(at_most: float | None, met: bool | None) -> tuple[str, str]:
    return ("", "") if at_most is None else (f"≤ {at_most:g}", "yes" if met else "NO")


def duration(seconds: float) -> str:
    """Three digits and the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


_SHOWN: dict[str, Callable[[float], str]] = {
    "time": duration,
    "a second": lambda seconds: f"{1 / seconds:,.0f} a second",
    "calls": lambda calls: f"{calls:,.0f} calls",
}


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def table(results: Results) -> list[Line]:
    return [_line(row, results.get(row.race, {})) for row in ROWS]


def text(lines: Sequence[Line]) -> str:
    rows = [HEADINGS, *(each.cells for each in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]

    def align(column: int, cell: str) -> str:
        return cell.rjust(widths[column]) if column in NUMBERS else cell.ljust(widths[column])

    return "\n".join("  ".join(align(column, cell) for column, cell in enumerate(row)).rstrip() for row in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description="The table of ratios.")
    parser.add_argument("results", type=Path, help="what pytest wrote with --benchmark-json")
    parser.add_argument("--strict", action="store_true", help="exit with status 1 when a target is missed")
    options = parser.parse_args(arguments)
    saved = json.loads(options.results.read_text(encoding="utf-8"))
    lines = table(read(saved["benchmarks"]))
    machine = saved["machine_info"]
    print(f"{machine['python_implementation']} {machine['python_version']}, {saved['datetime'][:10]}\n\n{text(lines)}")
    return int(options.strict and any(each.met is False for each in lines))


if __name__ == "__main__":
    sys.exit(main())
