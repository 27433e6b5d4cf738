"""Policy files: one of them read, and those of a folder found."""

from collections.abc import Iterable
from pathlib import Path

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.record_file import read_file
from rebalancer.errors import Finding, InvalidInput, Place, Severity
from rebalancer.policy.compiled import Policy
from rebalancer.policy.read import read_policy


def load_policy(path: str | Path) -> Policy:
    """Return the policy of a file; raises InvalidInput with all its findings."""
    policy, findings = check_policy(path)
    if policy is None:
        raise InvalidInput(findings)
    return policy


def check_policy(path: str | Path) -> tuple[Policy | None, tuple[Finding, ...]]:
    """Return the policy of a file, None where a finding is an error, and its findings."""
    try:
        content = read_file(Path(path))
    except InvalidInput as invalid:
        return None, invalid.findings
    return read_policy(content, str(path))


def find_policies(paths: Iterable[str | Path]) -> tuple[tuple[Path, ...], tuple[Finding, ...]]:
    """Return the policy files of the paths, each once, and a finding for a path without any.

    A file is taken as it is. A folder is searched, with its folders, for `*.yaml` but not
    `*.test.yaml`; what is in hidden folders is left out.
    """
    found: dict[Path, None] = {}
    findings: list[Finding] = []
    for path in map(Path, paths):
        try:
            policies = _search(path) if path.is_dir() else [path] if path.exists() else []
        except OSError as error:
            findings.append(_unreadable(error))
            continue
        found.update(dict.fromkeys(policies))
        if not policies:
            findings.append(_nothing_at(path))
    return tuple(found), tuple(findings)


def _search(folder: Path) -> list[Path]:
    candidates = (path for path in folder.rglob("*.yaml") if not path.name.endswith(".test.yaml"))
    return sorted(path for path in candidates if path.is_file() and not _is_hidden(path, folder))


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _unreadable(error: OSError) -> Finding:
    place, message = Place(str(error.filename)), f"cannot be read: {error.strerror}"
    return Finding(place, Severity.ERROR, InputCode.UNREADABLE_FILE, message)


def _nothing_at(path: Path) -> Finding:
    if path.is_dir():
        code, message, hint = InputCode.NO_POLICIES, "no policies here", "policies end in .yaml"
    else:
        code, message, hint = InputCode.MISSING_FILE, "no such file or folder", ""
    return Finding(Place(str(path)), Severity.ERROR, code, message, hint)
