"""How much a run adds to the peak memory of a process that has its inputs and libraries ready."""

import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import resource
from benchmarks import {module}
run = {module}.{opening}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def measure_peak(module: str, opening: str) -> float:
    """Return the MiB that a run adds, in a process of its own.

    `opening` is an expression of that benchmark module: it makes what the run needs, and returns
    the run.
    """
    program = _PROGRAM.format(module=module, opening=opening)
    done = subprocess.run(  # noqa: S603  -- our own command
        [sys.executable, "-W", "ignore", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    # Linux counts in KiB, macOS in bytes
    return int(done.stdout.split()[-1]) / (1024**2 if sys.platform == "darwin" else 1024)
