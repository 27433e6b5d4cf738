"""What ccxt returns, saved under `ccxt`, is read as a portfolio."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rebalancer.adapters.portfolio_file import load_portfolio
from rebalancer.errors import InvalidInput
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.instant import parse_instant

NEW_YEAR_MS = 1_704_067_200_000
"""2024-01-01T00:00:00Z."""


def balance(timestamp: object = None, **totals: object) -> dict[str, Any]:
    """A generated `fetch_balance` with everything that stands beside the totals."""
    coins = {coin: {"free": 0, "used": total, "total": total} for coin, total in totals.items()}
    return {
        "info": {"uid": "1", "balances": [{"asset": "BTC", "free": "", "locked": None}]},
        **coins,
        "timestamp": timestamp,
        "datetime": None,
        "free": dict.fromkeys(totals, 0),
        "used": totals,
        "total": totals,
    }


def position(**changes: object) -> dict[str, Any]:
    """A generated row of `fetch_positions`: short 0.5 BTC from 40,000, now at 42,000."""
    row = {
        "info": {"positionAmt": "-0.500", "leverage": ""},
        "id": None,
        "symbol": "BTC/USDT:USDT",
        "timestamp": None,
        "side": "short",
        "contracts": 0.5,
        "contractSize": 1,
        "entryPrice": 40000,
        "markPrice": 42000,
        "unrealizedPnl": -1000,
        "leverage": None,
        "marginMode": "cross",
        "liquidationPrice": 0,
    }
    return {**row, **changes}


EMPTY_ROW = position(
    symbol="ETH/USDT:USDT", side=None, contracts=0.0, entryPrice=0.0, unrealizedPnl=0.0
)


def load(folder: Path, ccxt: object, **keys: object) -> Book:
    path = folder / "portfolio.json"
    document = {"as_of": "2024-01-01T00:00:00.250Z", **keys, "ccxt": ccxt}
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return load_portfolio(path)


def findings(folder: Path, ccxt: object, **keys: object) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        load(folder, ccxt, **keys)
    return [f"{finding.code}: {finding.message}" for finding in caught.value.findings]


def futures(*rows: dict[str, Any], **totals: object) -> dict[str, Any]:
    return {"futures": [balance(**totals)], "positions": list(rows)}


def test_the_size_of_a_contract_is_read_where_a_row_says_it(tmp_path: Path) -> None:
    for size, read in ((0.001, Decimal("0.001")), (None, None)):
        book = load(tmp_path, futures(position(contractSize=size), USDT=4200))

        assert book.positions[0].contract_size == read


def test_a_whole_account_is_read(tmp_path: Path) -> None:
    ccxt = {
        "spot": balance(BTC=0.85, USDT="21500.10", DOGE=0.0),
        "futures": [balance(USDT=4200, BNB=0), balance(BTC=2.0, USDT=0)],
        "positions": [
            position(),
            EMPTY_ROW,
            position(symbol="BTC/USD:BTC", side="long", contracts=100, unrealizedPnl=0.05),
        ],
    }
    assert load(tmp_path, ccxt) == Book(
        as_of_us=parse_instant("2024-01-01T00:00:00.250Z"),
        account=Account.SEPARATE,
        spot={"BTC": Decimal("0.85"), "USDT": Decimal("21500.10")},
        wallets={"USDT": Decimal(5200), "BTC": Decimal("1.95")},
        positions=(
            Position("BTC/USDT:USDT", Decimal("-0.5"), Decimal(40000)),
            Position("BTC/USD:BTC", Decimal(100), Decimal(40000)),
        ),
    )


def test_all_positions_of_one_coin_share_its_wallet(tmp_path: Path) -> None:
    other = position(symbol="ETH/USDT:USDT", unrealizedPnl=300.25)
    book = load(tmp_path, futures(position(), other, USDT=5000))
    assert book.wallets == {"USDT": Decimal("5699.75")}


def test_a_spot_account_alone_is_a_portfolio(tmp_path: Path) -> None:
    book = load(tmp_path, {"spot": balance(BTC=1)})
    assert (book.spot, book.wallets, book.positions) == ({"BTC": Decimal(1)}, {}, ())


def test_totals_that_leave_profit_out_are_the_wallets(tmp_path: Path) -> None:
    row = position(unrealizedPnl=None, markPrice=None)
    ccxt = {**futures(row, USDT=5200), "total_includes_profit": False}
    assert load(tmp_path, ccxt).wallets == {"USDT": Decimal(5200)}


def test_totals_may_be_said_to_hold_profit(tmp_path: Path) -> None:
    ccxt = {**futures(position(), USDT=4200), "total_includes_profit": True}
    assert load(tmp_path, ccxt).wallets == {"USDT": Decimal(5200)}


def test_a_linear_profit_is_computed_where_it_is_not_reported(tmp_path: Path) -> None:
    # 300 contracts of 0.01 BTC, short from 40,000, at 42,000: a loss of 3 · 2,000
    row = position(unrealizedPnl=None, contracts=300, contractSize=0.01)
    assert load(tmp_path, futures(row, USDT=4200)).wallets == {"USDT": Decimal(10200)}


def test_an_inverse_profit_is_computed_in_coins(tmp_path: Path) -> None:
    # 400 contracts of 100 USD, long from 40,000, at 50,000: 40,000 · (1/40,000 − 1/50,000)
    row = position(
        symbol="BTC/USD:BTC",
        side="long",
        contracts=400,
        contractSize=100,
        markPrice=50000,
        unrealizedPnl=None,
    )
    assert load(tmp_path, futures(row, BTC=1.5)).wallets == {"BTC": Decimal("1.3")}


def test_a_computed_profit_has_twelve_decimals(tmp_path: Path) -> None:
    # 100 USD · (1/30,000 − 1/70,000) = 0.0019047619047619…
    row = position(
        symbol="BTC/USD:BTC",
        side="long",
        contracts=100,
        entryPrice=30000,
        markPrice=70000,
        unrealizedPnl=None,
    )
    assert load(tmp_path, futures(row, BTC=1)).wallets == {"BTC": Decimal("0.998095238095")}


@pytest.mark.parametrize("gone", ["markPrice", "contractSize"])
def test_a_profit_that_cannot_be_known_is_a_finding(tmp_path: Path, gone: str) -> None:
    row = position(unrealizedPnl=None, **{gone: None})
    assert findings(tmp_path, futures(row, USDT=5000)) == [
        (
            "unknown-profit: the profit of `BTC/USDT:USDT` is not known: it has no `unrealizedPnl`,"
            " and no `markPrice` and `contractSize` that give it"
        )
    ]


def test_the_profit_of_a_contract_settled_in_a_third_coin_is_not_computed(tmp_path: Path) -> None:
    row = position(symbol="ETH/USD:BTC", unrealizedPnl=None)
    (finding,) = findings(tmp_path, futures(row, BTC=1))
    assert finding.startswith("unknown-profit: the profit of `ETH/USD:BTC` is not known")


def test_profits_beyond_any_account_are_not_computed(tmp_path: Path) -> None:
    row = position(
        symbol="BTC/USD:BTC",
        unrealizedPnl=None,
        contracts=1e24,
        contractSize=1e24,
        entryPrice=1e-24,
        markPrice=1e24,
    )
    (finding,) = findings(tmp_path, futures(row, BTC=1))
    assert finding.startswith("unknown-profit")


def test_a_wallet_may_be_in_debt_once_profit_is_taken_off(tmp_path: Path) -> None:
    book = load(tmp_path, futures(position(unrealizedPnl=700), USDT=500))
    assert book.wallets == {"USDT": Decimal(-200)}


def test_a_wallet_of_nothing_behind_a_position_is_kept(tmp_path: Path) -> None:
    book = load(tmp_path, futures(position(unrealizedPnl=0), USDT=0))
    assert book.wallets == {"USDT": Decimal(0)}


def test_a_position_without_a_margin_mode_is_cross(tmp_path: Path) -> None:
    book = load(tmp_path, futures(position(marginMode=None), USDT=4200))
    assert book.wallets == {"USDT": Decimal(5200)}


def test_a_unified_account_has_its_profit_taken_off_the_pool(tmp_path: Path) -> None:
    ccxt = {"spot": balance(BTC=1, USDT=4200), "positions": [position()]}
    book = load(tmp_path, ccxt, account="unified")
    assert book.account is Account.UNIFIED
    assert book.spot == {"BTC": Decimal(1), "USDT": Decimal(5200)}
    assert book.wallets == {}


def test_a_unified_pool_below_zero_is_a_wallet(tmp_path: Path) -> None:
    ccxt = {"spot": balance(BTC=1, USDT=-4200), "positions": [position()]}
    book = load(tmp_path, ccxt, account="unified")
    assert (book.spot, book.wallets) == ({"BTC": Decimal(1)}, {"USDT": Decimal(-3200)})


def test_a_unified_account_with_futures_beside_is_counted_twice(tmp_path: Path) -> None:
    ccxt = {**futures(position(), USDT=4200), "spot": balance(USDT=4200)}
    assert findings(tmp_path, ccxt, account="unified") == [
        "key-not-for-kind: a unified account has one balance, and no `futures` beside `spot`"
    ]


@pytest.mark.parametrize(
    ("ccxt", "account"),
    [({"futures": [balance(USDT=1)]}, "separate"), ({"spot": balance(USDT=1)}, "unified")],
)
def test_positions_are_not_forgotten(tmp_path: Path, ccxt: object, account: str) -> None:
    assert findings(tmp_path, ccxt, account=account) == ["missing-key: `ccxt` has no `positions`"]


@pytest.mark.parametrize("account", ["separate", "unified"])
def test_a_position_needs_the_balance_of_its_account(tmp_path: Path, account: str) -> None:
    ccxt = {"spot": balance(BTC=1), "positions": [position()]}
    assert findings(tmp_path, ccxt, account=account) == [
        "missing-wallet: no balance has `USDT`, in which `BTC/USDT:USDT` is settled"
    ]


def test_two_accounts_that_hold_one_coin_are_a_finding(tmp_path: Path) -> None:
    ccxt = {"futures": [balance(BTC=1), balance(BTC=2)], "positions": []}
    (finding,) = findings(tmp_path, ccxt)
    assert finding.startswith("duplicate-wallet: `BTC` is in a futures account on line ")


def test_isolated_margin_is_a_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, futures(position(marginMode="isolated"), USDT=1)) == [
        (
            "isolated-position: the position has isolated margin,"
            " and wallets are planned as cross margin"
        )
    ]


def test_both_sides_of_hedge_mode_are_a_finding(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, futures(position(), position(side="long"), USDT=1))
    assert finding.startswith("duplicate-position: `BTC/USDT:USDT` has a position on line ")


def test_loans_are_a_finding(tmp_path: Path) -> None:
    ccxt = {"spot": {**balance(BTC=-0.5, USDT=100), "debt": {"USDT": 25, "ETH": 0}}}
    assert findings(tmp_path, ccxt) == [
        "borrowed-coin: `BTC` is below zero (-0.5)",
        "borrowed-coin: `USDT` is borrowed (25)",
    ]


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"contracts": None}, "missing-key: `position` has no `contracts`"),
        ({"contracts": -0.5}, "out-of-range: `contracts` must be above 0, was `-0.5`"),
        ({"side": None}, "missing-key: `position` has no `side`"),
        ({"side": "sell"}, "not-a-choice: `side` must be `long` or `short`, was `sell`"),
        ({"entryPrice": None}, "missing-key: `position` has no `entryPrice`"),
        ({"entryPrice": 0.0}, "out-of-range: `entryPrice` must be above 0, was `0.0`"),
        (
            {"symbol": "BTC/USDT"},
            "not-a-symbol: `BTC/USDT` is not a contract such as BTC/USDT:USDT",
        ),
        (
            {"symbol": "BTC/USD:BTC-240628-70000-C"},
            (
                "not-a-symbol: `BTC/USD:BTC-240628-70000-C` is not a symbol such as BTC/USDT or"
                " BTC/USDT:USDT"
            ),
        ),
        ({"unrealizedPnl": "n/a"}, "not-a-number: `unrealizedPnl` must be a number, was `n/a`"),
        (
            {"unrealizedPnl": None, "markPrice": 0},
            "out-of-range: `markPrice` must be above 0, was `0`",
        ),
        (
            {"marginMode": "portfolio"},
            "not-a-choice: `marginMode` must be `cross` or `isolated`, was `portfolio`",
        ),
    ],
)
def test_a_row_that_says_too_little_is_a_finding(
    tmp_path: Path, changes: dict[str, object], finding: str
) -> None:
    assert findings(tmp_path, futures(position(**changes), USDT=5000)) == [finding]


@pytest.mark.parametrize(
    ("row", "code"),
    [("BTC/USDT:USDT", "wrong-shape"), ({}, "missing-key"), ({"contracts": []}, "wrong-shape")],
)
def test_a_row_that_is_none_is_a_finding(tmp_path: Path, row: Any, code: str) -> None:
    assert code in findings(tmp_path, futures(row, USDT=5000))[-1]


def test_a_balance_without_totals_says_so_and_misses_no_wallet(tmp_path: Path) -> None:
    ccxt = {"futures": [{"free": {"USDT": 1}, "total": None}], "positions": [position()]}
    assert findings(tmp_path, ccxt) == ["missing-key: `futures account` has no `total`"]


def test_a_futures_account_that_is_no_list_misses_no_wallet(tmp_path: Path) -> None:
    ccxt = {"futures": balance(USDT=1), "positions": [position()]}
    assert findings(tmp_path, ccxt) == ["wrong-shape: `futures` must be a list, was a mapping"]


def test_a_total_that_ccxt_does_not_know_is_a_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, {"spot": balance(BTC=None)}) == [
        "not-a-number: `BTC` must be a number, was `null`"
    ]


def test_our_own_keys_do_not_stand_beside_those_of_ccxt(tmp_path: Path) -> None:
    assert findings(tmp_path, {"spot": balance(BTC=1)}, spot={"BTC": 1}, futures={}) == [
        "key-not-for-kind: `spot` stands beside `ccxt`, which says what is held",
        "key-not-for-kind: `futures` stands beside `ccxt`, which says what is held",
    ]


@pytest.mark.parametrize("ccxt", ["nothing", [], {"spots": {}}])
def test_a_shape_that_is_not_that_of_ccxt_is_a_finding(tmp_path: Path, ccxt: object) -> None:
    (finding,) = findings(tmp_path, ccxt)
    assert finding.startswith(("wrong-shape", "unknown-key"))


def test_profit_is_in_the_totals_or_not(tmp_path: Path) -> None:
    assert findings(tmp_path, {"total_includes_profit": "yes"}) == [
        "not-a-boolean: `total_includes_profit` must be `true` or `false`, was `yes`"
    ]


def time_of(folder: Path, ccxt: object) -> int:
    path = folder / "portfolio.json"
    path.write_text(json.dumps({"ccxt": ccxt}), encoding="utf-8")
    return load_portfolio(path).as_of_us


def test_without_as_of_the_latest_balance_gives_the_time(tmp_path: Path) -> None:
    ccxt = {
        "spot": balance(NEW_YEAR_MS - 5, BTC=1),
        "futures": [balance(NEW_YEAR_MS + 250, USDT=1), balance(0, BTC=1)],
        "positions": [],
    }
    assert time_of(tmp_path, ccxt) == parse_instant("2024-01-01T00:00:00.250Z")


def test_a_balance_may_say_its_time_as_text_only(tmp_path: Path) -> None:
    ccxt = {"spot": {"total": {"BTC": 1}, "datetime": "2024-01-01T00:00:00.000Z"}}
    assert time_of(tmp_path, ccxt) == parse_instant("2024-01-01")


def test_as_of_goes_before_what_balances_say(tmp_path: Path) -> None:
    book = load(tmp_path, {"spot": balance(NEW_YEAR_MS + 99, BTC=1)}, as_of="2023-12-31")
    assert book.as_of_us == parse_instant("2023-12-31")


@pytest.mark.parametrize("stamp", [None, 0])
def test_without_any_time_there_is_a_finding(tmp_path: Path, stamp: int | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        time_of(tmp_path, {"spot": balance(stamp, BTC=1)})
    (finding,) = caught.value.findings
    assert finding.code == "missing-key"
    assert finding.message == "there is no `as_of`, and no balance has a `timestamp`"


@pytest.mark.parametrize(
    ("spot", "code"),
    [({**balance(BTC=1), "timestamp": "noon"}, "not-a-time"), ([], "wrong-shape")],
)
def test_a_stamp_that_cannot_be_read_is_not_missing_too(
    tmp_path: Path, spot: object, code: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        time_of(tmp_path, {"spot": spot})
    assert [finding.code for finding in caught.value.findings] == [code]


@pytest.mark.parametrize("stamp", [253_402_300_800_000, 1.5, "2024-01-01"])
def test_a_stamp_that_is_no_count_of_milliseconds_is_a_finding(
    tmp_path: Path, stamp: object
) -> None:
    ccxt = {"spot": {**balance(BTC=1), "timestamp": stamp}}
    assert findings(tmp_path, ccxt) == [
        f"not-a-time: `timestamp` must be milliseconds since 1970, was `{stamp}`"
    ]


def test_numbers_keep_the_digits_of_their_text(tmp_path: Path) -> None:
    path = tmp_path / "portfolio.json"
    path.write_text(
        '{"as_of": "2024-01-01", "ccxt": {"spot": {"total":'
        ' {"BTC": 0.10000000000000000001, "ETH": 1e-08, "USDT": "12345678901234567890.5"}}}}',
        encoding="utf-8",
    )
    assert load_portfolio(path).spot == {
        "BTC": Decimal("0.10000000000000000001"),
        "ETH": Decimal("0.00000001"),
        "USDT": Decimal("12345678901234567890.5"),
    }


def test_yaml_holds_it_too(tmp_path: Path) -> None:
    path = tmp_path / "portfolio.yaml"
    path.write_text(
        "as_of: 2024-01-01\nccxt:\n  spot: {total: {BTC: 0.5}, timestamp: null, debt: ~}\n",
        encoding="utf-8",
    )
    assert load_portfolio(path).spot == {"BTC": Decimal("0.5")}
