"""The package's source files, parsed, for the rules of this folder."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "rebalancer"

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Defined:
    """A function or class with its place, its dotted name and whether a class holds it."""

    place: str
    name: str
    node: Definition
    in_class: bool

    @property
    def is_public(self) -> bool:
        return not any(part.startswith("_") for part in self.name.split("."))


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path, line: int = 1) -> str:
    return f"{path.relative_to(REPOSITORY)}:{line}"


def definitions() -> Iterator[Defined]:
    """Yield every function and class, those inside classes and functions too."""
    for path in modules():
        yield from _within(parse(path), path, prefix="", in_class=False)


def _within(parent: ast.AST, path: Path, *, prefix: str, in_class: bool) -> Iterator[Defined]:
    for node in ast.iter_child_nodes(parent):
        if not isinstance(node, Definition):
            yield from _within(node, path, prefix=prefix, in_class=in_class)
            continue
        name = prefix + node.name
        yield Defined(place(path, node.lineno), name, node, in_class)
        holder_is_class = isinstance(node, ast.ClassDef)
        # what a function defines is its own affair, so its name is made private
        inner = f"{name}." if holder_is_class else f"{name}._."
        yield from _within(node, path, prefix=inner, in_class=holder_is_class)
