"""Reopening in clips: five short from 200 at 100, lots of 0.001 worth 0.1; NAV is 1,000.

Of 800 in the wallet 300 is balance and 50 are locked, so 250 goes out at once; the corridor is
50, half a coin.
"""

from collections.abc import Mapping
from itertools import pairwise

import pytest

from rebalancer.model.book import Book
from rebalancer.model.plan import Order, Plan, PlanStatus, Transfer
from rebalancer.planner.choosing import play_steps
from rebalancer.planner.clips import asset_delta, open_task
from rebalancer.planner.promise import may_withdraw, withdrawable_steps
from rebalancer.planner.reopening import reopen_in_clips
from rebalancer.planner.sequence import Sequence, Task
from rebalancer.planner.steps import Phase, State, Step, Venue, build_venue, first_state
from tests.small_plans import (
    BTC_AND_ETH,
    BTC_COIN,
    book_of,
    case_of,
    inverse,
    market_of,
    perpetual,
    plan_of,
    policy_of,
    sent,
)

TILT = ("tilt: {kind: short, leverage: 1}", "tilt: 50%, cash: 50%")
SYMBOL = "BTC/USDT:USDT"
BOOK = book_of((SYMBOL, "-5", "200"), USDT="200", wallet="300")
OUT = Step(Phase.TRANSFER_OUT, 0, -30_000)


def opened(book: Book = BOOK, *, min_cost: str = "0") -> tuple[Venue, State]:
    market = market_of(perpetual("BTC", min_cost=min_cost))
    case = case_of(policy_of(*TILT), book, market=market)
    return build_venue(case, 0), first_state(case, 0)


VENUE, START = opened()


def reopened(
    *steps: Step,
    lots: Mapping[int, int],
    given: tuple[Venue, State] = (VENUE, START),
    imbalance: float = 0.05,
) -> list[tuple[str, int]]:
    venue, start = given
    found = reopen_in_clips(venue, start, steps=list(steps), reopened=lots, imbalance=imbalance)
    return [(step.phase.value, step.count) for step in found]


def played(venue: Venue, start: State, steps: list[Step]) -> Sequence:
    return play_steps(venue, Task(start, steps, 1000.0, (), ()))


def test_without_lots_to_reopen_the_steps_are_left_alone() -> None:
    assert reopened(OUT, lots={0: 0}) == [("transfer out", -30_000)]


def test_a_clip_is_closed_before_the_transfer_and_opened_after_it() -> None:
    # 30 of profit and 3 of margin are free while 0.3 is closed: 250 + 33 less a cent
    assert reopened(OUT, lots={0: 300}) == [
        ("reduce futures", 300),
        ("transfer out", -28_299),
        ("open futures", -300),
        ("transfer out", -1_701),
    ]


def test_lots_beyond_the_corridor_go_in_clips_of_nearly_one_size() -> None:
    # 501 lots are worth 50.1, so two clips: each a share 1 - sqrt(1 - 0.1002) = 5.1422 % of 5,000,
    # 514.2 lots in all. The first frees 25.8 of profit and 2.58 of margin: 278.38 less a cent
    assert reopened(OUT, lots={0: 501}) == [
        ("reduce futures", 258),
        ("transfer out", -27_837),
        ("open futures", -258),
        ("reduce futures", 257),
        ("transfer out", -2_163),
        ("open futures", -257),
    ]


def test_a_long_is_sold_and_bought_again() -> None:
    book = book_of((SYMBOL, "5", "50"), USDT="200", wallet="550")

    assert [
        count
        for phase, count in reopened(
            Step(Phase.TRANSFER_OUT, 0, -51_000), lots={0: 200}, given=opened(book)
        )
        if phase != "transfer out"
    ] == [-200, 200]


def test_no_clip_is_less_than_the_venue_takes() -> None:
    # the two clips of the 501 lots are at least 300 each; the corridor holds 500 and no more
    assert [
        count
        for phase, count in reopened(OUT, lots={0: 501}, given=opened(min_cost="30"))
        if phase == "open futures"
    ] == [-300, -300]


