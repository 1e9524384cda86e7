"""Which environment variables a handler sees, for how long, and what is left of them in the test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.clock.host_state import put_variables
from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.runtime.environment_variables import (
    EnvironmentVariables,
    ProcessVariables,
    encode,
    lambda_variables,
)

CONFIG = FunctionConfig(
    function_name="orders", memory_size=256, runtime="python3.13", environment={"TABLE": "orders", "LANG": "de_DE"}
)


@pytest.fixture
def process() -> Iterator[ProcessVariables]:
    process = ProcessVariables()
    process.install()
    yield process
    process.uninstall()


@contextmanager
def entered(environment: EnvironmentVariables, trace_id: str | None = None) -> Iterator[None]:
    displaced = os.environ._data  # type: ignore[attr-defined]
    put_variables(environment.prepare(None if trace_id is None else lambda: trace_id))
    try:
        yield
    finally:
        put_variables(displaced)
        environment.note_changes()


def made(process: ProcessVariables, **own: str) -> EnvironmentVariables:
    return EnvironmentVariables(process, encode(own))


def echo(name: str) -> list[str]:
    return [sys.executable, "-c", f"import os; print(os.environ.get({name!r}))"]


# What Lambda sets


@pytest.mark.rule("RT-35")
def test_what_lambda_sets():
    """Lambda describes the function, and the function's own variables win."""
    variables = lambda_variables(CONFIG, handler="app.handler", version="7", initialization_type="snap-start")
    assert variables == {
        "_HANDLER": "app.handler",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "orders",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "7",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/orders",
        "AWS_LAMBDA_RUNTIME_API": "169.254.100.1:9001",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LANG": "de_DE",
        "LC_CTYPE": "C.UTF-8",
        "TZ": ":UTC",
        "TABLE": "orders",
    }


@pytest.mark.rule("RT-35", "RT-39")
@pytest.mark.parametrize("configured, level", [(None, "INFO"), ("DEBUG", "DEBUG")])
def test_json_logs_are_told_to_the_runtime(configured, level):
    """With JSON logs the format and the level are variables too."""
    config = FunctionConfig(function_name="f", log_format="JSON", application_log_level=configured)
    variables = lambda_variables(config, handler="app.handler", version="$LATEST")
    assert (variables["AWS_LAMBDA_LOG_FORMAT"], variables["AWS_LAMBDA_LOG_LEVEL"]) == ("JSON", level)


@pytest.mark.rule("RT-35")
def test_machine_keeps_its_paths_and_not_its_credentials(process, monkeypatch):
    """A handler finds the machine's programs, and never the machine's credentials."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a real one")
    path = os.environ["PATH"]
    own = lambda_variables(CONFIG, handler="app.handler", version="$LATEST")
    with entered(made(process, **own)):
        assert os.environ["PATH"] == path
        assert os.environ["AWS_SECRET_ACCESS_KEY"] == "testing"
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "a real one"


@pytest.mark.rule("RT-36")
def test_trace_id_belongs_to_the_invocation(process, monkeypatch):
    """The trace id is absent in the init, even if the process has one, and new for each invocation."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=the-test's")
    environment = made(process)
    with entered(environment):
        assert "_X_AMZN_TRACE_ID" not in os.environ
    for trace_id in ("Root=1", "Root=2"):
        with entered(environment, trace_id):
            assert os.environ["_X_AMZN_TRACE_ID"] == trace_id
    with entered(environment):
        assert "_X_AMZN_TRACE_ID" not in os.environ
    assert os.environ["_X_AMZN_TRACE_ID"] == "Root=the-test's"


