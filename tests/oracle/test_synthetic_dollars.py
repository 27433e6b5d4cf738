"""A full inverse short is worth its size at any price: nothing of it may be traded."""

import pytest

from tests.oracle.checks import Oracle, check_plan, make_oracle
from tests.oracle.deviations import Aim
from tests.oracle.example import Document, changed, instrument
from tests.oracle.synthetic_dollar import INSTRUMENTS, POLICY, REGIME, move, trade

MARKS = {"BTC/USDT": "60000", "BTC/USD:BTC": "60000"}
TARGETS: Document = {"targets": {"dollars": "80%", "liquidity": "20%"}}
BARE: Document = {"limits": {}, "stress": {}}

# 1 BTC sold at 40,000 and now at 60,000: a third of it is lost, 40,000 USD are left
POSITIONS = [{"symbol": "BTC/USD:BTC", "contracts": "-400", "entry_price": "40000"}]
POOL: Document = {
    "account": "unified",
    "spot": {"BTC": "1", "USDT": "10000"},
    "futures": {"positions": POSITIONS},
}
APART: Document = {
    "account": "separate",
    "spot": {"USDT": "10000"},
    "futures": {"wallets": {"BTC": "1"}, "positions": POSITIONS},
}
HOLD: Document = {
    "status": "hold",
    "nav": "50000",
    "nav_after": "50000",
    "instruments": [],
    "trades": [],
    "limits": [],
    "costs": {"fees": "0", "slippage": "0"},
    "residuals": [],
    "warnings": [],
    "refusals": [],
}


def oracle_of(targets: Document = TARGETS) -> Oracle:
    policy = changed(POLICY | BARE, f"regimes.{REGIME}", targets)
    return make_oracle(policy, REGIME, instruments=INSTRUMENTS, marks=MARKS)


def after(spot: Document, wallets: Document) -> Document:
    return {"book_after": {"spot": spot, "wallets": wallets, "positions": POSITIONS}}


@pytest.mark.parametrize("account", ["unified", "separate"])
def test_a_synthetic_dollar_holds_after_a_rise(account: str) -> None:
    is_pool = account == "unified"
    book = POOL if is_pool else APART
    coins = after({"USDT": "10000"} | ({"BTC": "1"} if is_pool else {}), {})
    kept = coins if is_pool else after({"USDT": "10000"}, {"BTC": "1"})
    name = "BTC/USDT" if is_pool else "BTC"
    rows = [
        instrument(name, "0.80", "0.80", "0.78", "0.82", "0.80"),
        instrument("BTC/USD:BTC", "-0.80", "-0.80", "-0.80", "-0.80", "-0.80"),
    ]

    assert check_plan(oracle_of(), book, HOLD | kept | {"instruments": rows}, aim=Aim.BASE) == []


def test_selling_the_coins_of_a_synthetic_dollar_is_found() -> None:
    # weighed by its balance, 120 % of NAV, the pool would seem to be 38 % over its band
    row = {"amount": "0.3", "quantity_base": "0.3", "notional": "18000", "fee": "18"}
    sale = trade(1, "BTC/USDT", "sell", **(row | {"price": "60000"}))
    plan = HOLD | {"status": "trade", "trades": [sale], "nav_after": "49982"}
    plan |= after({"BTC": "0.7", "USDT": "27982"}, {})

    found = check_plan(oracle_of(), POOL, plan, aim=Aim.BASE)

    assert any(text.startswith("BTC/USDT ends at 0.44, off its base") for text in found)


def test_a_residual_excuses_a_wallet_only_where_its_coins_are_needed() -> None:
    oracle = oracle_of({"targets": {"core": "50%", "liquidity": "50%"}})
    apart = APART | {"spot": {"BTC": "0.5", "USDT": "10000"}}
    idle = apart | {"futures": {"wallets": {"BTC": "0.1"}}}
    stated = HOLD | {"residuals": [{"name": "BTC", "reason": "locked margin"}]}
    stated |= {"book_after": {"spot": {}, "wallets": {}}}
    sent = stated | {"status": "trade", "trades": [move(1, "0.2")]}

    kept, strayed = (check_plan(oracle, apart, plan) for plan in (stated, sent))

    assert not [text for text in kept if text.startswith("BTC ends")]
    assert [text for text in strayed if text.startswith("BTC ends at")]
    for plan in (stated, stated | {"warnings": ["a limit forces it"]}):
        assert [text for text in check_plan(oracle, idle, plan) if text.startswith("BTC ends at")]
