"""The documentation is executed: every example is a test module, and pytest runs it as it stands.

No library collects such blocks: sybil and pytest-examples execute them as scripts, where no fixture or marker works.

A python block is run, unless its first line is a comment that names a file which is not a test module (`# orders.py`).
A named block of any language is there for the blocks that follow on its page. The tests of a `python fails` block must
fail. The block before a `text output` block must print its lines in this order, give or take spaces; `...` stands for
what is left out.
"""

from __future__ import annotations

import glob
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]

BLOCK = re.compile(r"^```(?P<info>\w[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"# (?P<name>[\w/]+\.\w+)\n")
LINK = re.compile(r"\]\((?!https?:)(?P<target>[^)#\s]+)(?:#[^)]*)?\)")


@dataclass
class Example:
    """A test module of a page, with the files that the page named before it."""

    where: str
    name: str
    text: str
    files: dict[str, str]
    fails: bool
    output: list[str] = field(default_factory=list)


def squeeze(text: str) -> list[str]:
    """The lines, with one space wherever there are several."""
    return [" ".join(line.split()) for line in text.splitlines()]


def examples(page: Path) -> list[Example]:
    found: list[Example] = []
    files: dict[str, str] = {}
    source = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(source):
        info, text = block["info"], block["text"]
        named = NAME.match(text)
        name = named["name"] if named else "test_example.py"
        line = source.count("\n", 0, block.start()) + 1
        if info == "text output":
            found[-1].output = [line for line in squeeze(text) if line not in ("", "...")]
        elif info.startswith("python") and Path(name).name.startswith("test_"):
            where = f"{page.relative_to(PROJECT)}:{line}"
            found.append(Example(where, name, text, dict(files), fails=info == "python fails"))
        elif named:
            files[name] = text
    return found


def forget(names: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of the project have module names that examples have too."""
    for module in list(sys.modules):
        if module.partition(".")[0] in names:
            monkeypatch.delitem(sys.modules, module)


@pytest.mark.parametrize("example", [pytest.param(each, id=each.where) for page in PAGES for each in examples(page)])
def test_an_example_does_what_its_page_says(
    example: Example, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each example passes, or fails where the page says so, and prints what the page shows."""
    files = {**example.files, example.name: example.text}
    forget({Path(name).parts[0].removesuffix(".py") for name in files}, monkeypatch)
    for name, text in files.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    pytester.syspathinsert()
    options = ["-p", "no:cacheprovider", "-W", "error", "-o", "asyncio_default_fixture_loop_scope=function"]
    # Since Python 3.14, of a handler that lets one go.
    options += ["-W", "ignore:Implicitly cleaning up <HTTPError:ResourceWarning"]
    result = pytester.runpytest_inprocess(*options, example.name)
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if example.fails else pytest.ExitCode.OK)
    printed = pytest.LineMatcher(squeeze(result.stdout.str()))
    printed.fnmatch_lines([f"*{glob.escape(line).replace('...', '*')}*" for line in example.output])


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(PROJECT))) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    """A link to another page or file of the project names one that is there."""
    targets = [link["target"] for link in LINK.finditer(page.read_text(encoding="utf-8"))]
    assert [target for target in targets if not (page.parent / target).exists()] == []
