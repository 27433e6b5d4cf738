"""Legs in clips: BTC at 100 in lots of 0.1, each worth 10; the corridor is 55 unless said."""

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from rebalancer.model.book import Account
from rebalancer.model.instrument import Instrument
from rebalancer.planner.choosing import play_steps
from rebalancer.planner.clips import (
    asset_delta,
    clip_steps,
    open_task,
    smallest_order,
    split_orders,
    state_nav,
)
from rebalancer.planner.sequence import Task
from rebalancer.planner.steps import Phase, State, Step, Venue, build_venue, first_state
from tests.small_plans import (
    BTC_AND_ETH,
    BTC_COIN,
    book_of,
    case_of,
    inverse,
    market_of,
    perpetual,
    policy_of,
    spot_pair,
)

CARRY = policy_of("carry: {kind: basis, leverage: 1}", "carry: 80%, cash: 20%", assets=BTC_AND_ETH)
SPOT, FUTURE = spot_pair("BTC", step="0.1"), perpetual("BTC", step="0.1")
BTC_SPOT, BTC_FUTURE = 0, 2


def opened(*instruments: Instrument, cash: str = "600") -> tuple[Venue, State]:
    """A book of two coins, 200 in the wallet and some cash: NAV is 1,000 with 600 of it."""
    book = book_of(BTC="2", USDT=cash, wallet="200")
    case = case_of(CARRY, book, market=market_of(SPOT, FUTURE, *instruments))
    return build_venue(case, 0), first_state(case, 0)


VENUE, START = opened()


def task_of(*steps: Step, imbalance: float = 0.055) -> Task:
    return open_task(VENUE, START, steps=list(steps), imbalance=imbalance)


def clips_of(task: Task, venue: Venue = VENUE) -> list[tuple[int, int]]:
    return [(step.column, step.count) for step in clip_steps(venue, task)]


def buy(lots: int) -> Step:
    return Step(Phase.BUY_SPOT, BTC_SPOT, lots)


def sell(lots: int) -> Step:
    return Step(Phase.SELL_SPOT, BTC_SPOT, -lots)


def short(lots: int) -> Step:
    return Step(Phase.OPEN_FUTURES, BTC_FUTURE, -lots)


def test_a_corridor_reaches_from_before_to_after_and_its_share_of_nav_beyond() -> None:
    # two coins of 100; 5.5 % of 1,000
    assert (task_of().low[0], task_of().high[0]) == pytest.approx((145, 255))
    assert (task_of(sell(10)).low[0], task_of(sell(10)).high[0]) == pytest.approx((45, 255))
    assert (task_of(buy(10)).low[0], task_of(buy(10)).high[0]) == pytest.approx((145, 355))


def test_every_asset_has_its_own_corridor() -> None:
    task = task_of(sell(10))

    assert (task.low[1], task.high[1]) == pytest.approx((-55, 55))


@pytest.mark.parametrize(
    ("instrument", "worth"),
    [
        (SPOT, 10),
        (perpetual("BTC", step="2"), 200),
        (spot_pair("BTC", step="0.1", min_cost="80"), 80),
        (replace(FUTURE, min_amount=Decimal("0.9")), 90),
    ],
)
def test_the_coarsest_instrument_says_what_the_smallest_order_of_an_asset_is_worth(
    instrument: Instrument, worth: float
) -> None:
    venue, start = opened(instrument)
    assert smallest_order(venue, 0) == pytest.approx(worth)

    # where that is more than the share of NAV, it is the corridor
    task = open_task(venue, start, steps=[], imbalance=0.055)
    assert task.high[0] - 200 == pytest.approx(max(55, worth))


@pytest.mark.parametrize("account", list(Account))
def test_delta_counts_coins_wherever_they_lie_with_their_unrealised_profit(
    account: Account,
) -> None:
    # short 400 from 80, at 100: one coin lost, so 2 + 3 - 1 coins are worth 400 and delta is 0
    policy = policy_of("dollars: {kind: basis, collateral: coin}", "dollars: 100%", assets=BTC_COIN)
    book = book_of(("BTC/USD:BTC", "-400", "80"), coin_wallet="3", BTC="2", account=account)
    case = case_of(policy, book, market=market_of(inverse("BTC")))
    venue, start = build_venue(case, 0), first_state(case, 0)

    assert asset_delta(venue, start, asset=0) == pytest.approx(0, abs=1e-9)
    assert state_nav(venue, start) == pytest.approx(400)


def test_legs_that_fit_into_the_corridor_are_sent_whole() -> None:
    assert clips_of(task_of(buy(5), short(5))) == [(BTC_SPOT, 5), (BTC_FUTURE, -5)]


def test_legs_alternate_from_one_end_of_the_corridor_to_the_other() -> None:
    # up five lots from the start, then ten down and ten up, in the middle of 55 each way
    assert clips_of(task_of(buy(40), short(40))) == [
        (BTC_SPOT, 5),
        *[(BTC_FUTURE, -10), (BTC_SPOT, 10)] * 3,
        (BTC_FUTURE, -10),
        (BTC_SPOT, 5),
    ]


def test_a_trade_of_one_leg_needs_no_clips() -> None:
    assert clips_of(task_of(buy(40))) == [(BTC_SPOT, 40)]
    assert clips_of(task_of(short(40))) == [(BTC_FUTURE, -40)]


def test_no_clips_are_a_matter_of_width() -> None:
    wide = task_of(buy(40), short(40), imbalance=1.0)

    assert clips_of(wide) == [(BTC_SPOT, 40), (BTC_FUTURE, -40)]


