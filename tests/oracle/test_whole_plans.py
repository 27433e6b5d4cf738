"""Plans other than the worked example that break nothing, in both kinds of account."""

import pytest

from tests.oracle.checks import Oracle, check_plan, make_oracle
from tests.oracle.deviations import Aim
from tests.oracle.example import (
    INSTRUMENTS,
    POLICY,
    Document,
    changed,
    instrument,
    limit,
    order,
)

MARKS = {"BTC/USDT": "40000", "BTC/USDT:USDT": "40000", "ETH/USDT": "2000", "ETH/USDT:USDT": "2000"}
SPOT_60: Document = {"targets": {"core": "60%", "liquidity": "40%"}}
SPOT_100: Document = {"targets": {"core": "100%"}}

NO_FUTURES = [
    limit("futures_leverage", (None, "3"), "0", "0", "0"),
    limit("margin_utilization", (None, "0.6"), "0", "0", "0"),
    limit("liquidation_distance", ("0.25", None), None, None, None),
    limit("stress_liquidation", ("0", None), None, None, None),
]

HOLD: Document = {
    "status": "hold",
    "nav": "100000",
    "nav_after": "100000",
    "instruments": [
        instrument("BTC/USDT", "0.36", "0.36", "0.34", "0.38", "0.36"),
        instrument("ETH/USDT", "0.24", "0.24", "0.22", "0.26", "0.24"),
    ],
    "trades": [],
    "book_after": {"spot": {"BTC": "0.9", "ETH": "12", "USDT": "40000"}, "wallets": {"USDT": "0"}},
    "limits": [
        limit("gross_leverage", (None, "1.5"), "0.6", "0.6", "0.6"),
        limit("net_exposure", ("-0.01", "1.01"), "0.6", "0.6", "0.6"),
        # 86,400 of 126,400 where both rise
        limit("stress_gross_leverage", (None, "1.5"), "0.6835", "0.6835", "0.6835"),
        limit("stress_net_exposure", ("-0.01", "1.01"), "0.6835", "0.6835", "0.6835"),
        *NO_FUTURES,
    ],
    "costs": {"fees": "0", "slippage": "0"},
    "residuals": [],
    "warnings": [],
    "refusals": [],
}


def priced(row: Document) -> Document:
    """Return an order of the example at the marks of this page."""
    return row | {"price": MARKS[row["symbol"]]}


BUY: Document = HOLD | {
    "status": "trade",
    "nav_after": "99900.1",
    "instruments": [
        instrument("BTC/USDT", "0", "0.6", "0.58", "0.62", "0.6"),
        instrument("ETH/USDT", "0", "0.4", "0.38", "0.42", "0.4"),
    ],
    "trades": [
        priced(order(1, "BTC/USDT", "buy", amount="1.49850", money=("59940", "59.94")))
        | {"weight_after": "0.5994"},
        priced(order(2, "ETH/USDT", "buy", amount="19.98", money=("39960", "39.96")))
        | {"weight_after": "0.3996"},
    ],
    "book_after": {"spot": {"BTC": "1.4985", "ETH": "19.98", "USDT": "0.1"}},
    "limits": [
        limit("gross_leverage", (None, "1.5"), "0", "1", "1"),
        limit("net_exposure", ("-0.01", "1.01"), "0", "1", "1"),
        limit("stress_gross_leverage", (None, "1.5"), "0", "1", "1"),
        limit("stress_net_exposure", ("-0.01", "1.01"), "0", "1", "1"),
        *NO_FUTURES,
    ],
    "costs": {"fees": "99.9", "slippage": "0"},
}


def oracle_of(regime: Document) -> Oracle:
    policy = changed(POLICY, "regimes.accumulation", regime)
    policy = changed(policy, "rebalance.to", "target")
    return make_oracle(policy, "accumulation", instruments=INSTRUMENTS, marks=MARKS)


def portfolio_of(account: str, **spot: str) -> Document:
    return {"account": account, "spot": spot}


@pytest.mark.parametrize("account", ["separate", "unified"])
def test_a_book_on_its_targets_holds(account: str) -> None:
    book = portfolio_of(account, BTC="0.9", ETH="12", USDT="40000")

    assert check_plan(oracle_of(SPOT_60), book, HOLD, aim=Aim.BASE) == []


@pytest.mark.parametrize("account", ["separate", "unified"])
def test_buys_that_leave_room_for_their_fees_are_forced_below_target(account: str) -> None:
    book = portfolio_of(account, USDT="100000")

    assert check_plan(oracle_of(SPOT_100), book, BUY, aim=Aim.BASE) == []


def test_a_hold_that_should_trade_is_found() -> None:
    regime = {"targets": {"core": "70%", "liquidity": "30%"}}
    book = portfolio_of("separate", BTC="0.9", ETH="12", USDT="40000")

    found = check_plan(oracle_of(regime), book, HOLD)

    assert [text for text in found if "ends at" in text] == [
        "BTC/USDT ends at 0.36, off its interval in 0.4 to 0.44 by 0.039746 more than 0.000254",
        "ETH/USDT ends at 0.24, off its interval in 0.26 to 0.3 by 0.019748 more than 0.000252",
    ]


def test_a_short_below_the_venue_minimum_must_be_listed() -> None:
    # a basis pair of 0.2 %: 72 USDT of BTC short, under the venue's minimum of 100
    regime = {"targets": {"core": "59.9%", "hedged_yield": "0.2%", "liquidity": "39.9%"}}
    book = portfolio_of("separate", BTC="0.9", ETH="12", USDT="39000")
    book |= {"futures": {"wallets": {"USDT": "1000"}}}
    silent = HOLD | {"instruments": []}
    silent |= {"book_after": book | book["futures"]}
    listed = changed(silent, "residuals", ["BTC/USDT:USDT and ETH/USDT:USDT: too small to send"])

    found = check_plan(oracle_of(regime), book, silent)

    assert [text[:21] for text in found] == ["BTC/USDT:USDT ends at", "ETH/USDT:USDT ends at"]
    assert check_plan(oracle_of(regime), book, listed) == []
