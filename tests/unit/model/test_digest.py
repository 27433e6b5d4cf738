import hashlib
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.book import Account, Book
from rebalancer.model.digest import digest_book, digest_instruments, digest_lines, digest_market
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Bars, FundingHistory, Market, Series
from tests.small_plans import book_of, perpetual, spot_pair

BOOK = book_of(("BTC/USDT:USDT", "-2", "90"), BTC="1", USDT="100", wallet="50")
TIMES = np.array([10, 20, 30])
PRICES = np.array([1.0, 2.0, 3.0])


def test_a_digest_is_the_sha256_of_lines() -> None:
    expected = hashlib.sha256(b"one\ntwo\n").hexdigest()
    assert digest_lines(["one", "two"]) == f"sha256:{expected}"
    assert digest_lines(["one\ntwo"]) == digest_lines(["one", "two"])


@pytest.mark.parametrize(
    "same",
    [
        replace(BOOK, as_of_us=0),
        replace(BOOK, spot={"USDT": Decimal("100.00"), "BTC": Decimal("1E+0")}),
        replace(BOOK, wallets={"USDT": Decimal("5E+1")}),
    ],
)
def test_a_book_is_what_it_holds_not_how_it_is_written(same: Book) -> None:
    assert digest_book(same) == digest_book(BOOK)


@pytest.mark.parametrize(
    "other",
    [
        replace(BOOK, account=Account.UNIFIED),
        replace(BOOK, spot={"BTC": Decimal(1)}),
        replace(BOOK, wallets={"USDT": Decimal(51)}),
        replace(BOOK, positions=()),
        book_of(("BTC/USDT:USDT", "-2", "91"), BTC="1", USDT="100", wallet="50"),
        book_of(("BTC/USDT:USDT", "2", "90"), BTC="1", USDT="100", wallet="50"),
    ],
)
def test_another_holding_is_another_book(other: Book) -> None:
    assert digest_book(other) != digest_book(BOOK)


def rules_of(*instruments: Instrument) -> dict[str, Instrument]:
    return {each.symbol: each for each in instruments}


def test_rules_of_other_symbols_do_not_matter() -> None:
    one, two = rules_of(spot_pair("BTC")), rules_of(spot_pair("BTC"), perpetual("ETH"))
    assert digest_instruments(one, ["BTC/USDT"]) == digest_instruments(two, ["BTC/USDT"])


def test_the_order_of_symbols_does_not_matter() -> None:
    rules = rules_of(spot_pair("BTC"), perpetual("BTC"))
    forth, back = sorted(rules), sorted(rules, reverse=True)
    assert digest_instruments(rules, forth) == digest_instruments(rules, [*back, *forth])


@pytest.mark.parametrize(
    "changed",
    [
        perpetual("BTC", fee="0.1%"),
        perpetual("BTC", step="0.01"),
        perpetual("BTC", leverage="5"),
        perpetual("BTC", tiers=[("0", "0.6%", "100")]),
        perpetual("BTC", tiers=[("0", "0.5%", "100"), ("100", "1%", "50")]),
    ],
)
def test_another_rule_is_another_digest(changed: Instrument) -> None:
    symbols = [changed.symbol]
    before = digest_instruments(rules_of(perpetual("BTC")), symbols)
    assert digest_instruments(rules_of(changed), symbols) != before


def test_an_unknown_symbol_is_named() -> None:
    assert digest_instruments({}, ["BTC/USDT"]) == digest_lines(["BTC/USDT unknown"])


def market_of_rows(
    closes: np.ndarray = PRICES, rates: np.ndarray = PRICES, values: np.ndarray = PRICES
) -> Market:
    return Market(
        {},
        "2024-01-01",
        bars={"BTC/USDT": Bars(TIMES, closes, closes, closes, closes)},
        funding={"BTC/USDT:USDT": FundingHistory(TIMES, rates, np.full(3, 8.0))},
        series={"mood": Series(TIMES, values)},
    )


def digest_of(market: Market, as_of_us: int = 20) -> str:
    symbols = ["BTC/USDT", "BTC/USDT:USDT", "nothing"]
    return digest_market(market, symbols, series=["mood", "none"], as_of_us=as_of_us)


LATER = np.array([1.0, 2.0, 99.0])
SOONER = np.array([1.0, 99.0, 3.0])


def test_rows_after_the_time_do_not_matter() -> None:
    assert digest_of(market_of_rows(LATER, LATER, LATER)) == digest_of(market_of_rows())


@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_row_until_the_time_matters(place: int) -> None:
    rows = [SOONER if index == place else PRICES for index in range(3)]
    assert digest_of(market_of_rows(*rows)) != digest_of(market_of_rows())


def test_a_row_more_is_another_market() -> None:
    assert digest_of(market_of_rows(), as_of_us=30) != digest_of(market_of_rows())


def test_rows_of_symbols_that_nobody_names_do_not_matter() -> None:
    market = market_of_rows()
    more = replace(market, bars={**market.bars, "ETH/USDT": market.bars["BTC/USDT"]})
    assert digest_of(more) == digest_of(market)
