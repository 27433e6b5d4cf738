import ast
from pathlib import Path

import pytest

from rebalancer.adapters.codes import InputCode


@pytest.mark.parametrize("code", InputCode)
def test_every_code_has_a_page(code: InputCode, repository: Path) -> None:
    page = (repository / "docs" / "checks" / f"{code}.md").read_text("utf-8")
    assert page.startswith(f"# `{code}`\n")


def test_every_code_is_used(repository: Path) -> None:
    modules = (repository / "rebalancer" / "adapters").glob("*.py")
    used = {
        node.attr
        for module in modules
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert [code.name for code in InputCode if code.name not in used] == []
