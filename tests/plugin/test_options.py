"""The ini file, the command line and the header."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

IDS = """
    import pytest

    def handler(event, context):
        return context.aws_request_id

    @pytest.mark.lambda_function(handler=handler)
    def test_it(sync_invoke):
        print("id", sync_invoke().payload)
    """


def id_of(result: pytest.RunResult) -> str:
    [found] = re.findall(r"id ([0-9a-f-]{36})", result.stdout.str())
    return str(found)


def test_the_ini_file_has_settings_for_every_test(suite: Any) -> None:
    """The virtual start, the limit of real time and what becomes of leftovers; a marker wins over each."""
    suite.configure(
        "lambda_modes_start = 2026-07-01T12:00:00+02:00",
        "lambda_modes_real_time_limit = 7.5",
        "lambda_modes_leftovers = ignore",
    )
    source = """
        import datetime
        import pytest

        def test_ini(lambda_modes, async_invoke):
            assert lambda_modes.clock.now == datetime.datetime(2026, 7, 1, 10, tzinfo=datetime.timezone.utc)
            assert lambda_modes.settings.real_time_limit == 7.5
            async_invoke(print, {})

        @pytest.mark.lambda_modes(start="2026-08-01T00:00:00", real_time_limit=1, leftovers="error")
        def test_marker(lambda_modes, async_invoke):
            assert lambda_modes.clock.now == datetime.datetime(2026, 8, 1, tzinfo=datetime.timezone.utc)
            assert lambda_modes.settings.real_time_limit == 1
            async_invoke(print, {})
        """
    suite.run(source).assert_outcomes(passed=2, errors=1)


def test_pyproject_toml_can_have_them(suite: Any) -> None:
    """With numbers as numbers, where pytest reads the file so."""
    (suite.pytester.path / "pytest.ini").unlink()
    suite.pytester.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        asyncio_default_fixture_loop_scope = "function"
        lambda_modes_real_time_limit = 3
        """
    )
    source = "def test_it(lambda_modes):\n    assert lambda_modes.settings.real_time_limit == 3"
    suite.run(source).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "line, message",
    [
        ("lambda_modes_leftovers = maybe", 'ini file: leftovers is "maybe", and must be "error" or "ignore".'),
        ("lambda_modes_start = tomorrow", 'ini file: start is "tomorrow", and must be a datetime *'),
        (
            "lambda_modes_real_time_limit = 0",
            "ini file: real_time_limit is 0.0, and must be a number of seconds above 0.",
        ),
        ("lambda_modes_real_time_limit = soon", "*could not convert string to float: 'soon'"),
    ],
)
def test_what_the_ini_file_cannot_mean_is_refused(suite: Any, line: str, message: str) -> None:
    """Before any test runs, as other usage errors are."""
    suite.configure(line)
    result = suite.run_apart("def test_it(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_the_header_has_the_version(suite: Any) -> None:
    """And nothing else, when everything is as by default."""
    [line] = [line for line in suite.run("def test_it(): pass").outlines if line.startswith("lambda-modes: ")]
    assert line.count(",") == 0
    assert line.removeprefix("lambda-modes: ") in " ".join(suite.run("").outlines)


def test_the_header_has_what_is_not_the_default(suite: Any) -> None:
    """What all tests have in common, so that a log of CI tells how it was."""
    suite.configure("lambda_modes_start = 2026-07-01T12:00:00Z", "lambda_modes_leftovers = ignore")
    result = suite.run("def test_it(): pass", "--lambda-seed=nightly")
    result.stdout.fnmatch_lines(["lambda-modes: *, start=2026-07-01T12:00:00Z, leftovers=ignore, seed=nightly"])


def test_the_header_is_silent_with_q(suite: Any) -> None:
    """As pytest's own is."""
    suite.run("def test_it(): pass", "-q").stdout.no_fnmatch_line("lambda-modes: *")


def test_ids_come_from_the_node_id_and_the_seed(suite: Any) -> None:
    """The same run gives the same ids, another seed others; a seed of the marker stands for the node id."""
    plain = id_of(suite.run(IDS, "-s"))
    assert id_of(suite.run(IDS, "-s")) == plain
    seeded = id_of(suite.run(IDS, "-s", "--lambda-seed=1"))
    assert seeded != plain
    assert id_of(suite.run(IDS, "-s", "--lambda-seed=1")) == seeded
    marked = IDS.replace("    @pytest", "    @pytest.mark.lambda_modes(seed=7)\n    @pytest", 1)
    assert len({plain, seeded, id_of(suite.run(marked, "-s")), id_of(suite.run(marked, "-s", "--lambda-seed=1"))}) == 4
    renamed = marked.replace("test_it", "test_that")
    assert id_of(suite.run(renamed, "-s")) == id_of(suite.run(marked, "-s"))


TESTS = """
    import time
    import pytest

    def slow(event, context):
        time.sleep(event)
        assert event < 3

    def test_b_passes(sync_invoke):
        sync_invoke(slow, 1)

    def test_a_passes(async_invoke):
        async_invoke(slow, 2).wait()

    def test_c_fails(sync_invoke):
        sync_invoke(slow, 10).unwrap()

    @pytest.mark.xfail
    def test_d_xfails(sync_invoke):
        sync_invoke(slow, 10).unwrap()

    def test_e_skips(sync_invoke):
        pytest.skip("before anything happened")

    def test_f_does_not_use_it():
        pass
    """


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "xdist"])
def test_the_timelines_of_passing_tests_can_be_seen(suite: Any, options: tuple[str, ...]) -> None:
    """Each once, under its name, in the order of their names; a failing test shows its own beside the failure."""
    result = suite.run_apart(TESTS, "--lambda-timeline", *options)
    result.assert_outcomes(passed=3, failed=1, xfailed=1, skipped=1)
    text = result.stdout.str()
    assert text.count("attempt 1 started") == 4
    before, _, after = text.partition(" Lambda timelines ")
    assert before.count("attempt 1 timed out") == 1
    named = [line for line in after.splitlines() if line.startswith("test_it.py::")]
    assert named == [f"test_it.py::test_{name}" for name in ("a_passes", "b_passes", "d_xfails")]


