"""The command line's entry point: run one command, and turn what goes wrong into an exit code."""

import gc
import re
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from rebalancer.cli.failures import BAD_USAGE, INTERRUPTED, report_failure
from rebalancer.cli.printing import drop_unwritten, open_closed_streams, print_problem
from rebalancer.cli.root import app
from rebalancer.errors import RebalancerError, UsageError

COMMANDS = ("check", "plan", "status", "evaluate", "graph", "explain", "example", "schema")
"""The modules of this package that hold one command each, in the order that help lists them."""

# typer keeps this class private under a changing name: a bad parameter is one kind of it
_BAD_USAGE: type[Exception] = typer.BadParameter.__mro__[1]

for _command in COMMANDS:
    import_module(f"rebalancer.cli.{_command}")


def main() -> int:
    """Run the command of the process's arguments and return its exit code."""
    # a command lives for a second and leaves no cycles worth looking for: without the collector
    # `plan` starts and stops a tenth faster
    gc.set_threshold(100_000, 50, 50)
    open_closed_streams()
    code = run(sys.argv[1:])
    gc.freeze()
    return code


def run(arguments: Sequence[str]) -> int:
    """Run a command in this process and return its exit code."""
    try:
        code = typer.main.get_command(app).main(
            list(arguments), prog_name="rebalancer", standalone_mode=False
        )
    except RebalancerError as problem:
        return report_failure(problem)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except OSError as problem:
        drop_unwritten()
        place = f"{problem.filename}: " if problem.filename else ""
        return report_failure(UsageError(f"{place}{problem.strerror or problem}"))
    except _BAD_USAGE as problem:
        return _report_bad_usage(problem, arguments)
    return code if isinstance(code, int) else 0


def _report_bad_usage(problem: Exception, arguments: Sequence[str]) -> int:
    """Print what is wrong with the arguments; without any, print the help instead."""
    text = str(getattr(problem, "format_message", lambda: problem)())
    if not arguments:
        print_problem(text)
        return BAD_USAGE
    context = getattr(problem, "ctx", None)
    path = context.command_path if context is not None else "rebalancer"
    text = text.replace("Value error, ", "").rstrip(".")
    message = re.sub(r"'([^']*)'", r"`\1`", text[:1].lower() + text[1:])
    print_problem(f"error: {message}; see `{path} --help`")
    return BAD_USAGE
