"""Errors that we raise on purpose end in the line of the user's that they are about."""

from __future__ import annotations

import os
from types import TracebackType

from pytest_lambda_modes.errors import LambdaModesError

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

# What calls fixtures and ends them. An error that has passed through no line of the user's keeps what it has.
_CALLERS = frozenset({"_pytest", "pluggy", "contextlib"})


def end_in_the_users_line(error: BaseException) -> None:
    """Cut our own last frames off an error of ours, and off those that it comes from. Others are left as they are."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        if isinstance(each, LambdaModesError):
            last = _last_that_is_not_ours(each.__traceback__)
            if last is not None:
                _end_at(last)
            elif each is not error:
                each.__traceback__ = None
        each = each.__cause__ or each.__context__


def _last_that_is_not_ours(tb: TracebackType | None) -> TracebackType | None:
    last = None
    while tb is not None:
        if not tb.tb_frame.f_code.co_filename.startswith(_OURS):
            last = tb
        tb = tb.tb_next
    return last


def _end_at(last: TracebackType) -> None:
    if str(last.tb_frame.f_globals.get("__name__")).partition(".")[0] not in _CALLERS:
        last.tb_next = None
