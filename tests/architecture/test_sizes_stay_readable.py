import ast

import pytest

from tests.architecture.package_sources import (
    REPOSITORY,
    Defined,
    Function,
    definitions,
    modules,
    place,
)

LONGEST_MODULE = 400
LONGEST_FUNCTION = 50
MOST_ARGUMENTS = 6
MOST_POSITIONAL_ARGUMENTS = 2

# `plan(policy, market, portfolio)` is what users write: the three inputs in a fixed order
PUBLIC_DOOR = "rebalancer/api/"


def arguments_of(defined: Defined) -> tuple[list[ast.arg], list[ast.arg]]:
    """Return the positional and the keyword-only arguments, without `self` or `cls`."""
    assert isinstance(defined.node, Function)
    arguments = defined.node.args
    positional = arguments.posonlyargs + arguments.args
    is_static = any(
        isinstance(decorator, ast.Name) and decorator.id == "staticmethod"
        for decorator in defined.node.decorator_list
    )
    if defined.in_class and not is_static:
        positional = positional[1:]
    return positional, arguments.kwonlyargs


def is_command(defined: Defined) -> bool:
    """Whether the function is a command, whose arguments are its options on the command line."""
    return defined.place.startswith("rebalancer/cli/") and any(
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in {"callback", "command"}
        for decorator in defined.node.decorator_list
    )


def functions() -> list[Defined]:
    return [defined for defined in definitions() if isinstance(defined.node, Function)]


def test_no_module_passes_400_lines() -> None:
    lengths = {place(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_no_function_passes_50_lines() -> None:
    lengths = {
        f"{defined.place} {defined.name}": (defined.node.end_lineno or 0) - defined.node.lineno + 1
        for defined in functions()
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}


def test_no_function_takes_more_than_six_arguments() -> None:
    counts = {
        f"{defined.place} {defined.name}": sum(map(len, arguments_of(defined)))
        for defined in functions()
        if not is_command(defined)
    }
    assert {name: n for name, n in counts.items() if n > MOST_ARGUMENTS} == {}


def test_public_functions_take_only_keywords_after_the_second_argument() -> None:
    counts = {
        f"{defined.place} {defined.name}": len(arguments_of(defined)[0])
        for defined in functions()
        if defined.is_public
        and not is_command(defined)
        and not defined.place.startswith(PUBLIC_DOOR)
    }
    assert {name: n for name, n in counts.items() if n > MOST_POSITIONAL_ARGUMENTS} == {}


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "base", "manager", "misc"])
def test_no_file_or_folder_has_a_name_that_says_nothing(name: str) -> None:
    places = [
        str(path.relative_to(REPOSITORY))
        for folder in ("rebalancer", "tests", "benchmarks", "examples")
        for path in (REPOSITORY / folder).rglob("*")
        if name in path.stem.split("_") and "__pycache__" not in path.parts
    ]
    assert places == []
