"""Run the benchmarks: `python -m benchmarks [-o FILE] [NAME…]`."""

import argparse
import json
import platform
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks.measure import Measurement

BENCHMARKS = ("plan_batch", "start_up", "sweep", "one_policy", "many_variants", "growth")
RIVALS = {"bt", "pandas", "vectorbt"}


def main() -> int:
    """Run the named benchmarks, or all; return 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE", help="write JSON as well")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark `{unknown[0]}`, there are {', '.join(BENCHMARKS)}")
    measurements: list[Measurement] = []
    print_row("measured", "median", "min", "max", "bar", "verdict")
    for name in arguments.names or BENCHMARKS:
        for measured in run_benchmark(name):
            print_measurement(measured)
            measurements.append(measured)
    if arguments.output:
        arguments.output.write_text(json.dumps(record(measurements), indent=1) + "\n")
    return int(any(measured.verdict == "MISSED" for measured in measurements))


def run_benchmark(name: str) -> Iterator[Measurement]:
    """Yield what a benchmark measured; skipped where a library that it runs against is absent."""
    try:
        module = import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as missing:
        if missing.name not in RIVALS:
            raise
        yield Measurement(name, skipped=f"{missing.name} comes with the extra `bench`")
        return
    yield from module.measure()


def record(measurements: list[Measurement]) -> dict[str, object]:
    """Return the measurements with the machine they are of."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "system": platform.system(),
        "measurements": [measured.as_record() for measured in measurements],
    }


def print_measurement(measured: Measurement) -> None:
    """Print one line of the table."""
    numbers = (measured.median, measured.least, measured.most, measured.bar)
    print_row(
        measured.name,
        *("–" if number is None else _figures(number) for number in numbers),
        f"{measured.verdict:9} {measured.detail}".rstrip(),
    )


def _figures(number: float) -> str:
    return f"{number:,.1f}" if number >= 10 else f"{number:.3f}"  # noqa: PLR2004  -- three digits


def print_row(name: str, *columns: str) -> None:
    """Print columns aligned: the name left, the numbers right, the verdict as it is."""
    *numbers, verdict = columns
    print(f"{name:56}", *(f"{number:>8}" for number in numbers), f" {verdict}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