def test_clips_are_as_large_as_the_smallest_order_of_their_asset() -> None:
    # a corridor of one thousandth is 1, an order at least 10: five clips of 100 lots realise
    # 1 - 0.98^5 = 9.61 % of the profit, so the tenth that 500 lots have takes a sixth
    given = opened(min_cost="10")
    found = reopened(OUT, lots={0: 500}, given=given, imbalance=0.001)

    assert [count for phase, count in found if phase == "reduce futures"] == [100] * 6


def test_only_a_transfer_out_of_the_wallet_of_the_lots_is_cut() -> None:
    buy = Step(Phase.BUY_SPOT, 0, 100)
    margin = Step(Phase.TRANSFER_IN, 0, 100)

    assert reopened(buy, margin, lots={0: 300}) == [("buy spot", 100), ("transfer in", 100)]


@pytest.mark.parametrize(
    ("lots", "clips", "imbalance"),
    [(1, 1, 0.003), (300, 11, 0.003), (501, 2, 0.05), (2222, 6, 0.05), (5000, 1, 1.0)],
)
def test_positions_end_as_they_were_and_every_transfer_is_what_the_wallet_gives(
    lots: int, clips: int, imbalance: float
) -> None:
    # a lot has 0.1 of profit, and however many clips there are, all of it comes out: ten clips
    # of 30 and five of 500 would be 8 and 273 lots short of it, so they take one clip more
    asked = Step(Phase.TRANSFER_OUT, 0, -(25_000 + 10 * lots) + 1)
    steps = reopen_in_clips(VENUE, START, steps=[asked], reopened={0: lots}, imbalance=imbalance)
    sequence = played(VENUE, START, steps)

    assert sum(step.phase is Phase.REDUCE_FUTURES for step in steps) == clips
    assert sequence.states[-1].size == pytest.approx(START.size, abs=1e-9)
    assert sum(step.count for step in steps if step.phase is Phase.TRANSFER_OUT) == asked.count
    moves = zip(steps, sequence.states[:-1], strict=True)
    assert all(may_withdraw(VENUE, state, step=step) for step, state in moves)
    # what has left is no longer in the wallet, and no money is made or lost
    assert sequence.states[-1].equity[0] == pytest.approx(800 + asked.count / 100)


@pytest.mark.parametrize("imbalance", [0.003, 0.05, 1.0])
def test_clips_keep_inside_the_corridor_of_their_asset(imbalance: float) -> None:
    steps = reopen_in_clips(VENUE, START, steps=[OUT], reopened={0: 501}, imbalance=imbalance)
    task = open_task(VENUE, START, steps=steps, imbalance=imbalance)
    deltas = [asset_delta(VENUE, state, asset=0) for state in played(VENUE, START, steps).states]

    assert (task.low[0], task.high[0]) == pytest.approx(
        (-500 - 1000 * imbalance, -500 + 1000 * imbalance)
    )
    assert task.low[0] <= min(deltas)
    assert max(deltas) <= task.high[0] + 1e-9


def test_positions_of_one_wallet_are_reopened_one_after_the_other() -> None:
    policy = policy_of(*TILT, assets=BTC_AND_ETH)
    book = book_of((SYMBOL, "-1", "150"), ("ETH/USDT:USDT", "-50", "20"), USDT="50", wallet="400")
    case = case_of(policy, book)
    given = build_venue(case, 0), first_state(case, 0)

    # 340 go out at once; 20 more with 0.2 coins of BTC, and 70 with 7 of ETH
    found = reopened(
        Step(Phase.TRANSFER_OUT, 0, -43_000), lots={0: 200, 1: 7000}, given=given, imbalance=0.1
    )

    assert [count for phase, count in found if phase == "reduce futures"] == [200, 7000]
    assert sum(count for phase, count in found if phase == "transfer out") == -43_000


def test_coins_leave_their_wallet_in_clips_too() -> None:
    policy = policy_of("dollars: {kind: basis, collateral: coin}", "dollars: 100%", assets=BTC_COIN)
    book = book_of(("BTC/USD:BTC", "400", "50"), coin_wallet="4")
    case = case_of(policy, book, market=market_of(inverse("BTC")))
    venue, start = build_venue(case, 0), first_state(case, 0)
    # bought at 50, worth 100: 400 / 50 - 400 / 100 coins won, a tenth of four locked
    assert (start.equity[1], start.profit[0]) == pytest.approx((8, 4))
    free = withdrawable_steps(venue, start, wallet=1)
    assert free * 1e-8 == pytest.approx(3.6, abs=1e-6)

    asked = Step(Phase.COINS_OUT, 1, -400_000_000)
    steps = reopen_in_clips(venue, start, steps=[asked], reopened={0: 40}, imbalance=0.05)
    sequence = played(venue, start, steps)

    assert [step.count for step in steps if step.phase is Phase.REDUCE_FUTURES] == [-40]
    assert sequence.states[-1].size == pytest.approx(start.size)
    assert sequence.states[-1].spot[0] == pytest.approx(4)


