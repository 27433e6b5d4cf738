"""Orders that are carried out at one open: here those that close and open again."""

from dataclasses import replace

import numpy as np
import pytest

from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.columns import open_holdings, run_layout
from rebalancer.evaluation.earned import nothing_earned
from rebalancer.evaluation.evaluation import PARTS
from rebalancer.evaluation.filling import Desk, FillRows
from rebalancer.evaluation.tickets import no_tickets
from tests.unit.evaluation.small_histories import BTC_SPOT, BTC_SWAP, book_of, policy_of

POLICY = policy_of("bull: {kind: long}", "bull: 50%, cash: 50%")
FUTURE = 1
"""The column of the perpetual."""


def desk_of(*, held: str, round_trips: float, fills: list[FillRows]) -> Desk:
    """A desk whose only account adds a contract to a position, and turns some around besides."""
    known = {one.symbol: one for one in (BTC_SPOT, BTC_SWAP)}
    book = book_of((BTC_SWAP.symbol, held, "100"), wallets={"USDT": "1000"}, USDT="1000")
    layout = run_layout(POLICY, known, book=book)
    holdings, _ = open_holdings(layout, book)
    tickets = no_tickets(layout, 1)
    tickets.opening[0, FUTURE], tickets.round_trips[0, FUTURE] = 1000.0, round_trips
    tickets.due_us[0, FUTURE], tickets.quoted[0, FUTURE] = 0, 110.0
    return Desk(
        layout=layout,
        accounts=Accounts(holdings, np.full((1, 2), 100.0)),
        tickets=tickets,
        slippage=np.zeros(1),
        parts=nothing_earned(1, len(PARTS)),
        note_fills=fills.append,
    )


def test_what_is_turned_around_more_than_once_is_filled_as_often() -> None:
    fills: list[FillRows] = []
    desk = desk_of(held="9", round_trips=25_000.0, fills=fills)

    desk.carry_out(0)

    # ten contracts of a thousand lots: ten, ten and five are closed and opened again
    lots = [float(fill.lots[0]) for fill in fills]
    assert lots == [1000, -10_000, 10_000, -10_000, 10_000, -5000, 5000]
    assert [fill.is_closing for fill in fills] == [False, *[True, False] * 3]
    assert desk.accounts.holdings.size[0, 0] == 10
    fees = sum(float(fill.fee[0]) for fill in fills)
    assert fees == pytest.approx((1 + 2 * 25) * 110 * 0.0005)
    profit = 9 * 10.0
    assert desk.accounts.holdings.wallet[0, 0] == pytest.approx(1000 + profit - fees)
    assert not desk.cuts
    assert not desk.tickets.round_trips.any()


def test_what_cannot_be_turned_around_is_said_to_be_cut() -> None:
    desk = desk_of(held="9", round_trips=25_000.0, fills=[])
    nothing = replace(desk.accounts.holdings, size=np.zeros((1, 1)), wallet=np.zeros((1, 1)))
    desk.accounts = replace(desk.accounts, holdings=nothing)

    desk.carry_out(0)

    assert [(cut.column, cut.planned, cut.filled) for cut in desk.cuts] == [
        (FUTURE, 1000.0, 0.0),
        (FUTURE, 25_000.0, 0.0),
    ]
