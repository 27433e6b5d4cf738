from pathlib import Path

import pytest

from rebalancer.adapters.example_files import example_contents
from rebalancer.adapters.policy_file import check_policy, find_policies, load_policy
from rebalancer.errors import InvalidInput


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(example_contents()["policy.yaml"])


def test_a_policy_is_loaded(tmp_path: Path) -> None:
    write(tmp_path, "policy.yaml")
    assert load_policy(tmp_path / "policy.yaml").name == "dynamic-rebalancing"


def test_a_policy_with_errors_is_refused_with_its_findings(tmp_path: Path) -> None:
    write(tmp_path, "policy.yaml")
    path = tmp_path / "policy.yaml"
    path.write_text(path.read_text("utf-8").replace("quote: USDT", "quotte: USDT"), "utf-8")
    with pytest.raises(InvalidInput) as caught:
        load_policy(path)
    assert "unknown-key" in {finding.code for finding in caught.value.findings}
    assert {finding.place.path for finding in caught.value.findings} == {str(path)}


def test_a_missing_policy_is_a_finding(tmp_path: Path) -> None:
    policy, findings = check_policy(tmp_path / "absent.yaml")
    assert policy is None
    assert [finding.code for finding in findings] == ["missing-file"]


def test_folders_are_searched_for_policies_but_not_for_their_tests(tmp_path: Path) -> None:
    write(tmp_path, "b.yaml", "a/c.yaml", "b.test.yaml", ".hidden/d.yaml", "notes.txt")
    found, findings = find_policies([tmp_path])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a/c.yaml", "b.yaml"]
    assert findings == ()


def test_a_file_that_is_named_is_taken_whatever_its_name_and_once(tmp_path: Path) -> None:
    write(tmp_path, "b.test.yaml", "policy.yml")
    paths = [tmp_path / "policy.yml", tmp_path / "b.test.yaml", tmp_path / "policy.yml"]
    assert find_policies(paths) == ((paths[0], paths[1]), ())


def test_a_path_without_a_policy_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path, "only/b.test.yaml")
    found, findings = find_policies([tmp_path / "only", tmp_path / "absent"])
    assert found == ()
    assert [(finding.place.path, finding.code) for finding in findings] == [
        (str(tmp_path / "only"), "no-policies"),
        (str(tmp_path / "absent"), "missing-file"),
    ]


def test_a_path_that_cannot_be_looked_at_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path, "policy.yaml")
    long = tmp_path / ("x" * 300)
    found, (finding,) = find_policies([long, tmp_path])
    assert found == (tmp_path / "policy.yaml",)
    assert (finding.place.path, finding.code) == (str(long), "unreadable-file")
    assert finding.message == "cannot be read: File name too long"
