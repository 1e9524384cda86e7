"""What a report says of user code that does not move: where it is, and which lock it waits for."""

from __future__ import annotations

import ast
import inspect
import linecache
import traceback
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import NamedTuple

_PACKAGE = __name__.partition(".")[0]
_DEBUGGERS = frozenset({"bdb", "pydevd", "_pydevd_bundle"})

# Modules whose frames stand between a user's line and the lock it waits for.
_WAITING_ROOMS = frozenset({"threading", "queue"})


class AwaitedLock(NamedTuple):
    """A lock that a line of user code is blocked on, and its name there."""

    name: str
    lock: object


def stuck_report(who: str, limit: float, frame: FrameType, suspended: Mapping[str, FrameType | None]) -> str:
    """The whole text. `suspended` are the stacks of those that wait on the clock, by name."""
    parts = [
        f"{who} has run {limit:g} s of real time without waiting, so it counts as stuck.",
        "It is here:\n\n" + formatted_stack(frame),
    ]
    awaited = awaited_lock(frame)
    if awaited is not None:
        parts.append(_lock_paragraph(awaited, suspended))
    else:
        parts.append(f"Code that needs longer is given longer: real_time_limit={limit * 5:g}")
    return "\n\n".join(parts)


def _lock_paragraph(awaited: AwaitedLock, suspended: Mapping[str, FrameType | None]) -> str:
    lines = [f"It waits for {awaited.name}, a {_type_name(awaited.lock)} that is taken."]
    for name, stack in suspended.items():
        line = _line_that_refers(stack, awaited.lock)
        if line is not None:
            lines.append(f"{name} refers to the same lock, and is suspended here:\n\n{line}")
    lines.append(
        "Handlers that overlap share one thread, so one that waits while it holds a lock keeps all others from it, and "
        "nobody is left to wake it. In AWS each has a process of its own, and a lock of its own.\n"
        '  To have that here too: name the handler by a string, handler="module.function".\n'
        "  Or release the lock before the handler waits."
    )
    return "\n\n".join(lines)


def formatted_stack(frame: FrameType) -> str:
    """The frames of user code, outermost first. What lies outside of this package's own calls is left out."""
    frames = list(_outwards(frame))
    names = [_module(each) for each in frames]
    if _PACKAGE in names:
        # Frames run from the innermost out: the last of ours is where this package took over.
        frames = frames[: len(names) - names[::-1].index(_PACKAGE)]
    return _format([each for each in reversed(frames) if _module(each) != _PACKAGE]).rstrip()


def is_in_a_debugger(frame: FrameType) -> bool:
    """Whether somebody looks at it already."""
    return any(_module(each) in _DEBUGGERS for each in _outwards(frame))


def awaited_lock(frame: FrameType) -> AwaitedLock | None:
    """The lock whose `with` or `acquire` is what the user's innermost line is doing, if it is held."""
    user = next((each for each in _outwards(frame) if _module(each) not in _WAITING_ROOMS), frame)
    source = linecache.getline(user.f_code.co_filename, user.f_lineno or 0)
    for expression in _acquired_expressions(source):
        lock = _resolve(expression, user)
        if hasattr(lock, "acquire") and hasattr(lock, "release") and _is_held(lock):
            return AwaitedLock(ast.unparse(expression), lock)
    return None


def _acquired_expressions(source: str) -> Iterator[ast.expr]:
    """What a line takes: `LOCK` in `with LOCK:`, in `with open(p), LOCK:` and in `if LOCK.acquire():`."""
    line = source.strip()
    tree = _parsed(line) or _parsed(f"{line} pass")
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.With):
            yield from (item.context_expr for item in node.items)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "acquire":
            yield node.func.value


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def _resolve(expression: ast.expr, frame: FrameType) -> object:
    """The value of a name, or of attributes of one, without running any code for it. None for all else."""
    if isinstance(expression, ast.Name):
        return frame.f_locals.get(expression.id, frame.f_globals.get(expression.id))
    if isinstance(expression, ast.Attribute):
        return inspect.getattr_static(_resolve(expression.value, frame), expression.attr, None)
    return None


def _is_held(lock: object) -> bool:
    locked = getattr(lock, "locked", None)
    return bool(locked()) if callable(locked) else True


def _line_that_refers(stack: FrameType | None, lock: object) -> str | None:
    frames = [frame for frame in _outwards(stack) if _module(frame) != _PACKAGE]
    if not any(_refers(frame, lock) for frame in frames):
        return None
    return _format(frames[:1]).rstrip()


def _refers(frame: FrameType, lock: object) -> bool:
    """Whether a local of the frame is that lock, or a global or an attribute that its code names."""
    names = frame.f_code.co_names
    local = list(frame.f_locals.values())
    return (
        any(value is lock for value in local)
        or any(frame.f_globals.get(name) is lock for name in names)
        or any(inspect.getattr_static(value, name, None) is lock for value in local for name in names)
    )


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _format(frames: list[FrameType]) -> str:
    lines = ((frame, frame.f_lineno) for frame in frames)
    return "".join(traceback.StackSummary.extract(lines).format())


def _type_name(value: object) -> str:
    kind = type(value)
    module = "threading" if kind.__module__ == "_thread" else kind.__module__
    return f"{module}.{'Lock' if kind.__name__ == 'lock' else kind.__name__}"
