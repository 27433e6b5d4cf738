"""The market folder: instruments.yaml, prices, funding and series, CSV or Parquet, as a market."""

from pathlib import Path

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.instruments_file import DatedInstruments, load_instruments
from rebalancer.adapters.market_layouts import FUNDING, PRICES, SERIES
from rebalancer.adapters.market_tables import Layout, TableRows, read_rows
from rebalancer.adapters.sorted_rows import Observations
from rebalancer.errors import Finding, InvalidInput, Place, Severity
from rebalancer.model.market import Bars, FundingHistory, Market, Series

INSTRUMENTS_FILE = "instruments.yaml"
_SUFFIXES = frozenset({".csv", ".parquet"})


def load_market(path: str | Path) -> Market:
    """Return the market of a folder.

    Raises InvalidInput with the findings of all its files: those of instruments.yaml, then of the
    prices, funding and series, each in the order of their rows.
    """
    folder = Path(path)
    _require_folder(folder)
    findings: list[Finding] = []
    rules = _read_instruments(folder, findings)
    prices, funding, series = (
        _read_table(folder, layout, rules, findings) for layout in (PRICES, FUNDING, SERIES)
    )
    if rules is None or findings:
        raise InvalidInput(findings)
    return Market(
        instruments=rules.by_symbol,
        instruments_as_of=rules.as_of,
        bars={symbol: _bars(rows) for symbol, rows in prices.by_key.items()},
        funding={symbol: _funding(rows) for symbol, rows in funding.by_key.items()},
        series={name: _series(rows) for name, rows in series.by_key.items()},
    )


def _require_folder(folder: Path) -> None:
    try:
        if folder.is_dir():
            return
        is_file = folder.exists()
    except OSError as error:
        raise InvalidInput([_unreadable(error)]) from error
    if is_file:
        code, message = InputCode.NOT_A_FOLDER, "a market is a folder, this is a file"
    else:
        code, message = InputCode.MISSING_FOLDER, "no such folder"
    raise InvalidInput([_finding(folder, code, message, hint=_folder_hint())])


def _folder_hint() -> str:
    return "a market folder holds instruments.yaml and prices.csv or prices.parquet"


def _read_instruments(folder: Path, findings: list[Finding]) -> DatedInstruments | None:
    try:
        return load_instruments(folder / INSTRUMENTS_FILE)
    except InvalidInput as invalid:
        findings.extend(invalid.findings)
        return None


def _read_table(
    folder: Path, layout: Layout, rules: DatedInstruments | None, findings: list[Finding]
) -> TableRows:
    """Return the rows of one table, adding its findings; only prices may not be absent."""
    try:
        parts = _find_parts(folder, layout.name, findings)
    except OSError as error:
        findings.append(_unreadable(error))
        parts = []
    rows = read_rows(layout, parts, instruments=None if rules is None else rules.by_symbol)
    findings.extend(rows.findings)
    if layout is PRICES and parts and not rows.by_key and not rows.findings:
        findings.append(_finding(parts[0], InputCode.EMPTY_TABLE, "no rows below the header"))
    return rows


def _find_parts(folder: Path, name: str, findings: list[Finding]) -> list[Path]:
    """Return the files of a table: `prices.csv`, `prices.parquet`, or those in `prices/`."""
    split = folder / name
    whole = [folder / f"{name}{suffix}" for suffix in sorted(_SUFFIXES)]
    # a link that leads nowhere was meant to be there: reading it says what is wrong
    found = [path for path in (*whole, split) if path.exists() or path.is_symlink()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        message = f"the {name} are given twice, as {names}"
        findings.append(_finding(folder, InputCode.AMBIGUOUS_TABLE, message, hint="keep one"))
        return []
    if found == [split]:
        found = sorted(path for path in split.iterdir() if path.suffix in _SUFFIXES)
    if not found and (name == PRICES.name or split.exists()):
        missing, hint = split.with_suffix(".csv"), f"write {name}.csv or {name}.parquet"
        message = f"no {name} in this folder"
        findings.append(_finding(missing, InputCode.MISSING_FILE, message, hint=hint))
    return found


def _unreadable(error: OSError) -> Finding:
    message = f"cannot be read: {error.strerror}"
    return _finding(Path(error.filename), InputCode.UNREADABLE_FILE, message)


def _finding(path: Path, code: InputCode, message: str, *, hint: str = "") -> Finding:
    return Finding(Place(str(path)), Severity.ERROR, code, message, hint)


def _bars(rows: Observations) -> Bars:
    return Bars(time_us=rows.time_us, **rows.numbers)


def _funding(rows: Observations) -> FundingHistory:
    numbers = rows.numbers
    return FundingHistory(rows.time_us, numbers["funding_rate"], numbers["interval_hours"])


def _series(rows: Observations) -> Series:
    return Series(time_us=rows.time_us, **rows.numbers)
