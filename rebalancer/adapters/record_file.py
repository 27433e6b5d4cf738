"""A whole YAML or JSON file read as one record through the strict reader."""

from pathlib import Path

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.shapes import Cell, Notes, Record
from rebalancer.errors import Finding, InvalidInput, Place, Severity
from rebalancer.policy.source import read_yaml


def read_record(path: Path, record: Record) -> tuple[dict[str, Cell], Notes]:
    """Return the fields of a file that could be read, and the findings so far.

    Raises InvalidInput where the file cannot be read or is not YAML.
    """
    tree, findings = read_yaml(read_file(path), str(path))
    if tree is None:
        raise InvalidInput(findings)
    notes = Notes(str(path), list(findings))
    return record.read(tree, notes, name=path.name) or {}, notes


def read_file(path: Path) -> bytes:
    """Return the bytes of a file; raises InvalidInput with one finding where that fails."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        code, message = InputCode.MISSING_FILE, "no such file"
        raise InvalidInput([_whole(path, code, message)]) from error
    except IsADirectoryError as error:
        code, message = InputCode.NOT_A_FILE, "this is a folder, a file is wanted"
        raise InvalidInput([_whole(path, code, message)]) from error
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise InvalidInput([_whole(path, InputCode.UNREADABLE_FILE, message)]) from error


def _whole(path: Path, code: InputCode, message: str) -> Finding:
    return Finding(Place(str(path)), Severity.ERROR, code, message)
