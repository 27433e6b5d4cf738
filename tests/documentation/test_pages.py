"""Every block of the documentation runs: shell, console with its exact output, Python, policies."""

import doctest
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rebalancer.adapters.example_files import write_example
from rebalancer.policy.read import read_policy
from tests.documentation.pages import (
    REPOSITORY,
    Block,
    Step,
    blocks,
    name_of,
    pages,
    shell_commands,
    steps,
    written,
)

COMMAND = """\
#!{python}
import sys
sys.path.insert(0, {repository!r})
from rebalancer.cli.app import main
sys.exit(main())
"""
WRITES_EXAMPLE = "rebalancer example demo"
ANY_LINES = "...\n"

Shell = Callable[[str], subprocess.CompletedProcess[str]]
PAGES = pytest.mark.parametrize("page", pages(), ids=name_of)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty present folder."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def shell(folder: Path, tmp_path: Path) -> Shell:
    """Runs commands of a page, with `rebalancer` being this checkout's."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "rebalancer"
    text = COMMAND.format(python=sys.executable, repository=str(REPOSITORY))
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command],  # noqa: S607  -- the reader's own shell
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


def matches(output: str, expected: str) -> bool:
    """Whether an output is the expected one, where a line of three dots is any lines."""
    head, dots, tail = f"\n{expected}".partition(f"\n{ANY_LINES}")
    if not dots:
        return output == expected
    return output.startswith(head.removeprefix("\n")) and output.endswith(tail)


def run_block(block: Block, shell: Shell, names: dict[str, object], page: str) -> str:
    """Run a block and return the text that it should have had."""
    if block.language == "sh":
        command = shell_commands(block.text)
        result = shell(command)
        assert result.returncode == 0, f"{page}:{block.line}: {command}\n{result.stdout}"
    elif block.language == "console":
        return run_console(block, shell, page)
    elif block.language == "python":
        run_python(block, names, page)
    elif block.language == "yaml" and not block.note and "\nrebalancer: " in f"\n{block.text}":
        policy, findings = read_policy(block.text, f"{page}:{block.line}")
        assert policy is not None, "\n".join(map(str, findings))
    return block.text


def run_console(block: Block, shell: Shell, page: str) -> str:
    done = []
    for step in steps(block.text):
        output = shell(step.command).stdout
        is_same = matches(output, step.output)
        assert is_same or os.environ.get("REBALANCER_UPDATE"), (
            f"{page}:{block.line}: {step.command}\n--- the page says\n{step.output}"
            f"--- it prints\n{output}"
        )
        done.append(step if is_same else Step(step.command, output))
    return written(done)


def run_python(block: Block, names: dict[str, object], page: str) -> None:
    place = f"{page}:{block.line}"
    if ">>> " not in block.text:
        exec(compile(block.text, place, "exec"), names)  # noqa: S102  -- the page's own code
        return
    test = doctest.DocTestParser().get_doctest(block.text, names, place, page, block.line)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    result = runner.run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    assert result.failed == 0, "".join(said)


@PAGES
def test_every_block_runs_and_prints_what_the_page_says(
    page: Path, shell: Shell, folder: Path
) -> None:
    text = page.read_text(encoding="utf-8")
    if not any(WRITES_EXAMPLE in block.text for block in blocks(text)):
        write_example(folder / "demo")
    names: dict[str, object] = {}
    for block in blocks(text):
        now = run_block(block, shell, names, name_of(page))
        if now != block.text:
            text = text.replace(block.text, now)
    if os.environ.get("REBALANCER_UPDATE"):
        page.write_text(text, encoding="utf-8")


@PAGES
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert broken_links(text, page.parent) == []


def broken_links(text: str, folder: Path) -> list[str]:
    """Return the links of a page to files that are not there."""
    targets = [part.partition(")")[0] for part in text.split("](")[1:]]
    paths = (target.partition("#")[0] for target in targets if "://" not in target)
    return [path for path in paths if path and not (folder / path).exists()]


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").touch()
    text = "[a](there.md#part) [b](absent.md) [c](https://example.org/x) [d](#part)"
    assert broken_links(text, tmp_path) == ["absent.md"]


def test_three_dots_stand_for_any_lines_and_nothing_else_does() -> None:
    assert matches("a\nb\nc\n", "a\n...\nc\n")
    assert matches("a\nb\n", "a\n...\n")
    assert matches("a\n", "a\n")
    assert not matches("a\nb\n", "a\n")
    assert not matches("b\nc\n", "a\n...\nc\n")


def test_a_console_block_is_commands_with_their_outputs() -> None:
    text = "$ one \\\n  more\nout\nput\n$ two\n"
    assert steps(text) == [Step("one \\\n  more", "out\nput\n"), Step("two", "")]
    assert written(steps(text)) == text


def test_packages_are_not_installed_here() -> None:
    assert shell_commands("python -m pip install . && rebalancer example demo\n") == WRITES_EXAMPLE
    assert shell_commands("python -m pip install '.[test]' && python -m pytest -n auto\n") == ""
