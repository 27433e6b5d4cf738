"""What a command says when it cannot go on, and its exit code."""

from rebalancer.cli.printing import print_problem
from rebalancer.errors import Finding, InvalidInput, RebalancerError

FINDINGS = 1
BAD_USAGE = 2
INTERRUPTED = 130


def report_failure(problem: RebalancerError) -> int:
    """Print a line for each thing that is wrong and return the exit code of bad input."""
    if isinstance(problem, InvalidInput):
        for finding in problem.findings:
            print_problem(_finding_text(finding))
    else:
        print_problem(f"error: {problem}")
    return BAD_USAGE


def _finding_text(finding: Finding) -> str:
    """Return a finding as one line: where, what value, what to do."""
    hint = f"; {finding.hint}" if finding.hint else ""
    return f"{finding.severity}: {finding.place}: {finding.message}{hint} [{finding.code}]"