def test_no_timelines_are_printed_unasked(suite: Any) -> None:
    """Nor is there a section when no test has one."""
    suite.run("def test_it(sync_invoke):\n    sync_invoke(print, {})").stdout.no_fnmatch_line("*attempt*")
    suite.run("def test_it(sync_invoke): pass", "--lambda-timeline").stdout.no_fnmatch_line("*Lambda timeline*")


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "xdist"])
def test_the_report_has_the_timelines_of_all_tests(suite: Any, options: tuple[str, ...]) -> None:
    """As JSON, sorted by node id, whatever became of the tests, in a folder that is made if need be."""
    result = suite.run_apart(TESTS, "--lambda-report=out/lambda.json", *options)
    path = suite.pytester.path / "out" / "lambda.json"
    result.stdout.fnmatch_lines([f"*- generated Lambda report: {path} -*"])
    report = json.loads(path.read_text())
    assert report["version"] == 1
    names = ["a_passes", "b_passes", "c_fails", "d_xfails", "e_skips"]
    assert list(report["tests"]) == [f"test_it.py::test_{name}" for name in names]
    told = report["tests"]["test_it.py::test_c_fails"]
    assert told["start"] == "2026-01-01T00:00:00.000Z"
    assert [fact["fact"] for fact in told["facts"]] == ["FunctionStarted", "FunctionEnded"]
    assert told["facts"][1]["at"] == 3_000_000
    assert told["facts"][1]["rule"] in told["rules"]
    assert report["tests"]["test_it.py::test_e_skips"]["facts"] == []


def test_the_report_is_the_same_with_and_without_xdist(suite: Any) -> None:
    """To the byte: node ids, request ids and moments do not depend on who runs a test, nor on xdist's groups."""
    tests = TESTS.replace("    def test_a", "    @pytest.mark.xdist_group('x')\n    def test_a")
    written = []
    for options in ((), ("-n2",), ("-n2", "--dist=loadgroup")):
        suite.run_apart(tests, "--lambda-report=lambda.json", *options)
        written.append((suite.pytester.path / "lambda.json").read_text())
    assert written[0] == written[1] == written[2]


def test_the_report_is_written_after_ctrl_c(suite: Any) -> None:
    """With the tests that had ended by then."""
    source = """
        def test_a(sync_invoke):
            sync_invoke(print, {})

        def test_b(sync_invoke):
            raise KeyboardInterrupt
        """
    suite.run(source, "--lambda-report=lambda.json")
    assert list(json.loads((suite.pytester.path / "lambda.json").read_text())["tests"]) == ["test_it.py::test_a"]


def test_the_report_stays_where_pytest_was_started(suite: Any) -> None:
    """A test that changes the folder does not take it along."""
    source = "import os\ndef test_it(sync_invoke, tmp_path):\n    os.chdir(tmp_path)"
    suite.run_apart(source, "--lambda-report=lambda.json").assert_outcomes(passed=1)
    assert (suite.pytester.path / "lambda.json").is_file()


def test_the_report_cannot_be_a_folder(suite: Any) -> None:
    """That is said before any test runs."""
    result = suite.run_apart("def test_it(): pass", "--lambda-report=.")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --lambda-report names a folder: *"])


def test_help_has_the_options(suite: Any) -> None:
    """With the ini settings."""
    text = suite.run("", "--help").stdout.str()
    for name in ("--lambda-timeline", "--lambda-report=PATH", "--lambda-seed=SEED"):
        assert name in text
    for name in ("lambda_modes_start", "lambda_modes_real_time_limit (float)", "lambda_modes_leftovers"):
        assert name in text
