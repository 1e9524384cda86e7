"""The suite on every supported Python, as far as this machine has them: `pipx run nox`."""

from __future__ import annotations

from pathlib import Path

import nox

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
ACCEPTANCE = Path("../shared/acceptance")

nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "tests"]


def install(session: nox.Session, group: str) -> None:
    session.install("--editable", ".", *nox.project.dependency_groups(PROJECT, group))


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole suite. Arguments after -- go to pytest."""
    install(session, "test")
    session.run("python", "-m", "pytest", "-q", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types and floors."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("mypy")
    session.run("pyright")
    session.run("lint-imports")


@nox.session
def acceptance(session: nox.Session) -> None:
    """The tests that were written before the code, if they are at hand. Arguments after -- name some of them."""
    if not ACCEPTANCE.is_dir():
        session.skip(f"no {ACCEPTANCE} here")
    install(session, "test")
    files = session.posargs or sorted(str(path) for path in ACCEPTANCE.glob("test_*.py"))
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *files)
