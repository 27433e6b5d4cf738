"""The recorded folders are read whole: counts and values that their own page names."""

from pathlib import Path

import numpy as np

from rebalancer.adapters.market_folder import load_market
from rebalancer.model.instant import DAY_US, HOUR_US, parse_instant
from rebalancer.model.market import rows_until


def test_daily_rows_are_all_there(real_daily: Path) -> None:
    market = load_market(real_daily)
    assert {symbol: len(bars.time_us) for symbol, bars in market.bars.items()} == {
        "BTC/USDT": 1583,
        "BTC/USDT:USDT": 1574,
        "ETH/USDT": 1583,
        "ETH/USDT:USDT": 1494,
        "SOL/USDT": 1237,
        "SOL/USDT:USDT": 1202,
    }
    assert {symbol: len(funding.time_us) for symbol, funding in market.funding.items()} == {
        "BTC/USDT:USDT": 4721,
        "ETH/USDT:USDT": 4487,
        "SOL/USDT:USDT": 3621,
    }
    assert len(market.series["fear_greed"].time_us) == 1583
    assert market.instruments_as_of == "2023-12-31"


def test_the_high_of_bitcoin_is_in_the_bar_that_closed_on_2021_11_11(real_daily: Path) -> None:
    bars = load_market(real_daily).bars["BTC/USDT"]
    highest = int(np.argmax(bars.high))
    assert bars.high[highest] == 69_000.0
    assert bars.time_us[highest] == parse_instant("2021-11-11")


def test_the_low_close_of_2022_is_in_the_bar_that_closed_on_2022_11_22(real_daily: Path) -> None:
    bars = load_market(real_daily).bars["BTC/USDT"]
    row = rows_until(bars.time_us, parse_instant("2022-11-22")) - 1
    assert bars.time_us[row] == parse_instant("2022-11-22")
    assert round(float(bars.close[row])) == 15_781


def test_solana_funding_has_a_gap_of_fifteen_days(real_daily: Path) -> None:
    time_us = load_market(real_daily).funding["SOL/USDT:USDT"].time_us
    widest = int(np.argmax(np.diff(time_us)))
    assert parse_instant("2022-11-16") <= time_us[widest] < parse_instant("2022-11-17")
    assert parse_instant("2022-12-01") <= time_us[widest + 1] < parse_instant("2022-12-02")
    assert (time_us[widest + 1] - time_us[widest]) / DAY_US > 14


def test_solana_funding_was_settled_every_four_and_every_two_hours(real_daily: Path) -> None:
    funding = load_market(real_daily).funding["SOL/USDT:USDT"]
    short = funding.interval_hours < 8
    assert set(funding.interval_hours[short].tolist()) == {2.0, 4.0}
    assert funding.time_us[short].min() >= parse_instant("2022-11-09")
    assert funding.time_us[short].max() < parse_instant("2022-11-17")
    assert -0.021 < funding.rate[short].min() < -0.019


def test_hourly_rows_are_all_there_with_their_two_outages(real_hourly: Path) -> None:
    market = load_market(real_hourly)
    assert sum(len(bars.time_us) for bars in market.bars.values()) == 52_692
    assert sum(len(funding.time_us) for funding in market.funding.values()) == 3_294
    time_us = market.bars["BTC/USDT"].time_us
    outages = time_us[np.flatnonzero(np.diff(time_us) > HOUR_US)]
    days = [parse_instant("2021-08-13"), parse_instant("2021-09-29")]
    assert [int(time // DAY_US * DAY_US) for time in outages] == days


def test_prices_are_the_doubles_nearest_to_their_text(real_daily: Path) -> None:
    bars = load_market(real_daily).bars["ETH/USDT:USDT"]
    lines = (real_daily / "prices.csv").read_text("utf-8").splitlines()
    cells = [line.split(",") for line in lines if ",ETH/USDT:USDT," in line]
    assert bars.close.tolist() == [float(row[5]) for row in cells]
    assert bars.time_us.tolist() == [parse_instant(row[0]) for row in cells]