@pytest.mark.rule("RT-36")
def test_the_trace_id_is_made_for_those_who_look(process):
    """However the variables are read, it is among them; a handler that reads others does not pay for it."""
    asked = []

    def trace_id():
        asked.append("")
        return "Root=1"

    variables = made(process, TABLE="orders").prepare(trace_id)
    assert variables[b"TABLE"] == b"orders"
    assert len(variables) == len(list(variables))
    assert b"_X_AMZN_TRACE_ID" in variables
    assert not asked
    assert (b"_X_AMZN_TRACE_ID", b"Root=1") in variables.items()
    with entered(made(process), "Root=1"):
        assert os.environ.copy()["_X_AMZN_TRACE_ID"] == dict(os.environ)["_X_AMZN_TRACE_ID"] == "Root=1"
        assert "'_X_AMZN_TRACE_ID': 'Root=1'" in repr(os.environ)
        assert os.environb[b"_X_AMZN_TRACE_ID"] == b"Root=1"


def test_a_handler_may_set_its_own_trace_id(process):
    """Its value is there, or none, until the next invocation brings another."""
    environment = made(process)
    with entered(environment, "Root=1"):
        os.environ["_X_AMZN_TRACE_ID"] = "Root=mine"
        assert os.environ["_X_AMZN_TRACE_ID"] == "Root=mine"
    with entered(environment, "Root=2"):
        assert os.environ.pop("_X_AMZN_TRACE_ID") == "Root=2"
        assert "_X_AMZN_TRACE_ID" not in os.environ
    with entered(environment, "Root=3"):
        assert os.environ["_X_AMZN_TRACE_ID"] == "Root=3"


# Whose changes are seen where


def test_own_variables_win_over_the_process(process, monkeypatch):
    """A handler sees the process's variables with its function's laid over them, as text and as bytes."""
    monkeypatch.setenv("TABLE", "the test's")
    monkeypatch.setenv("STAGE", "test")
    with entered(made(process, TABLE="orders é")):
        assert (os.environ["TABLE"], os.environ["STAGE"]) == ("orders é", "test")
        assert os.getenv("TABLE") == "orders é"
        assert os.environb[b"TABLE"] == "orders é".encode()
    assert os.environ["TABLE"] == "the test's"
    assert os.environb[b"TABLE"] == b"the test's"


@pytest.mark.rule("RT-22")
def test_changes_of_a_handler_last_while_it_is_warm(process):
    """What a handler sets or deletes is there in its next run, and not in the test, nor in another environment."""
    environment, other = made(process, TABLE="orders", QUEUE="q"), made(process, TABLE="orders", QUEUE="q")
    with entered(environment):
        os.environ["TABLE"] = "mine"
        del os.environ["QUEUE"]
        os.environ.setdefault("NEW", "1")
    assert "NEW" not in os.environ
    with entered(other):
        assert (os.environ["TABLE"], os.environ["QUEUE"], os.environ.get("NEW")) == ("orders", "q", None)
    with entered(environment):
        assert (os.environ["TABLE"], os.environ.get("QUEUE"), os.environ["NEW"]) == ("mine", None, "1")


def test_changes_of_the_test_are_seen_by_the_next_run(process, monkeypatch):
    """A test's setenv and delenv between two runs are seen, and what the handler changed stays on top."""
    monkeypatch.setenv("STAGE", "one")
    environment = made(process)
    with entered(environment):
        os.environ["MINE"] = "handler"
        del os.environ["STAGE"]
    monkeypatch.setenv("STAGE", "two")
    monkeypatch.setenv("MINE", "the test's")
    monkeypatch.setenv("LATE", "seen")
    with entered(environment):
        assert (os.environ["MINE"], os.environ.get("STAGE"), os.environ["LATE"]) == ("handler", None, "seen")
    monkeypatch.delenv("LATE")
    with entered(environment):
        assert "LATE" not in os.environ


def test_an_unchanged_process_is_not_copied_again(process):
    """Entering again lays nothing over the process anew, unless the process changed."""
    environment = made(process, TABLE="orders")
    first = environment.prepare()
    assert environment.prepare(lambda: "Root=1") is first
    os.environ["ANY"] = "change"
    assert environment.prepare() is not first
    del os.environ["ANY"]


changes = st.lists(
    st.tuples(st.sampled_from(["test", "handler"]), st.sampled_from("ABC"), st.sampled_from(["1", "2", None])),
    max_size=12,
)


