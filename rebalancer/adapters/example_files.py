"""The example that `rebalancer example` writes: a generated market, a portfolio and a policy."""

from importlib.resources import files
from pathlib import Path

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.example_market import funding_csv, prices_csv
from rebalancer.adapters.output import write_all
from rebalancer.errors import Finding, InvalidInput, Place, Severity, UsageError

_STORED = {
    "README.txt": "README.txt",
    "policy.yaml": "policy.yaml",
    "portfolio.yaml": "portfolio.yaml",
    "market/instruments.yaml": "instruments.yaml",
}


def write_example(folder: str | Path) -> list[Path]:
    """Write the example into a folder, the same bytes every time, and return the paths.

    All of it is written or nothing. Raises InvalidInput with a finding for each file that is there
    already, and UsageError where the folder cannot be written to.
    """
    contents = {Path(folder) / name: content for name, content in example_contents().items()}
    try:
        existing = [path for path in contents if path.exists()]
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from error
    if existing:
        raise InvalidInput([_file_exists(path) for path in existing])
    write_all(contents)
    return list(contents)


def example_contents() -> dict[str, bytes]:
    """Return what each file of the example holds, by its path under the folder."""
    stored = files("rebalancer.adapters") / "example"
    return {
        **{name: (stored / source).read_bytes() for name, source in _STORED.items()},
        "market/prices.csv": prices_csv().encode(),
        "market/funding.csv": funding_csv().encode(),
    }


def _file_exists(path: Path) -> Finding:
    hint = "choose another folder, or move the file away"
    message = "the file is there already"
    return Finding(Place(str(path)), Severity.ERROR, InputCode.FILE_EXISTS, message, hint)
