"""Every shipped policy reads without a finding or warning, and is on the page about them."""

from pathlib import Path

import pytest

from rebalancer.policy import read_policy

FOLDER = Path(__file__).parents[2] / "policies"
POLICIES = [path for path in sorted(FOLDER.glob("*.yaml")) if ".test" not in path.suffixes]


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_shipped_policy_has_no_finding(path: Path) -> None:
    policy, findings = read_policy(path.read_text("utf-8"), path.name)

    assert findings == ()
    assert policy is not None
    assert policy.name == path.stem


def test_the_page_of_policies_names_them_all(repository: Path) -> None:
    page = (repository / "docs" / "policies.md").read_text("utf-8")

    assert [path.stem for path in POLICIES if f"../policies/{path.name}" not in page] == []
    assert len(POLICIES) >= 11