@settings(deadline=None, derandomize=True)
@given(changes)
def test_layers(changes):
    """Whatever test and handler set and delete in turn: each sees its own change first, the handler the test's next."""
    process = ProcessVariables()
    process.install()
    environment = made(process, B="function's")
    test: dict[str, str | None] = {}
    handler: dict[str, str | None] = {}
    try:
        for who, name, value in changes:
            if who == "test":
                test[name] = change(name, value)
            else:
                with entered(environment):
                    if value is not None or name in os.environ:
                        handler[name] = change(name, value)
            assert {key: os.environ.get(key) for key in "ABC"} == {key: test.get(key) for key in "ABC"}
            expected = {"A": None, "C": None, **test, "B": "function's", **handler}
            with entered(environment):
                assert {key: os.environ.get(key) for key in "ABC"} == expected
    finally:
        for name in "ABC":
            os.environ.pop(name, None)
        process.uninstall()


def change(name: str, value: str | None) -> str | None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
    return value


def test_an_environment_within_another(process):
    """A handler that invokes another function has its own variables afterwards, and the other saw none of them."""
    outer, inner = made(process, NAME="outer"), made(process, NAME="inner")
    with entered(outer):
        os.environ["MINE"] = "outer's"
        with entered(inner):
            assert (os.environ["NAME"], os.environ.get("MINE")) == ("inner", None)
        assert (os.environ["NAME"], os.environ["MINE"]) == ("outer", "outer's")
    assert "NAME" not in os.environ


# Subprocesses, and the end


def test_subprocesses_of_a_handler_see_its_variables(process, capfd):
    """A subprocess started without env= gets what os.environ says, and one with env= gets that."""
    with entered(made(process, TABLE="orders")):
        assert subprocess.check_output(echo("TABLE"), text=True).strip() == "orders"
        assert subprocess.check_output(echo("TABLE"), text=True, env={"TABLE": "given"}).strip() == "given"
        os.environ["TABLE"] = "changed"
    assert subprocess.check_output(echo("TABLE"), text=True).strip() == "None"


def test_positional_env_is_respected(process):
    """Popen's env is its eleventh argument for those who count."""
    arguments = (-1, None, None, subprocess.PIPE, None, None, True, False, None, {"TABLE": "given"})
    with subprocess.Popen(echo("TABLE"), *arguments) as child:
        assert child.communicate()[0].strip() == b"given"


def test_c_variables_are_put_back():
    """What a handler changed reaches C while it runs, and is undone there at the end."""
    os.environ["KEPT"] = "the test's"
    process = ProcessVariables()
    process.install()
    with entered(made(process, TABLE="orders")):
        os.environ["KEPT"] = "the handler's"
        os.environ["LEAKED"] = "the handler's"
    process.uninstall()
    seen = subprocess.check_output(["/bin/sh", "-c", "echo $KEPT-$LEAKED-$TABLE"], text=True)
    assert seen.strip() == "the test's--"
    del os.environ["KEPT"]


def test_uninstall_leaves_the_process_as_the_test_left_it():
    """After the end os.environ is the dict it was, with the test's own changes, and Popen is itself again."""
    before, data, popen = dict(os.environ), os.environ._data, subprocess.Popen.__init__
    process = ProcessVariables()
    process.install()
    assert subprocess.Popen.__init__ is not popen
    os.environ["NEW"] = "the test's"
    process.uninstall()
    assert dict(os.environ) == {**before, "NEW": "the test's"}
    assert os.environ._data is data
    assert subprocess.Popen.__init__ is popen
    del os.environ["NEW"]
    process.uninstall()
    assert dict(os.environ) == before


def test_installs_nest(process):
    """A fixture within another's life puts back the outer one's variables."""
    inner = ProcessVariables()
    inner.install()
    os.environ["NEW"] = "inside"
    inner.uninstall()
    with entered(made(process)):
        assert os.environ["NEW"] == "inside"
    del os.environ["NEW"]
    with entered(made(process)):
        assert "NEW" not in os.environ
