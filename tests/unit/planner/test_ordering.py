"""The order of trades: preferred where it keeps the promise, in clips where a limit needs them."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from rebalancer.model.plan import Plan
from rebalancer.planner.choosing import play_steps
from rebalancer.planner.limits import LimitRow
from rebalancer.planner.order_sizes import least_count
from rebalancer.planner.ordering import order_tasks
from rebalancer.planner.promise import (
    Promise,
    bounds_of,
    keeps_promise,
    may_withdraw,
    withdrawable_steps,
)
from rebalancer.planner.sequence import Task
from rebalancer.planner.steps import Phase, Step, build_venue, first_state
from tests.small_plans import (
    BTC_COIN,
    WHOLE_LEGS,
    book_of,
    case_of,
    inverse,
    market_of,
    perpetual,
    plan_of,
    policy_of,
    sent,
    spot_pair,
)

CARRY = "carry: {kind: basis, leverage: 1}"
NARROW = policy_of(CARRY, "carry: 80%, cash: 20%", limits="{net_exposure: [-5%, 5%]}")
SYMBOL = "BTC/USDT:USDT"


def test_without_limits_the_preferred_order_is_kept() -> None:
    free = policy_of(CARRY, "carry: 80%, cash: 20%", more=WHOLE_LEGS)

    assert sent(plan_of(free, book_of(USDT="1000"))) == [
        "send 400.00 USDT to futures",
        "buy 4 BTC/USDT",
        "sell 4 BTC/USDT:USDT",
    ]


def test_legs_alternate_in_clips_where_exposure_has_no_room() -> None:
    plan = plan_of(NARROW, book_of(USDT="1000"))

    # 5 % of 1,000 is half a coin: from +0.5 to -0.5 and back
    assert sent(plan)[:4] == [
        "send 400.00 USDT to futures",
        "buy 0.499 BTC/USDT",
        "sell 0.998 BTC/USDT:USDT",
        "buy 0.998 BTC/USDT",
    ]
    assert all(first.split()[0] != second.split()[0] for first, second in pairwise(sent(plan)))
    (line,) = plan.limits
    assert line.worst_during == pytest.approx(0.05, abs=1e-3)
    assert (line.holds, plan.residuals, plan.warnings) == (True, (), ())
    assert dict(plan.book_after.spot)["BTC"] == 4
    assert plan.book_after.positions[0][1] == -4


def stuck_plan() -> Plan:
    """A future of two coins a lot is 20 % of NAV: no clip of it fits into -5 % to 5 %."""
    limits = "{net_exposure: [-5%, 5%]}"
    policy = policy_of(CARRY, "carry: 80%, cash: 20%", limits=limits, more=WHOLE_LEGS)
    return plan_of(policy, book_of(USDT="1000"), market=market_of(perpetual("BTC", step="2")))


def test_a_plan_that_must_stop_keeps_its_limit_and_says_what_stopped_it() -> None:
    plan = stuck_plan()

    assert all(line.holds for line in plan.limits)
    assert plan.warnings[-1] == (
        "sell 4 BTC/USDT:USDT (smallest order 2) is not sent: limit net_exposure (-5.00% to 5.00%)"
        " leaves no room for it"
    )


def test_what_a_plan_that_stops_leaves_over_is_a_residual() -> None:
    left = {residual.name: residual for residual in stuck_plan().residuals}

    assert left[SYMBOL].amount == -4
    assert left[SYMBOL].notional == 400
    assert left[SYMBOL].reason == "no allowed order keeps every limit"


def test_a_broken_limit_is_never_made_worse_on_the_way() -> None:
    # 90 % against 50 %: what is sold goes first, the other coin is bought when there is room
    policy = policy_of(
        "core: {kind: spot}",
        "core: 40%, cash: 60%",
        limits="{gross_leverage: 0.5}",
        assets="{BTC: {spot: BTC/USDT, share: 50%}, ETH: {spot: ETH/USDT, share: 50%}}",
    )

    plan = plan_of(policy, book_of(BTC="9", USDT="100"))

    assert sent(plan) == ["sell 7 BTC/USDT", "buy 20 ETH/USDT"]
    (line,) = plan.limits
    assert (line.before, line.worst_during, line.holds) == (0.9, 0.9, True)


def test_a_wallet_gives_only_what_is_free_at_its_turn() -> None:
    # profit of 300 of the 3 coins closed is realised first: balance 700 less 20 locked; of the
    # 20 missing each coin closed and opened again has 100, and what may go is a hair less
    policy = policy_of(
        "core: {kind: spot}, tilt: {kind: short, leverage: 1}", "core: 50%, tilt: 20%, cash: 30%"
    )
    book = book_of((SYMBOL, "-5", "200"), USDT="100", wallet="400")

    plan = plan_of(policy, book)

    assert sent(plan) == [
        "buy 3 BTC/USDT:USDT",
        "buy 0.201 BTC/USDT:USDT",
        "send 700.00 USDT to spot",
        "sell 0.201 BTC/USDT:USDT",
        "buy 5 BTC/USDT",
    ]
    assert plan.residuals == ()


# ------------------------------------------------------------------ the parts of it
POLICY = policy_of(
    "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
    "core: 50%, tilt: 20%, cash: 30%",
    limits="{gross_leverage: 1}",
)
MARKET = market_of(
    spot_pair("BTC", step="0.1", min_cost="25"), perpetual("BTC", step="0.1", min_cost="25")
)
BOOK = book_of((SYMBOL, "-2", "100"), BTC="5", USDT="300", wallet="200")
CASE = case_of(POLICY, BOOK, market=MARKET)
VENUE, START = build_venue(CASE, 0), first_state(CASE, 0)
PROMISE = Promise(VENUE, CASE.table)


def task_of(*steps: Step) -> Task:
    """Steps of a book of 1,000 whose delta may be anything."""
    return Task(START, list(steps), 1000.0, low=(-math.inf,), high=(math.inf,))


def keeps(step: Step, *, reduce_only: bool = False) -> bool:
    promise = Promise(VENUE, CASE.table, reduce_only)
    task = task_of(step)
    after = play_steps(VENUE, task).states[-1]
    return bool(
        keeps_promise(
            promise, [START], after=[after], bounds=bounds_of(promise, [task], before=[START])
        )[0]
    )


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        (Step(Phase.BUY_SPOT, 0, 29), True),  # gross 0.99
        (Step(Phase.BUY_SPOT, 0, 31), False),  # 1.01, and cash below zero
        (Step(Phase.OPEN_FUTURES, 1, -31), False),
        (Step(Phase.SELL_SPOT, 0, -50), True),
        (Step(Phase.TRANSFER_IN, 0, 30000), True),
        (Step(Phase.TRANSFER_IN, 0, 30001), False),  # a cent that is not there
        (Step(Phase.TRANSFER_OUT, 0, -18100), False),  # initial margin of 20 stays
    ],
)
def test_a_step_is_kept_exactly_where_every_limit_and_cash_hold(step: Step, *, kept: bool) -> None:
    assert keeps(step) is kept


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        (Step(Phase.REDUCE_FUTURES, 1, 5), True),  # gross falls, exposure is no limit
        (Step(Phase.SELL_SPOT, 0, -5), True),
        (Step(Phase.OPEN_FUTURES, 1, -5), False),
    ],
)
def test_reduce_only_lets_no_number_get_worse(step: Step, *, kept: bool) -> None:
    assert keeps(step, reduce_only=True) is kept


def test_a_wallet_gives_what_is_not_locked_less_a_margin_for_float_error() -> None:
    # 200 - a tenth of 200
    assert withdrawable_steps(VENUE, START, wallet=0) == 17_999
    assert may_withdraw(VENUE, START, step=Step(Phase.TRANSFER_OUT, 0, -17_999))
    assert not may_withdraw(VENUE, START, step=Step(Phase.TRANSFER_OUT, 0, -18_000))
    assert may_withdraw(VENUE, START, step=Step(Phase.TRANSFER_IN, 0, 99_999))


def test_a_coin_wallet_gives_what_is_neither_locked_nor_unrealised() -> None:
    # five coins, of which 300 dollars sold at 80 have lost 0.75; a tenth of 3 coins is locked
    policy = policy_of("dollars: {kind: basis, collateral: coin}", "dollars: 100%", assets=BTC_COIN)
    book = book_of(("BTC/USD:BTC", "-300", "80"), coin_wallet="5")
    case = case_of(policy, book, market=market_of(inverse("BTC")))
    venue, state = build_venue(case, 0), first_state(case, 0)

    free = withdrawable_steps(venue, state, wallet=1)

    assert free * 1e-8 == pytest.approx(3.95, abs=2e-8)
    assert may_withdraw(venue, state, step=Step(Phase.COINS_OUT, 1, -free))
    assert not may_withdraw(venue, state, step=Step(Phase.COINS_OUT, 1, -free - 1))


def test_no_more_is_closed_for_its_profit_than_is_held() -> None:
    # twenty lots are held short, and cash does not pay for the coins that come first
    close = Step(Phase.REDUCE_FUTURES, 1, 15, realises=True)

    (found,) = order_tasks(PROMISE, [task_of(Step(Phase.BUY_SPOT, 0, 31), close, close)])

    assert [step.count for step in found.steps if step.column == 1] == [15, 5]
    assert found.states[-1].size == (0.0,)


def test_what_a_book_may_break_does_not_depend_on_the_books_beside_it() -> None:
    limits = "{gross_leverage: 1, liquidation_distance: 50%}"
    policy = policy_of(
        "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
        "core: 50%, tilt: 20%, cash: 30%",
        limits=limits,
        more="stress: {price_move: {BTC: [-30%, 30%]}}",
    )
    case = case_of(policy, BOOK, market=MARKET)
    promise = Promise(build_venue(case, 0), case.table)
    broken_gross = replace(first_state(case, 0), spot=(9.0,), cash=-100.0)
    near_liquidation = replace(first_state(case, 0), size=(-6.0,))
    states = [broken_gross, near_liquidation, first_state(case, 0)]
    tasks = [replace(task_of(), start=state) for state in states]

    together = bounds_of(promise, tasks, before=states)
    alone = [bounds_of(promise, [task], before=[task.start]) for task in tasks]

    assert np.array_equal(together.ceilings, np.concatenate([each.ceilings for each in alone]))
    distance = case.table.rows.index(LimitRow.LIQUIDATION_DISTANCE)
    assert (together.ceilings[:, distance] > -0.5).tolist() == [False, True, False]


def test_no_step_takes_an_asset_out_of_its_corridor() -> None:
    # five coins less two short are 300; the corridor is 30 each way
    def inside(step: Step) -> bool:
        task = Task(START, [step], 1000.0, low=(270.0,), high=(330.0,))
        after, bounds = (
            play_steps(VENUE, task).states[-1],
            bounds_of(PROMISE, [task], before=[START]),
        )
        return bool(keeps_promise(PROMISE, [START], after=[after], bounds=bounds)[0])

    assert inside(Step(Phase.SELL_SPOT, 0, -3))
    assert not inside(Step(Phase.SELL_SPOT, 0, -4))
    assert inside(Step(Phase.REDUCE_FUTURES, 1, 3))
    assert not inside(Step(Phase.REDUCE_FUTURES, 1, 4))


@pytest.mark.parametrize(
    ("step", "least"),
    [
        (Step(Phase.BUY_SPOT, 0, 9), 3),  # 25 of cost at 10 a lot
        (Step(Phase.OPEN_FUTURES, 1, -9), 3),
        (Step(Phase.REDUCE_FUTURES, 1, 9), 1),  # no minimum cost
        (Step(Phase.TRANSFER_IN, 0, 9), 1),
    ],
)
def test_the_smallest_order_is_what_the_venue_takes(step: Step, least: int) -> None:
    assert least_count(VENUE, step) == least


def test_a_position_is_not_opened_before_its_other_side_is_closed() -> None:
    steps = [Step(Phase.OPEN_FUTURES, 1, 9), Step(Phase.REDUCE_FUTURES, 1, 20)]
    # opening first would look fine to a limit on gross: the close has to come first all the same
    tight = Promise(VENUE, CASE.table)

    (sequence,) = order_tasks(tight, [task_of(*steps[::-1])])

    assert [step.phase for step in sequence.steps] == [Phase.REDUCE_FUTURES, Phase.OPEN_FUTURES]


def test_a_part_that_leaves_less_than_the_smallest_order_is_made_smaller() -> None:
    # room for 29 of 31 lots; the 2 that would be left are under the smallest order of 3
    (sequence,) = order_tasks(PROMISE, [task_of(Step(Phase.BUY_SPOT, 0, 31))])

    assert [step.count for step in sequence.steps] == [28]
    assert [step.count for step in sequence.left] == [3]
    assert len(sequence.blocked) == 1


def test_tasks_without_steps_are_left_as_they_are() -> None:
    (sequence,) = order_tasks(PROMISE, [task_of()])

    assert sequence.steps == ()
    assert sequence.states == (START,)


@pytest.mark.parametrize("room", [0, 1, 2, 3, 4, 5, 31, 32, 33, 1_000, 4_095, 4_097, 9_998, 9_999])
def test_the_largest_part_is_found_wherever_the_room_ends(room: int) -> None:
    # a lot of a thousandth coin is 0.1 of 1,000 in cash; the task's own ceiling ends the room
    policy = policy_of("core: {kind: spot}", "core: 100%", limits="{gross_leverage: 3}")
    case = case_of(policy, book_of(USDT="1000"), market=market_of(spot_pair("BTC")))
    venue, start = build_venue(case, 0), first_state(case, 0)
    buy = Step(Phase.BUY_SPOT, 0, 10_000)
    own = ((room + 0.5) * 1e-4, 0.0)  # of gross leverage and initial margin
    task = Task(start, [buy], 1000.0, low=(-math.inf,), high=(math.inf,), ceilings=own)

    (found,) = order_tasks(Promise(venue, case.table), [task])

    assert [step.count for step in found.steps] == [room] * (room > 0)
