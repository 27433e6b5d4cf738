from fractions import Fraction

import pytest

from tests.oracle.arithmetic import EXACT, FLOAT, Arithmetic
from tests.oracle.checks import check_plan, make_oracle
from tests.oracle.deviations import Aim, measure_deviations
from tests.oracle.example import INSTRUMENTS, MARKS, PLAN, POLICY, PORTFOLIO, REGIME
from tests.oracle.places import place_all
from tests.oracle.replay import replay_plan


@pytest.mark.parametrize("arithmetic", [EXACT, FLOAT], ids=["exact", "float"])
@pytest.mark.parametrize("aim", list(Aim))
def test_the_plan_of_the_command_page_keeps_every_promise(arithmetic: Arithmetic, aim: Aim) -> None:
    oracle = make_oracle(
        POLICY, REGIME, instruments=INSTRUMENTS, marks=MARKS, arithmetic=arithmetic
    )

    assert check_plan(oracle, PORTFOLIO, PLAN, aim=aim) == []


def test_targets_and_intervals_are_those_of_the_command_page() -> None:
    oracle = make_oracle(POLICY, REGIME, instruments=INSTRUMENTS, marks=MARKS)
    ctx, sheet = oracle.ctx, oracle.sheet
    replay = replay_plan(ctx, PORTFOLIO, PLAN)
    places = place_all(ctx, sheet, opening=replay.worth, final=replay.final_worth)

    found = {row.name: row for row in measure_deviations(ctx, sheet, replay, places, plan=PLAN)}

    spot = found["BTC/USDT"]
    assert (spot.low, spot.target, spot.high) == (
        Fraction("0.382"),
        Fraction("0.402"),
        Fraction("0.422"),
    )
    short = found["BTC/USDT:USDT"]
    assert short.target == Fraction("-0.162")
    assert float(short.low) == pytest.approx(-0.1701, abs=5e-5)
    wallet = found["USDT"]
    assert (wallet.low, wallet.target, wallet.high) == (
        Fraction("0.16"),
        Fraction("0.18"),
        Fraction("0.2"),
    )
    assert not any(row.is_forced for row in found.values())


def test_the_replayed_book_is_that_of_the_command_page() -> None:
    oracle = make_oracle(POLICY, REGIME, instruments=INSTRUMENTS, marks=MARKS)

    replay = replay_plan(oracle.ctx, PORTFOLIO, PLAN)

    assert replay.fees == Fraction("7.460243")
    assert replay.worth.nav == Fraction("83738.605")
    assert replay.final_worth.nav == Fraction("83731.144757")
    assert replay.final.cash == Fraction("13563.485477")
    assert replay.final.wallets == [Fraction("13576.57728")]
    assert float(replay.final.entries[0]) == pytest.approx(41572.204142, abs=1e-6)
