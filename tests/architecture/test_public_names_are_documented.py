import ast

from tests.architecture.package_sources import definitions, modules, parse, place


def test_every_module_says_what_it_holds() -> None:
    assert [place(path) for path in modules() if not ast.get_docstring(parse(path))] == []


def test_every_public_class_and_function_has_a_docstring() -> None:
    bare = [
        f"{defined.place} {defined.name}"
        for defined in definitions()
        if defined.is_public and not ast.get_docstring(defined.node)
    ]
    assert bare == []


def test_every_docstring_starts_with_a_sentence() -> None:
    unfinished = [
        f"{defined.place} {defined.name}"
        for defined in definitions()
        if (text := ast.get_docstring(defined.node))
        and not text.partition("\n\n")[0].endswith((".", "?", "!", ":"))
    ]
    assert unfinished == []
