"""A sweep over resampled paths in one process, against the same sweep by two."""

import compileall
from pathlib import Path
from tempfile import TemporaryDirectory

import rebalancer
from benchmarks.measure import Measurement, compare, take_turns
from rebalancer import load_market, sweep
from rebalancer.adapters.example_files import write_example
from rebalancer.model.market import Market

PATHS = 1_000
TURNS = 5
SHARE = 1 / 1.8
"""Two processes are to be 1.8 times as fast as one."""


def measure() -> list[Measurement]:
    """Return the time of two processes over that of one, their start included."""
    compileall.compile_dir(Path(rebalancer.__file__).parent, quiet=1)
    with TemporaryDirectory() as folder:
        write_example(Path(folder))
        policy, market = Path(folder) / "policy.yaml", load_market(Path(folder) / "market")
        times = take_turns(
            {
                "one": lambda: _sweep(policy, market, None),
                "two": lambda: _sweep(policy, market, "processes:2"),
            },
            TURNS,
        )
    name = f"{PATHS:,} paths by two processes / by one"
    return [compare(name, times["two"], times["one"], bar=SHARE)]


def _sweep(policy: Path, market: Market, executor: str | None) -> None:
    sweep(policy, market, paths=PATHS, seed=1, executor=executor)