# ------------------------------------------------------------------ in whole plans
def realised(plan: Plan) -> list[str]:
    return [trade.reason.split(":")[0] for trade in plan.trades if "realise" in trade.reason]


def test_a_plan_realises_profit_around_its_transfer_and_ends_at_its_target() -> None:
    plan = plan_of(policy_of(*TILT), BOOK)

    assert sent(plan) == [
        "buy 0.258 BTC/USDT:USDT",
        "send 278.37 USDT to spot",
        "sell 0.258 BTC/USDT:USDT",
        "buy 0.257 BTC/USDT:USDT",
        "send 21.63 USDT to spot",
        "sell 0.257 BTC/USDT:USDT",
    ]
    assert realised(plan) == ["realise profit"] * 4
    assert plan.status is PlanStatus.TRADE
    assert plan.residuals == ()
    assert [contracts for _, contracts, _ in plan.book_after.positions] == [-5]
    # 0.258 of 5 sold again at 100, and then 0.257 of what is left
    (_, _, entry) = plan.book_after.positions[0]
    assert float(entry) == pytest.approx(((4.742 * 200 + 25.8) / 5 * 4.743 + 25.7) / 5)
    assert dict(plan.book_after.spot)["USDT"] == 500


def test_a_plan_with_a_turnover_limit_reopens_nothing() -> None:
    plan = plan_of(policy_of(*TILT, limits="{turnover: 100%}"), BOOK)

    assert sent(plan) == ["send 249.99 USDT to spot"]
    assert realised(plan) == []
    assert [left.reason for left in plan.residuals] == [
        "a wallet gives out neither unrealised profit nor locked margin"
    ]


def test_a_limit_leaves_room_for_a_close_that_eases_it() -> None:
    # gross and leverage are at their ends before: closing eases them, opening returns to them
    policy = policy_of(*TILT, limits="{gross_leverage: 0.5, futures_leverage: 1}")

    plan = plan_of(policy, BOOK)

    assert dict(plan.book_after.spot)["USDT"] == 500
    assert all(line.holds for line in plan.limits)


def test_clips_of_a_plan_close_and_open_in_turn() -> None:
    plan = plan_of(policy_of(*TILT, more="execution: {max_leg_imbalance: 1%}"), BOOK)

    sides = [trade.side.value for trade in plan.trades if isinstance(trade, Order)]
    assert len(sides) == 2 * 6
    assert all(first != second for first, second in pairwise(sides))


def test_profit_that_fades_from_clip_to_clip_is_realised_in_as_many_as_it_takes() -> None:
    # what is opened again has no profit, so each clip of a position has less of it than the last
    plan = plan_of(policy_of(*TILT, more="execution: {max_leg_imbalance: 1%}"), BOOK)

    assert sum(trade.amount for trade in plan.trades if isinstance(trade, Transfer)) == 300
    assert plan.residuals == ()


def test_realising_pays_its_fees_from_the_wallet() -> None:
    market = market_of(perpetual("BTC", fee="0.1%"))

    plan = plan_of(policy_of(*TILT), BOOK, market=market)

    traded = sum(trade.notional for trade in plan.trades if isinstance(trade, Order))
    assert float(plan.fees) == pytest.approx(float(traded) / 1000, abs=1e-5)
    assert plan.nav - plan.nav_after == plan.fees
    assert [contracts for _, contracts, _ in plan.book_after.positions] == [-5]
    assert 0 < float(plan.fees) < 0.2


def test_a_wallet_that_stays_is_not_touched_for_its_profit() -> None:
    # a third of it is profit, and it holds what its target asks for
    book = book_of((SYMBOL, "-5", "150"), USDT="500", wallet="250")

    plan = plan_of(policy_of(*TILT), book)

    assert (plan.status, sent(plan)) == (PlanStatus.HOLD, [])
