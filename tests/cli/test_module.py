"""`python -m rebalancer` is the command."""

import subprocess
import sys

import rebalancer


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "rebalancer"]
    version = subprocess.run(
        [*command, "--version"], capture_output=True, text=True, check=True
    ).stdout
    unknown = subprocess.run([*command, "plna"], capture_output=True, text=True, check=False)

    assert version == f"{rebalancer.__version__}\n"
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("error: no such command `plna`")