@pytest.mark.parametrize("imbalance", [0.013, 0.055, 0.21])
@pytest.mark.parametrize("lots", [7, 40, 41])
def test_clips_add_up_to_the_legs_and_never_leave_the_corridor(lots: int, imbalance: float) -> None:
    task = task_of(sell(10), buy(lots + 10), short(lots), imbalance=imbalance)
    steps = clip_steps(VENUE, task)

    deltas = [
        asset_delta(VENUE, state, asset=0)
        for state in play_steps(VENUE, Task(START, steps, 1000.0, (), ())).states
    ]
    # delta is 200 before and after
    room = 1000 * imbalance + 1e-6
    assert 200 - room <= min(deltas) <= max(deltas) <= 200 + room
    assert sum(step.count for step in steps if step.column == BTC_SPOT) == lots
    assert sum(step.count for step in steps if step.column == BTC_FUTURE) == -lots


def test_no_clip_is_or_leaves_less_than_the_venue_takes() -> None:
    # 30 is three lots: ten of the twelve would leave two, so nine go
    venue, start = opened(spot_pair("BTC", step="0.1"), perpetual("BTC", step="0.1", min_cost="30"))
    task = open_task(venue, start, steps=[buy(12), short(12)], imbalance=0.055)

    assert clips_of(task, venue) == [
        (BTC_SPOT, 5),
        (BTC_FUTURE, -9),
        (BTC_SPOT, 7),
        (BTC_FUTURE, -3),
    ]


def test_a_transfer_before_its_turn_sends_what_cash_already_pays() -> None:
    # coins are sold for margin of futures that take their place; there is no cash to begin with
    venue, start = opened(cash="0")
    margin = Step(Phase.TRANSFER_IN, 0, 12_000)
    steps = [sell(20), margin, Step(Phase.OPEN_FUTURES, BTC_FUTURE, 20)]
    task = open_task(venue, start, steps=steps, imbalance=0.13)

    # 5 lots of 10 are 13 % of 400, less 2: 50.00 is sent, then ten lots move each time
    assert [(step.phase, step.count) for step in clip_steps(venue, task)] == [
        (Phase.SELL_SPOT, -5),
        (Phase.TRANSFER_IN, 5_000),
        (Phase.OPEN_FUTURES, 10),
        (Phase.SELL_SPOT, -10),
        (Phase.TRANSFER_IN, 7_000),
        (Phase.OPEN_FUTURES, 10),
        (Phase.SELL_SPOT, -5),
    ]


def test_money_leaves_a_wallet_only_in_its_turn() -> None:
    steps = [short(20), sell(0), Step(Phase.TRANSFER_OUT, 0, -100), buy(20)]
    task = task_of(*(step for step in steps if step.count))

    phases = [step.phase for step in clip_steps(VENUE, task)]
    last_short = max(place for place, phase in enumerate(phases) if phase is Phase.OPEN_FUTURES)
    assert phases.index(Phase.TRANSFER_OUT) == last_short + 1


# ------------------------------------------------------------------ order_notional
def split(step: Step, *, most: float, venue: Venue = VENUE) -> list[int]:
    limited = replace(venue, order_notional=most)
    return [part.count for part in split_orders(limited, [step])]


@pytest.mark.parametrize(
    ("most", "parts"),
    [(1000, [40]), (400, [40]), (399, [20, 20]), (150, [14, 13, 13]), (10, [1] * 40)],
)
def test_an_order_over_the_limit_is_sent_in_parts_of_nearly_one_size(
    most: float, parts: list[int]
) -> None:
    assert split(buy(40), most=most) == parts
    assert split(short(40), most=most) == [-part for part in parts]


def test_parts_of_an_order_are_what_the_venue_takes() -> None:
    # 50 is five lots: nine fit into 95, and ten of them in two parts of five
    venue, _ = opened(spot_pair("BTC", step="0.1", min_cost="50"))

    assert split(buy(10), most=95, venue=venue) == [5, 5]
    # six fit into 65; thirteen would be 5, 4 and 4, so two of six go and one lot stays undone
    assert split(buy(13), most=65, venue=venue) == [6, 6]


def test_a_transfer_is_no_order() -> None:
    assert split(Step(Phase.TRANSFER_IN, 0, 50_000), most=10) == [50_000]


def test_a_split_order_ends_where_the_whole_one_did() -> None:
    whole = [buy(40), short(40)]
    parts = split_orders(replace(VENUE, order_notional=150.0), whole)

    assert [part.count for part in parts] == [14, 13, 13, -14, -13, -13]
    # four coins more than the two at the start, and four short
    end = play_steps(VENUE, task_of(*parts)).states[-1]
    assert (end.spot[0], end.size[0], end.cash) == pytest.approx((6, -4, 200))


def test_without_the_limit_no_order_is_split() -> None:
    steps = [buy(40), short(40)]

    assert VENUE.order_notional == math.inf
    assert split_orders(VENUE, steps) == steps


def test_the_limit_on_one_order_splits_what_the_corridor_leaves_whole() -> None:
    # clips of 50, 100 and 50 in parts of at most 60: whole, in two of 50, whole
    task = task_of(buy(10), short(10))
    clips = clip_steps(VENUE, task)

    parts = split_orders(replace(VENUE, order_notional=60.0), clips)

    assert [step.count for step in clips] == [5, -10, 5]
    assert [step.count for step in parts] == [5, -5, -5, 5]
