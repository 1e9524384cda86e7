"""The fidelity page of the docs, written from the rules.

python -m pytest_lambda_modes.rules.fidelity > docs/reference/fidelity.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from itertools import groupby

from pytest_lambda_modes.rules import Rule, all_rules

_TITLES = {
    "RT": "Inside an invocation",
    "SYNC": "Synchronous invocation",
    "ASYNC": "Asynchronous invocation",
    "ESM": "Event source mappings",
    "SQS": "SQS",
    "KIN": "Kinesis and DynamoDB streams",
    "DDB": "The records of DynamoDB streams",
    "KAFKA": "Kafka",
    "MQ": "Amazon MQ",
    "DOCDB": "Change streams of DocumentDB",
    "FILT": "Event filtering",
    "EVT": "The events of push services",
    "MET": "Metrics",
}

_INTRODUCTION = """\
# Fidelity

What AWS does, rule by rule, and where the simulation stops. The timeline names these rules beside its decisions, and
each rule that is modelled is proved by at least one test of this project.

The certainty of a rule says how it is known:

- *recorded*: seen from AWS itself, in recordings that LocalStack made of the real service;
- *documented*: stated by AWS's documentation, its service model or the source of its runtime, or reported by a project
  that captured it from AWS;
- *inferred*: it follows from the others, or is a choice where AWS is silent.

What is called *not verified* was written down from memory of AWS's documentation, and waits to be compared with it.

LocalStack's tests are named as they stand below `tests/aws/services/lambda_` in its repository, or below
`tests/aws/services` where the name begins with another service's folder.
"""

_LIMITS = """\
## Limits of a simulation in the test process

- Handlers are Python callables in the test's own process. The module state of a callable is shared by all execution
  environments. Give the handler as a string, `"package.module.function"`, and it is imported anew for each cold start.
- A `threading.Lock` is shared in the same way: overlapping invocations contend for one lock, where in Lambda each
  environment has its own.
- Lambda kills a process at its deadline, and its `finally` blocks never run. Here they run, because the stack has to
  unwind. From the deadline on every further wait of that invocation raises again.
- CPU time costs no virtual time. Only waiting does.
- Worker threads are real threads on the one virtual clock. It moves only when every worker sleeps, waits or has ended,
  so parallel sleeps overlap, and whoever joins a thread or takes a result goes on when that has ended. A worker that is
  blocked in C for a second of real time (a lock, a socket), or runs for five without a stop, is not waited for. Threads
  that are older than the test's fixtures follow the clock, and their sleeps take no time.
- `Thread.join`, `Future.result`, `Event.wait`, `Condition.wait` and `wait_for`, `Semaphore.acquire`, `Barrier.wait`,
  `Queue.get` and `put`, and `wait`, `as_completed` and `Executor.map` of `concurrent.futures` take virtual time, with a
  timeout or without. They are real for a test or handler that has started no worker while an older thread runs, which
  could end them, and for threads that are older than the test's fixtures.
- `Lock.acquire` and `SimpleQueue.get` block in C: their timeouts count in real time.
- Plain sockets wait in real time, and virtual time stands still. Those of an asyncio loop are not waited for: with
  nothing else to do it moves on to its next timer, and a timeout around a real server's answer runs out at once.
- `os.times` and extension modules that read the clock in C see real time.
- A default argument that captured `time.sleep`, as in `def f(sleep=time.sleep)`, sleeps in real time.
- SnapStart, durable functions, managed instances, provisioned concurrency and tenant isolation are left out. Their
  settings are refused, not ignored.
"""


def fidelity_page() -> str:
    """The page as Markdown."""
    rules = all_rules().values()
    chapters = (_chapter(prefix, group) for prefix, group in groupby(rules, lambda rule: rule.id.split("-")[0]))
    return "\n".join(
        [
            _INTRODUCTION,
            *chapters,
            _reasons("Not modelled", "Why", ((rule, rule.not_modelled) for rule in rules)),
            _reasons("Does otherwise", "What happens here", ((rule, rule.departure) for rule in rules)),
            _LIMITS,
        ]
    )


def _chapter(prefix: str, rules: Iterable[Rule]) -> str:
    rows = ((rule.id, _escape(rule.sentence), rule.certainty, _links(rule.source)) for rule in rules)
    return _section(f"{_TITLES[prefix]} ({prefix})", ("Rule", "What AWS does", "Certainty", "Source"), rows)


def _reasons(title: str, heading: str, reasons: Iterable[tuple[Rule, str]]) -> str:
    rows = ((rule.id, _escape(rule.sentence), _escape(reason)) for rule, reason in reasons if reason)
    return _section(title, ("Rule", "What AWS does", heading), rows)


def _section(title: str, headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join([f"## {title}", "", _row(headings), _row("---" for _ in headings), *map(_row, rows), ""])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    """Text as itself in a table's cell: `__init__` is not bold, `<id>` is not HTML, and `|` ends no cell."""
    return re.sub(r"__|[*|<>\[\]]", lambda match: "".join(f"\\{character}" for character in match[0]), text)


def _links(source: str) -> str:
    return re.sub(r"https://[^\s;]+", r"<\g<0>>", source)


if __name__ == "__main__":
    sys.stdout.write(fidelity_page())
