"""What fails a test that has gone well by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_lambda_modes.errors import LambdaModesError, LeftoverError

if TYPE_CHECKING:
    from pytest_lambda_modes.harness.lambda_modes import LambdaModes


def verdict(modes: LambdaModes, *, over: bool) -> pytest.ExceptionInfo[BaseException] | None:
    """An assert that failed in a handler, else work that was accepted and never ran; of that not before all is over."""
    failed = modes.failed_assertion()
    if failed is not None:
        return pytest.ExceptionInfo.from_exception(failed)
    left = modes.never_ran() if over and modes.settings.leftovers == "error" else []
    if not left:
        return None
    try:
        raise without_traceback(_leftover_error(left))
    except pytest.fail.Exception as error:
        return pytest.ExceptionInfo.from_exception(error)


def _leftover_error(left: list[str]) -> LeftoverError:
    lines = "\n".join(f"  {each}" for each in left)
    return LeftoverError(
        f"The test has ended, and work that Lambda accepted never ran:\n{lines}\n\n"
        "Let it happen: invocation.wait(), source.drain(), or lambda_clock.run_until_idle().\n"
        'Or say that it does not matter: @pytest.mark.lambda_modes(leftovers="ignore")'
    )


def without_traceback(error: LambdaModesError) -> BaseException:
    """The error as pytest shows it best when no line of the user's has raised it: by its message alone."""
    return pytest.fail.Exception(f"{type(error).__name__}: {error}", pytrace=False)
