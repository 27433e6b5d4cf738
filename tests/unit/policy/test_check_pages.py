"""Every code of a policy's findings has a page, and the page's examples do what it says."""

import re
from pathlib import Path

import pytest

from rebalancer.policy import read_policy
from rebalancer.policy.checks.registry import CODES

PAGES = Path(__file__).parents[3] / "docs" / "checks"
WITHOUT_EXAMPLE = {"file-too-large", "not-utf-8"}
BLOCK = re.compile(r"```yaml (bad|good|base)( whole)?\n(.*?)```", re.DOTALL)


def examples(page: str) -> dict[str, str]:
    """The policies of a page: what an example leaves out is as in the index page's base."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    return {
        kind: example if is_whole else complete(example)
        for kind, is_whole, example in BLOCK.findall(text)
    }


def complete(example: str) -> str:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    (base,) = (example for kind, _, example in BLOCK.findall(index) if kind == "base")
    written = set(re.findall(r"^\w+", example, re.MULTILINE))
    kept = [line for line in base.splitlines() if line.partition(":")[0] not in written]
    return "\n".join([*kept, example])


def codes_of(text: str) -> list[str]:
    return [finding.code for finding in read_policy(text, "example.yaml")[1]]


def test_every_code_has_a_page_and_a_line_in_the_index() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert [code for code in sorted(CODES) if not (PAGES / f"{code}.md").is_file()] == []
    assert [code for code in sorted(CODES) if f"[`{code}`]({code}.md)" not in index] == []


def test_no_page_explains_a_policy_code_that_is_gone() -> None:
    pages = {path.stem for path in PAGES.glob("*.md") if "```yaml bad" in path.read_text("utf-8")}
    assert pages - CODES == set()


@pytest.mark.parametrize("code", sorted(CODES - WITHOUT_EXAMPLE))
def test_the_bad_example_gives_the_finding_of_its_page(code: str) -> None:
    assert code in codes_of(examples(code)["bad"])


@pytest.mark.parametrize("code", sorted(CODES - WITHOUT_EXAMPLE))
def test_the_good_example_is_clean(code: str) -> None:
    assert codes_of(examples(code)["good"]) == []


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_is_headed_by_its_code(code: str) -> None:
    assert (PAGES / f"{code}.md").read_text(encoding="utf-8").startswith(f"# `{code}`\n\n")


def test_codes_are_words_joined_by_hyphens() -> None:
    assert [code for code in CODES if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []
