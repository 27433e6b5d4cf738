"""How long a command takes to start, against Python itself and against its libraries alone."""

import compileall
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import rebalancer
from benchmarks.measure import Measurement, compare, take_turns

REPETITIONS = 15
REPOSITORY = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("REBALANCER_REAL_DATA") or REPOSITORY.parent / "shared" / "data")
DAILY = DATA / "binance-daily-2019-2023"
LIBRARIES = "import numpy, polars, pydantic, yaml, transitions, typer"
PORTFOLIO = """\
as_of: 2023-12-25T00:00:00Z
spot: {BTC: 0.85, ETH: 9.4, USDT: 21500}
futures:
  wallets: {USDT: 5200}
  positions:
    - {symbol: BTC/USDT:USDT, contracts: -0.21, entry_price: 41250.5}
"""


def measure() -> list[Measurement]:
    """Return the ratios of `--help` and of `plan` to what they are held against."""
    # as pip leaves an installed package; a checkout may hold sources that are newer
    compileall.compile_dir(Path(rebalancer.__file__).parent, quiet=1)
    with TemporaryDirectory() as folder:
        return [_help(), *_plans(Path(folder))]


def _help() -> Measurement:
    times = take_turns(
        {"help": _command("--help"), "bare": _python("pass")}, repetitions=REPETITIONS
    )
    name = "rebalancer --help / python -c pass"
    return compare(name, times["help"], times["bare"], bar=8)


def _plans(folder: Path) -> Iterator[Measurement]:
    _command("example", str(folder / "example"))()
    yield _plan("the example", folder / "example" / "policy.yaml", market=folder / "example/market")
    if not DAILY.is_dir():
        yield Measurement("rebalancer plan on daily history", skipped=f"no folder {DAILY.name}")
        return
    (folder / "portfolio.yaml").write_text(PORTFOLIO)
    policy = REPOSITORY / "policies" / "dynamic-rebalancing.yaml"
    yield _plan("daily history", policy, market=DAILY, portfolio=folder / "portfolio.yaml")


def _plan(what: str, policy: Path, *, market: Path, portfolio: Path | None = None) -> Measurement:
    book = portfolio or policy.parent / "portfolio.yaml"
    plan = _command("plan", str(policy), "--portfolio", str(book), "--market", str(market))
    times = take_turns({"plan": plan, "bare": _python(LIBRARIES)}, repetitions=REPETITIONS)
    name = f"rebalancer plan on {what} / import its libraries"
    return compare(name, times["plan"], times["bare"], bar=2)


def _command(*arguments: str) -> Callable[[], None]:
    return _process(str(Path(sysconfig.get_path("scripts")) / "rebalancer"), *arguments)


def _python(code: str) -> Callable[[], None]:
    return _process(sys.executable, "-c", code)


def _process(*command: str) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  -- our own commands

    return run
