"""Pages of documentation as the fenced blocks that can be run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(?P<info>[^`\n]*)\n(?P<text>.*?)^```$", flags=re.MULTILINE | re.DOTALL)
_NOT_FOR_READERS = {"checks", "decisions"}
"""Folders of `docs/` whose blocks have tests of their own, or none to run."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: the word and the rest of its first line, its text and where it starts."""

    language: str
    note: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a console block and the output that the page says it has."""

    command: str
    output: str


def pages() -> list[Path]:
    """Return README.md and every page of `docs/` whose blocks run here."""
    docs = REPOSITORY / "docs"
    return [
        REPOSITORY / "README.md",
        *(
            path
            for path in sorted(docs.rglob("*.md"))
            if not _NOT_FOR_READERS & set(path.relative_to(docs).parts)
        ),
    ]


def name_of(page: Path) -> str:
    """Return a page's name as tests show it."""
    return page.relative_to(REPOSITORY).as_posix()


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page in order."""
    for found in _FENCE.finditer(text):
        language, _, note = found["info"].strip().partition(" ")
        yield Block(language, note, found["text"], text.count("\n", 0, found.start()) + 1)


def steps(text: str) -> list[Step]:
    """Return the commands of a console block; a line that ends in a backslash goes on."""
    found: list[Step] = []
    lines = iter(text.splitlines(keepends=True))
    for line in lines:
        if line.startswith("$ "):
            command = line.removeprefix("$ ")
            while command.endswith("\\\n"):
                command += next(lines)
            found.append(Step(command.rstrip("\n"), ""))
        else:
            last = found.pop()
            found.append(Step(last.command, last.output + line))
    return found


def written(done: list[Step]) -> str:
    """Return commands and outputs as the text of a console block."""
    return "".join(f"$ {step.command}\n{step.output}" for step in done)


def shell_commands(text: str) -> str:
    """Return what a shell block runs, without installing packages or running these tests."""
    kept = (
        part
        for part in text.strip().split(" && ")
        if not part.startswith(("python -m pip", "python -m pytest", "python3.11 -m venv"))
    )
    return " && ".join(kept)
