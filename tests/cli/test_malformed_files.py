"""Every malformed file given to a command: its exit code, its message, and nothing written."""

from pathlib import Path

import pytest

from tests.bad_input.test_markets_and_portfolios import HERE, MARKETS, PORTFOLIOS, build_market
from tests.cli.conftest import INPUTS, Command, Result, files_below

POLICIES = sorted(set((HERE / "policies").glob("*.yaml")) - {HERE / "policies" / "sound.yaml"})


def planned(command: Command, option: str, path: Path) -> Result:
    """The plan of the example with one of its inputs replaced, asked for into a file."""
    arguments = list(INPUTS)
    place = 0 if option == "policy" else arguments.index(option) + 1
    arguments[place] = str(path)
    return command("plan", *arguments, "-o", "plan.json", "--format", "json")


def is_refused(result: Result, name: str) -> bool:
    """Whether the command said on its error stream which file is bad, and no more than that."""
    lines = result.err.splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    said = bool(errors) and all(line.startswith(("error: ", "warning: ")) for line in lines)
    return result.code == 2 and said and name in result.err and not result.out


@pytest.mark.parametrize("case", MARKETS)
def test_a_malformed_market_exits_2_and_writes_nothing(
    command: Command, folder: Path, case: str
) -> None:
    market = build_market(case, folder / "malformed")
    before = files_below(folder)

    result = planned(command, "--market", market)

    assert is_refused(result, "malformed"), result
    assert files_below(folder) == before


@pytest.mark.parametrize("case", PORTFOLIOS)
def test_a_malformed_portfolio_exits_2_and_writes_nothing(
    command: Command, folder: Path, case: str
) -> None:
    before = files_below(folder)

    result = planned(command, "--portfolio", HERE / "portfolios" / case)

    assert is_refused(result, case), result
    assert files_below(folder) == before


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_malformed_policy_fails_its_check_and_its_plan(
    command: Command, folder: Path, path: Path
) -> None:
    before = files_below(folder)

    checked = command("check", "--strict", path)
    result = planned(command, "policy", path)

    assert checked.code == 1
    assert path.name in checked.out
    errors = command("check", path).code == 1
    assert not errors or is_refused(result, path.name), result
    assert not errors or files_below(folder) == before
