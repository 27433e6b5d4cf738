"""How much a run adds to the peak memory of a process that has its inputs and libraries ready."""

import resource
import subprocess
import sys
from pathlib import Path

_PROGRAM = """
from benchmarks import {module}, peak_memory
run = {module}.{opening}
before = peak_memory.read_peak()
run()
print(peak_memory.read_peak() - before)
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
    return float(done.stdout.split()[-1])


def read_peak() -> float:
    """Return the peak of this process in MiB."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    # not ru_maxrss: on Linux it starts with the peak of the process that started this one
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
