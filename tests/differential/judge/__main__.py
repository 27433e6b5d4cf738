"""Prints what the judge finds: python -m tests.differential.judge [SEED] [CASES] [FIRST]."""

import sys

from tests.differential.judge.distribution import describe
from tests.differential.judge.judged_cases import draw_case
from tests.differential.judge.verdicts import judge

ALLOWED = 1.25


def main(seed: int = 2024, cases: int = 500, first: int = 0) -> None:
    """Print the distribution over some cases of a seed."""
    verdicts = [judge(draw_case(seed, number)) for number in range(first, first + cases)]
    for line in describe(verdicts, allowed=ALLOWED):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
