"""The frames of an error as AWS's runtime writes them: file, line, function, source line, and no caret lines."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from itertools import groupby
from types import CodeType, TracebackType

# Frames of the simulation stand where frames of AWS's bootstrap.py would.
_OURS = os.path.dirname(os.path.dirname(__file__)) + os.sep

# `traceback` shows a recursion's frame this often and then counts.
_REPEATS_SHOWN = 3

# Formatting a frame stats its file and reads its line: 30 us, for a text that stays the same. The code object is kept
# beside the text, so that its id stays its own; a module imported again has new ones.
_formatted: dict[tuple[int, int], tuple[CodeType, str]] = {}
_FORMATTED_LIMIT = 10_000


def stack_trace(tb: TracebackType | None) -> tuple[str, ...]:
    """The frames, outermost first, as `traceback.format_list` writes them. (RT-14)

    The leading frames of the simulation are left out, as the runtime leaves out its own. When there are no others (the
    handler takes other arguments, or is not callable) the last of them stays: the frame that called the handler.
    """
    frames: list[str] = []
    tb = of_the_handler(tb)
    while tb is not None:
        code = tb.tb_frame.f_code
        known = _formatted.get((id(code), tb.tb_lineno))
        frames.append(_format(tb, code) if known is None else known[1])
        tb = tb.tb_next
    return tuple(frames if len(frames) <= _REPEATS_SHOWN else _fold_repeats(frames))


def of_the_handler(tb: TracebackType | None) -> TracebackType | None:
    """A traceback without the leading frames of the simulation; with the last of them, if there are no others."""
    while tb is not None and tb.tb_next is not None and tb.tb_frame.f_code.co_filename.startswith(_OURS):
        tb = tb.tb_next
    return tb


def _format(tb: TracebackType, code: CodeType) -> str:
    frame = traceback.extract_tb(tb, limit=1)[0]
    # Without columns there are no caret lines: the runtime passes plain tuples.
    plain = traceback.FrameSummary(frame.filename, frame.lineno, frame.name, line=frame.line)
    text = traceback.format_list([plain])[0]
    if len(_formatted) >= _FORMATTED_LIMIT:
        _formatted.clear()
    _formatted[id(code), tb.tb_lineno] = (code, text)
    return text


def _fold_repeats(frames: list[str]) -> Iterator[str]:
    for text, group in groupby(frames):
        count = len(list(group))
        yield from [text] * min(count, _REPEATS_SHOWN)
        more = count - _REPEATS_SHOWN
        if more > 0:
            yield f"  [Previous line repeated {more} more time{'s' if more > 1 else ''}]\n"
