"""The errors of AWS's APIs are made when the first of them is asked for, and are as if they had always been there."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import pytest

import pytest_lambda_modes
from pytest_lambda_modes import errors


def run(code: str) -> str:
    return subprocess.check_output([sys.executable, "-c", code], text=True).strip()


USES = {
    "from pytest_lambda_modes.errors import ConfigError": False,
    "from pytest_lambda_modes import NotSettledError, facts": False,
    "import pytest_lambda_modes.errors as errors; hasattr(errors, '__path__'), hasattr(errors, '__wrapped__')": False,
    "from pytest_lambda_modes.errors import TooManyRequestsException": True,
    "from pytest_lambda_modes import ApiError": True,
    "import pytest_lambda_modes; pytest_lambda_modes.errors.QueueDoesNotExist": True,
}


@pytest.mark.parametrize("use, loads", USES.items(), ids=range(len(USES)))
def test_they_are_loaded_when_one_is_asked_for(use: str, loads: bool) -> None:
    """And not by what else there is, nor by who only looks around."""
    assert run(f"{use}\nimport sys; print('pytest_lambda_modes.errors.api' in sys.modules)") == str(loads)


def test_all_errors_are_exported() -> None:
    """By the package and by its module, to `import *` and to `dir`."""
    namespace: dict[str, Any] = {}
    exec("from pytest_lambda_modes import *", namespace)
    from_the_module: dict[str, Any] = {}
    exec("from pytest_lambda_modes.errors import *", from_the_module)
    names = errors.names()
    assert {"ConfigError", "ApiError", "TooManyRequestsException", "ValidationException"} < set(names)
    assert len(names) > 60
    for name in names:
        assert namespace[name] is getattr(errors, name) is getattr(pytest_lambda_modes, name)
        assert from_the_module[name] is namespace[name]
    assert from_the_module.keys() - {"__builtins__"} == set(names)
    assert set(names) < set(dir(pytest_lambda_modes))


def test_none_is_missing_before_they_are_loaded() -> None:
    """A process that has asked for none yet sees all, too."""
    shown = run("from pytest_lambda_modes.errors import *; print(TooManyRequestsException.__module__)")
    assert shown == "pytest_lambda_modes.errors"
    assert run("from pytest_lambda_modes import errors; print('ApiError' in dir(errors))") == "True"


@pytest.mark.parametrize("module", [errors, pytest_lambda_modes])
def test_a_name_that_is_no_errors_is_refused(module: Any) -> None:
    """As by any module."""
    with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute 'TooManyRequests'"):
        module.TooManyRequests  # noqa: B018


def test_an_error_can_be_pickled() -> None:
    """Under the name that users import, also by a process that has not made the classes yet."""
    error = errors.TooManyRequestsException("Rate Exceeded.")
    assert type(error).__module__ == "pytest_lambda_modes.errors"
    pickled = pickle.dumps(error)
    assert type(pickle.loads(pickled)) is errors.TooManyRequestsException
    assert run(f"import pickle; print(pickle.loads({pickled!r}))") == str(error)


NESTED = """
    import pytest

    pytest_plugins = ["pytester"]

    INNER = '''
        import pytest

        def test_throttled(lambda_modes):
            from pytest_lambda_modes import TooManyRequestsException

            function = lambda_modes.function(print, reserved_concurrent_executions=0)
            with pytest.raises(TooManyRequestsException):
                lambda_modes.sync_invoke(function, 1)
        '''

    @pytest.mark.parametrize("number", [1, 2])
    def test_inside(pytester, number):
        pytester.makeini("[pytest]\\nasyncio_default_fixture_loop_scope = function")
        pytester.makepyfile(INNER)
        pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)

    def test_outside(lambda_modes):
        from pytest_lambda_modes.errors import TooManyRequestsException

        function = lambda_modes.function(print, reserved_concurrent_executions=0)
        with pytest.raises(TooManyRequestsException):
            lambda_modes.sync_invoke(function, 1)
    """


def test_there_is_one_copy_of_each(suite: Any) -> None:
    """pytester forgets the module with which they came, and not the classes."""
    suite.run_apart(NESTED, "-p", "no:cov").assert_outcomes(passed=3)
