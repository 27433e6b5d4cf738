"""Parts of steps as one batch are to the bit what they are one by one."""

import numpy as np
import pytest

from rebalancer.model.book import Account
from rebalancer.planner.states import Parts, stack_states, take_parts
from rebalancer.planner.steps import (
    TRANSFERS,
    Phase,
    State,
    Step,
    Venue,
    build_venue,
    first_state,
    take_step,
)
from tests.small_plans import (
    BTC_COIN,
    book_of,
    case_of,
    inverse,
    market_of,
    perpetual,
    policy_of,
    spot_pair,
)

COIN = (
    policy_of("dollars: {kind: basis, collateral: coin}", "dollars: 100%", assets=BTC_COIN),
    market_of(spot_pair("BTC", step="0.1", fee="0.1%"), inverse("BTC", fee="0.0333%")),
    ("BTC/USD:BTC", "-300", "80"),
)
LINEAR = (
    policy_of("carry: {kind: basis}", "carry: 100%"),
    market_of(spot_pair("BTC", step="0.1", fee="0.1%"), perpetual("BTC", step="0.1", fee="0.07%")),
    ("BTC/USDT:USDT", "-3", "120"),
)
TRADES = [
    *(Step(Phase.BUY_SPOT, 0, count) for count in (1, 7)),
    *(Step(Phase.SELL_SPOT, 0, -count) for count in (1, 13)),
    *(Step(Phase.REDUCE_FUTURES, 1, count) for count in (1, 29, 30, 300, 301)),
    *(Step(Phase.OPEN_FUTURES, 1, -count) for count in (1, 29)),
]
SENT = [
    *(Step(Phase.TRANSFER_OUT, 0, -count) for count in (1, 3333)),
    *(Step(Phase.TRANSFER_IN, 0, count) for count in (1, 3333)),
]
COINS_SENT = [Step(Phase.COINS_IN, 1, 150_000_001), Step(Phase.COINS_OUT, 1, -99)]


def both_ways(venue: Venue, state: State, steps: list[Step]) -> tuple[list[State], list[State]]:
    """The states after each step, as a batch and one by one."""
    parts = Parts(
        column=np.array([step.column for step in steps]),
        count=np.array([float(step.count) for step in steps]),
        sent=np.array([step.phase in TRANSFERS for step in steps]),
    )
    after = take_parts(venue, stack_states(venue, [state] * len(steps)), parts=parts)
    rows = zip(after.spot, after.size, after.profit, after.cash, after.equity, strict=True)
    batch = [
        State(
            tuple(spot.tolist()),
            tuple(size.tolist()),
            tuple(profit.tolist()),
            float(cash),
            tuple(equity.tolist()),
        )
        for spot, size, profit, cash, equity in rows
    ]
    return batch, [take_step(venue, state, step=step) for step in steps]


@pytest.mark.parametrize("account", list(Account))
@pytest.mark.parametrize("kind", ["coin", "linear"])
def test_a_batch_of_parts_is_what_they_are_one_by_one(kind: str, account: Account) -> None:
    policy, market, position = COIN if kind == "coin" else LINEAR
    wallets = {"coin_wallet": "5"} if kind == "coin" else {"wallet": "100"}
    book = book_of(position, BTC="2.3", USDT="70.01", account=account, **wallets)
    case = case_of(policy, book, market=market)
    separate = account is Account.SEPARATE
    steps = (
        TRADES + (SENT if separate else []) + (COINS_SENT if separate and kind == "coin" else [])
    )

    batch, single = both_ways(build_venue(case, 0), first_state(case, 0), steps)

    assert batch == single


def test_parts_start_from_states_of_their_own_which_stay_as_they_are() -> None:
    policy, market, position = LINEAR
    case = case_of(policy, book_of(position, USDT="70", wallet="100"), market=market)
    venue, state = build_venue(case, 0), first_state(case, 0)
    later = take_step(venue, state, step=Step(Phase.REDUCE_FUTURES, 1, 10))
    before = stack_states(venue, [state, later])
    parts = Parts(np.array([1, 1]), np.array([5.0, 5.0]), np.array([False, False]))

    after = take_parts(venue, before, parts=parts)

    assert before.size[:, 0].tolist() == [-3.0, -2.0]
    assert after.size[:, 0].tolist() == pytest.approx([-2.5, -1.5])
