"""Policy text to a checked policy, or findings: the stages in order."""

from rebalancer.errors import Finding, has_errors
from rebalancer.policy.checks.registry import check_document
from rebalancer.policy.compile import compile_policy
from rebalancer.policy.compiled import Policy
from rebalancer.policy.nodes import Places
from rebalancer.policy.problem import drop_echoes, place_problems
from rebalancer.policy.source import read_yaml
from rebalancer.policy.structure import read_document


def read_policy(text: bytes | str, path: str) -> tuple[Policy | None, tuple[Finding, ...]]:
    """Return the policy of a file's text, None where a finding is an error, and all findings.

    Findings come in source order; `path` only names the file in them.
    """
    tree, findings = read_yaml(text, path)
    if tree is None:
        return None, findings
    document, problems = read_document(tree)
    problems += check_document(document)
    findings += place_problems(drop_echoes(problems), Places(tree, path))
    findings = tuple(sorted(findings, key=lambda finding: (finding.place, finding.code)))
    return (None if has_errors(findings) else compile_policy(document)), findings
